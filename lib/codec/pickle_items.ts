/**
 * What stands on the stack of the pickle machine, in its memo, and in large dictionaries.
 *
 * @module
 */

import { StringHash } from "../base/multiset_hash.ts";
import type { PickleTexts } from "./pickle_text.ts";

/**
 * A field of the top dictionary: an integer, None, a dictionary, or something else that no field
 * of an id map is.
 */
export type PickleField = number | null | "dictionary" | "other";

/** An integer or a string of a large dictionary. The object is used again for the next one. */
export class PickleScalar {
  readonly #texts: PickleTexts;
  /** What it is; `other` for floats, booleans and None. */
  kind: "number" | "string" | "other" = "other";
  /** The integer, exact up to 2^53; 0 for anything else. */
  number = 0;
  /** The hash of the string. */
  readonly hash: StringHash = new StringHash();
  /** Where the opcode stands that brought the string, or -1 when that is not known. */
  position = -1;
  /** Where the string's UTF-8 stands in the pickle, or -1 when it came out of the memo. */
  offset = -1;
  /** How many bytes the string has; 0 when it came out of the memo. */
  sizeBytes = 0;

  /** Makes a scalar whose string can be read again from `texts`. */
  constructor(texts: PickleTexts) {
    this.#texts = texts;
  }

  /**
   * Reads the string, which costs far more than its hash.
   *
   * @returns The string, or null for anything else and where it can not be read again.
   */
  text(): string | null {
    return this.kind === "string" && this.position >= 0 ? this.#texts.at(this.position) : null;
  }

  /** Makes it an integer. */
  setNumber(number: number): void {
    this.#clear("number");
    this.number = number;
  }

  /** Makes it something that is neither string nor integer. */
  setOther(): void {
    this.#clear("other");
  }

  /** Makes it a string that stands elsewhere; its hash is set by the caller. */
  setReference(position: number): void {
    this.#clear("string");
    this.position = position;
  }

  /** Makes it the string whose UTF-8 stands at `offset`; its hash is set by the caller. */
  setString(position: number, offset: number, sizeBytes: number): void {
    this.kind = "string";
    this.number = 0;
    this.position = position;
    this.offset = offset;
    this.sizeBytes = sizeBytes;
  }

  /** Makes it what stands on the stack. */
  setItem(item: Item): void {
    if (item instanceof Text) {
      this.setString(item.position, item.offset, item.sizeBytes);
      this.hash.low = item.low;
      this.hash.high = item.high;
    } else if (typeof item === "number") {
      this.setNumber(item);
    } else {
      this.setOther();
    }
  }

  #clear(kind: "number" | "string" | "other"): void {
    this.kind = kind;
    this.number = 0;
    this.position = -1;
    this.offset = -1;
    this.sizeBytes = 0;
  }
}

/** A dictionary on the stack. */
export class Dictionary {
  readonly fields: Map<string, PickleField> = new Map();
  /** The name under which the entries of this dictionary are streamed, once it is known. */
  streamedAs: string | null = null;
}

/** A tuple on the stack. */
export class Tuple {
  constructor(readonly items: readonly Item[]) {}
}

/** A class or function that a pickle may ask for. */
export class GlobalReference {
  constructor(readonly role: "class" | "reconstructor" | "object") {}
}

/** An instance of the one class, and its state once BUILD has set it. */
export class Instance {
  state: Dictionary | null = null;
}

/** A string on the stack: its value is kept when it is short, for it may name a field. */
export class Text {
  constructor(
    readonly value: string | null,
    readonly low: number,
    readonly high: number,
    readonly position: number,
    readonly offset: number,
    readonly sizeBytes: number,
  ) {}
}

/** What can stand on the stack; `other` is a float or a boolean. */
export type Item =
  | Dictionary
  | Tuple
  | GlobalReference
  | Instance
  | Text
  | number
  | "other"
  | null;

const WORDS_PER_ENTRY = 3;
const PAGE_ENTRIES = 1 << 13;

/** Fields, classes and dictionaries come early; an id map has fewer than twenty of them. */
const MOST_KEPT_ITEMS = 256;

const NO_STRING = 0xffff_ffff;
const UNKNOWN_POSITION = 0xffff_fffe;

/**
 * The memo: a string as its hash and its place, twelve bytes; the first few things whole.
 *
 * Both picklers number their entries in order, so that an entry beyond the end is torn.
 */
export class PickleMemo {
  readonly #pages: Uint32Array[] = [];
  readonly #items = new Map<number, Item>();
  #size = 0;

  /** How many entries there are, which is the index of the next. */
  get size(): number {
    return this.#size;
  }

  /** Puts a string of a large dictionary into the memo; false when the index is out of order. */
  setScalar(index: number, { kind, hash, position }: PickleScalar): boolean {
    return kind === "string" && this.#setString(index, hash.low, hash.high, position);
  }

  /** Puts what stands on the stack into the memo; false when the index is out of order. */
  setItem(index: number, item: Item): boolean {
    const isSet = item instanceof Text
      ? this.#setString(index, item.low, item.high, item.position)
      : this.#setString(index, 0, 0, NO_STRING);
    if (isSet && this.#items.size < MOST_KEPT_ITEMS) this.#items.set(index, item);
    return isSet;
  }

  /** Gets a string as a scalar; false when the entry is none. */
  loadScalar(index: number, target: PickleScalar): boolean {
    const page = this.#pages[Math.floor(index / PAGE_ENTRIES)];
    if (index >= this.#size || page === undefined) return false;
    const word = (index % PAGE_ENTRIES) * WORDS_PER_ENTRY;
    const position = page[word + 2] ?? NO_STRING;
    if (position === NO_STRING) return false;
    target.setReference(position === UNKNOWN_POSITION ? -1 : position);
    target.hash.low = page[word] ?? 0;
    target.hash.high = page[word + 1] ?? 0;
    return true;
  }

  /** Gets an entry as an item of the stack, or undefined when there is none. */
  item(index: number): Item | undefined {
    return this.#items.get(index);
  }

  #setString(index: number, low: number, high: number, position: number): boolean {
    if (!(index >= 0 && index <= this.#size)) return false;
    this.#size = Math.max(this.#size, index + 1);
    this.#items.delete(index);
    const number = Math.floor(index / PAGE_ENTRIES);
    const page = this.#pages[number] ??= new Uint32Array(PAGE_ENTRIES * WORDS_PER_ENTRY);
    const word = (index % PAGE_ENTRIES) * WORDS_PER_ENTRY;
    page[word] = low;
    page[word + 1] = high;
    // The place of a string in the first 4 GiB fits; beyond them only its text is lost.
    page[word + 2] = position < 0 || (position >= UNKNOWN_POSITION && position !== NO_STRING)
      ? UNKNOWN_POSITION
      : position;
    return true;
  }
}
