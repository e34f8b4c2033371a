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

  /** Makes it an integer; this and its like give true, so that a reader can end with them. */
  setNumber(number: number): true {
    this.#clear("number");
    this.number = number;
    return true;
  }

  /** Makes it something that is neither string nor integer. */
  setOther(): true {
    this.#clear("other");
    return true;
  }

  /** Makes it a string that stands elsewhere; its hash is set by the caller. */
  setReference(position: number): true {
    this.#clear("string");
    this.position = position;
    return true;
  }

  /** Makes it the string whose UTF-8 stands at `offset`; its hash is set by the caller. */
  setString(position: number, offset: number, sizeBytes: number): true {
    this.kind = "string";
    this.number = 0;
    this.position = position;
    this.offset = offset;
    this.sizeBytes = sizeBytes;
    return true;
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

  /** Makes an item of the stack of it; `isName` tells whether a string may be used as a name. */
  toItem(isName: boolean): Text | number | "other" {
    if (this.kind === "string") return new Text(this, isName ? this.#texts : null);
    return this.kind === "number" ? this.number : "other";
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

/** A string on the stack. */
export class Text {
  readonly #texts: PickleTexts | null;
  #name: string | null | undefined;
  /** The first lane of its hash. */
  readonly low: number;
  /** The second lane of its hash. */
  readonly high: number;
  /** Where its opcode stands, or -1. */
  readonly position: number;
  /** Where its UTF-8 stands, or -1. */
  readonly offset: number;
  /** How many bytes its UTF-8 has, or 0 where that is not known. */
  readonly sizeBytes: number;

  /** Makes a string of a scalar; without `texts` it has no name. */
  constructor({ hash, position, offset, sizeBytes }: PickleScalar, texts: PickleTexts | null) {
    this.#texts = texts;
    this.low = hash.low;
    this.high = hash.high;
    this.position = position;
    this.offset = offset;
    this.sizeBytes = sizeBytes;
  }

  /** Reads the string once; null when it is too long to be a name, or cannot be read again. */
  name(): string | null {
    if (this.#name === undefined) this.#name = this.#readName();
    return this.#name;
  }

  #readName(): string | null {
    if (this.position < 0 || this.sizeBytes > LONGEST_NAME) return null;
    const text = this.#texts?.at(this.position) ?? null;
    return text !== null && text.length <= LONGEST_NAME ? text : null;
  }
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

/** The longest name is that of the class. */
const LONGEST_NAME = 256;

const WORDS_PER_ENTRY = 3;
const PAGE_SHIFT = 13;
const PAGE_ENTRIES = 1 << PAGE_SHIFT;

/** Fields, classes and dictionaries come early; an id map has fewer than twenty of them. */
const MOST_KEPT_ITEMS = 256;

const NO_STRING = 0xffff_ffff;
const UNKNOWN_PLACE = 0xffff_fffe;

/**
 * The memo: a string as its hash and its place, twelve bytes; the first few things whole.
 *
 * Both picklers number their entries in order, so that an entry beyond the end is torn.
 */
export class PickleMemo {
  readonly #pages: Uint32Array[] = [];
  readonly #items = new Map<number, Item>();
  readonly #loaded: PickleScalar;
  #size = 0;

  /** Makes an empty memo, whose strings can be read again from `texts`. */
  constructor(texts: PickleTexts) {
    this.#loaded = new PickleScalar(texts);
  }

  /** How many entries there are, which is the index of the next. */
  get size(): number {
    return this.#size;
  }

  /** Puts a string of a large dictionary into the memo; false when the index is out of order. */
  setString(index: number, { kind, hash, position }: PickleScalar): boolean {
    return kind === "string" && this.#set(index, hash.low, hash.high, placeOf(position));
  }

  /** Puts what stands on the stack into the memo; false when the index is out of order. */
  setItem(index: number, item: Item): boolean {
    const isSet = item instanceof Text
      ? this.#set(index, item.low, item.high, placeOf(item.position))
      : this.#set(index, 0, 0, NO_STRING);
    if (isSet && this.#items.size < MOST_KEPT_ITEMS) this.#items.set(index, item);
    return isSet;
  }

  /** Gets a string as a scalar; false when the entry is none. */
  loadString(index: number, target: PickleScalar): boolean {
    if (!(index >= 0 && index < this.#size)) return false;
    const page = this.#pages[index >>> PAGE_SHIFT];
    if (page === undefined) return false;
    const word = (index & (PAGE_ENTRIES - 1)) * WORDS_PER_ENTRY;
    const place = page[word + 2] ?? NO_STRING;
    if (place === NO_STRING) return false;
    target.setReference(place === UNKNOWN_PLACE ? -1 : place);
    target.hash.low = page[word] ?? 0;
    target.hash.high = page[word + 1] ?? 0;
    return true;
  }

  /**
   * Gets an entry as an item of the stack, or undefined when there is none. A string that is not
   * among the first entries can be no name: to look for names all over the file takes for ever.
   */
  item(index: number): Item | undefined {
    const item = this.#items.get(index);
    if (item !== undefined || !this.loadString(index, this.#loaded)) return item;
    return this.#loaded.toItem(false);
  }

  #set(index: number, low: number, high: number, place: number): boolean {
    if (!(index >= 0 && index <= this.#size)) return false;
    this.#size = Math.max(this.#size, index + 1);
    // Only the first entries are kept whole, so for nearly all there is nothing to be replaced.
    if (this.#items.size > 0 && index < this.#size - 1) this.#items.delete(index);
    const number = index >>> PAGE_SHIFT;
    const page = this.#pages[number] ??= new Uint32Array(PAGE_ENTRIES * WORDS_PER_ENTRY);
    const word = (index & (PAGE_ENTRIES - 1)) * WORDS_PER_ENTRY;
    page[word] = low;
    page[word + 1] = high;
    page[word + 2] = place;
    return true;
  }
}

/** A place in the first 4 GiB fits into the memo; beyond them only the text of a string is lost. */
function placeOf(position: number): number {
  return position >= 0 && position < UNKNOWN_PLACE ? position : UNKNOWN_PLACE;
}
