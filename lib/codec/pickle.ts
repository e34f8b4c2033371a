/**
 * A decoder for Python's pickle that knows data and nothing else.
 *
 * A pickle is a program for a small stack machine. This decoder has the opcodes that data needs
 * (numbers, strings, dictionaries, the memo) and one class, which the caller names; everything else
 * is refused where it stands, so nothing that a pickle says is ever executed. Large dictionaries are
 * not built: their entries are handed to the caller one by one, and strings in them only as hashes,
 * so that memory does not grow with them, but for eight bytes for each memo entry.
 *
 * Source: the opcodes as `pickletools` of Python 3.11 documents them, protocols 0 to 5.
 *
 * @module
 */

import { StringHash } from "../base/multiset_hash.ts";
import { type ByteSource, PickleEnd, PickleWindow } from "./pickle_window.ts";

export type { ByteSource } from "./pickle_window.ts";

/** Why a pickle could not be decoded. */
export type PickleFaultKind = "truncated" | "foreign-object" | "bad-structure";

/** Where decoding ended, and why. */
export interface PickleFault {
  readonly kind: PickleFaultKind;
  /** The opcode at which it ended, in bytes from the start. */
  readonly offset: number;
  readonly message: string;
}

/** A number or a string of a large dictionary. The object is used again for the next one. */
export class PickleScalar {
  /** What it is. */
  kind: "number" | "string" | "other" = "other";
  /** The number; 0 for a string. */
  number = 0;
  /** The hash of the string. */
  readonly hash: StringHash = new StringHash();
  /** Where the string's UTF-8 stands in the pickle, or -1 when it came out of the memo. */
  offset = -1;
  /** How many bytes the string has. */
  sizeBytes = 0;
}

/** What is decoded, and who is told. */
export interface PickleOptions {
  /** The one class whose instances are taken, as `module.name`. */
  readonly className: string;
  /** The keys of the top dictionary whose values are large dictionaries. */
  readonly streamed: readonly string[];
  /** Is told every entry of a large dictionary; the scalars are good until it returns. */
  readonly onEntry: (dictionary: string, key: PickleScalar, value: PickleScalar) => void;
}

/** What a pickle holds at its top. */
export interface PickleTop {
  /** The protocol that it names; 0 when it names none. */
  readonly protocol: number;
  /** Whether the top is an instance of the class, rather than a plain dictionary. */
  readonly isInstance: boolean;
  /** The scalars of the top dictionary; a streamed dictionary stands as the string `{}`. */
  readonly fields: ReadonlyMap<string, string | number | boolean | null>;
  /** Bytes behind the end of the pickle. */
  readonly trailingBytes: number;
  /** Why decoding ended early, or null. */
  readonly fault: PickleFault | null;
}

/**
 * Decodes a pickle of a dictionary, or of an instance of one class, in one pass.
 *
 * @param source The bytes.
 * @param options The class, the large dictionaries, and who is told of their entries.
 * @returns What stands at the top; never throws for what the bytes are.
 * @throws {OperationError} The bytes cannot be read.
 */
export function decodePickle(source: ByteSource, options: PickleOptions): PickleTop {
  return new PickleMachine(source, options).run();
}

/** Deeper or wider than this nothing is that an engine writes at the top. */
const MOST_STACK_ITEMS = 1000;
const MOST_FIELDS = 100;
const LONGEST_FIELD_BYTES = 4096;
const LONGEST_LINE_BYTES = 1 << 16;

class Mark {}
class Dictionary {
  readonly fields = new Map<string, string | number | boolean | null>();
  /** The name under which this dictionary is streamed, once it is known. */
  streamedAs: string | null = null;
}
class Tuple {
  constructor(readonly items: readonly Item[]) {}
}
class ClassReference {}
class Instance {
  state: Dictionary | null = null;
}
/** A string that stands on the stack: kept when it is short, for it may name a field. */
class Text {
  constructor(
    readonly value: string | null,
    readonly low: number,
    readonly high: number,
    readonly offset: number,
    readonly sizeBytes: number,
  ) {}
}

type Item =
  | Mark
  | Dictionary
  | Tuple
  | ClassReference
  | Instance
  | Text
  | number
  | boolean
  | null;

/** Ends decoding with a fault. */
class Refusal extends Error {
  constructor(readonly kind: PickleFaultKind, message: string) {
    super(message);
  }
}

const decoder = new TextDecoder();

class PickleMachine {
  readonly #window: PickleWindow;
  readonly #options: PickleOptions;
  readonly #memo = new PickleMemo();
  readonly #stack: Item[] = [];
  readonly #key = new PickleScalar();
  readonly #value = new PickleScalar();
  /** The dictionary whose entries are being streamed, from its MARK to its SETITEMS. */
  #streaming: Dictionary | null = null;
  #keyWaits = false;
  #protocol = 0;
  #opcodeOffset = 0;

  constructor(source: ByteSource, options: PickleOptions) {
    this.#window = new PickleWindow(source);
    this.#options = options;
  }

  run(): PickleTop {
    let fault: PickleFault | null = null;
    try {
      while (this.#step());
    } catch (error) {
      fault = this.#toFault(error);
    }
    const top = this.#stack[0];
    const state = top instanceof Instance ? top.state : top instanceof Dictionary ? top : null;
    if (fault === null && (state === null || this.#stack.length !== 1)) {
      const message = "The pickle holds no dictionary";
      fault = { kind: "bad-structure", offset: this.#opcodeOffset, message };
    }
    return {
      protocol: this.#protocol,
      isInstance: top instanceof Instance || top instanceof ClassReference,
      fields: state?.fields ?? new Map(),
      trailingBytes: fault === null ? this.#window.remaining : 0,
      fault,
    };
  }

  #toFault(error: unknown): PickleFault {
    const offset = this.#opcodeOffset;
    if (error instanceof PickleEnd) {
      return { kind: "truncated", offset, message: "The pickle ends where more is promised" };
    }
    if (error instanceof Refusal) return { kind: error.kind, offset, message: error.message };
    throw error;
  }

  /** Runs one opcode; false at the end of the pickle. */
  #step(): boolean {
    this.#opcodeOffset = this.#window.offset;
    const opcode = this.#window.u8();
    if (opcode === OPCODE.STOP) return false;
    if (this.#streaming !== null) this.#stepStreaming(opcode, this.#streaming);
    else this.#stepStack(opcode);
    return true;
  }

  /** Between MARK and SETITEMS of a large dictionary only scalars may stand. */
  #stepStreaming(opcode: number, dictionary: Dictionary): void {
    if (opcode === OPCODE.SETITEMS) {
      if (this.#keyWaits) throw new Refusal("bad-structure", "A key has no value");
      this.#streaming = null;
      return;
    }
    if (opcode === OPCODE.FRAME) return this.#frame();
    if (this.#memorise(opcode, this.#keyWaits ? this.#key : this.#value)) return;
    const scalar = this.#keyWaits ? this.#value : this.#key;
    this.#readScalar(opcode, scalar);
    if (this.#keyWaits) this.#options.onEntry(dictionary.streamedAs ?? "", this.#key, scalar);
    this.#keyWaits = !this.#keyWaits;
  }

  /** The length of a frame only helps readers that want to read ahead. */
  #frame(): void {
    if (this.#window.u64() > this.#window.remaining) throw new PickleEnd();
  }

  /** The memo opcodes after a scalar of a large dictionary: the last scalar goes into the memo. */
  #memorise(opcode: number, last: PickleScalar): boolean {
    const index = this.#memoIndex(opcode);
    if (index === null) return false;
    if (last.kind === "string") this.#memo.setString(index, last.hash.low, last.hash.high);
    else this.#memo.setOther(index, null);
    return true;
  }

  /** The memo slot that a PUT opcode names, or null when it is another opcode. */
  #memoIndex(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.MEMOIZE:
        return this.#memo.size;
      case OPCODE.BINPUT:
        return this.#window.u8();
      case OPCODE.LONG_BINPUT:
        return this.#checkedMemoIndex(this.#window.u32());
      case OPCODE.PUT:
        return this.#checkedMemoIndex(this.#lineNumber());
      default:
        return null;
    }
  }

  #checkedMemoIndex(index: number): number {
    // Python numbers the memo in order, so an index far ahead is torn and must not be allocated.
    if (!(index >= 0 && index <= this.#memo.size + 1024)) {
      throw new Refusal("bad-structure", `Memo entry ${index} is out of order`);
    }
    return index;
  }

  #getIndex(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.BINGET:
        return this.#window.u8();
      case OPCODE.LONG_BINGET:
        return this.#window.u32();
      case OPCODE.GET:
        return this.#lineNumber();
      default:
        return null;
    }
  }

  #readScalar(opcode: number, scalar: PickleScalar): void {
    scalar.offset = -1;
    const sizeBytes = this.#stringSize(opcode);
    if (sizeBytes !== null) {
      scalar.kind = "string";
      scalar.number = 0;
      scalar.offset = this.#window.offset;
      scalar.sizeBytes = sizeBytes;
      const start = this.#window.skip(sizeBytes);
      scalar.hash.ofBytes(this.#window.bytes, start, start + sizeBytes);
      return;
    }
    const number = this.#readNumber(opcode);
    if (number !== null) {
      scalar.kind = "number";
      scalar.number = number;
      return;
    }
    const index = this.#getIndex(opcode);
    if (index !== null && this.#memo.loadString(index, scalar.hash)) {
      scalar.kind = "string";
      scalar.number = 0;
      return;
    }
    if (opcode !== OPCODE.NONE) throw this.#refuse(opcode);
    scalar.kind = "other";
  }

  /** The length of the string that an opcode brings, or null when it brings none. */
  #stringSize(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.SHORT_BINUNICODE:
        return this.#window.u8();
      case OPCODE.BINUNICODE:
        return this.#window.u32();
      case OPCODE.BINUNICODE8:
        return this.#window.u64();
      default:
        return null;
    }
  }

  #readNumber(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.BININT:
        return this.#window.i32();
      case OPCODE.BININT1:
        return this.#window.u8();
      case OPCODE.BININT2:
        return this.#window.u16();
      case OPCODE.LONG1:
        return this.#long(this.#window.u8());
      case OPCODE.LONG4:
        return this.#long(this.#window.i32());
      case OPCODE.BINFLOAT:
        return this.#window.f64();
      case OPCODE.INT:
      case OPCODE.LONG:
        return this.#lineNumber();
      default:
        return null;
    }
  }

  /** A little-endian two's complement integer of up to eight bytes. */
  #long(sizeBytes: number): number {
    if (sizeBytes < 0 || sizeBytes > 8) {
      throw new Refusal("bad-structure", `An integer of ${sizeBytes} bytes`);
    }
    const start = this.#window.skip(sizeBytes);
    let value = 0;
    for (let index = 0; index < sizeBytes; index++) {
      value += (this.#window.bytes[start + index] ?? 0) * 2 ** (8 * index);
    }
    const isNegative = sizeBytes > 0 &&
      (this.#window.bytes[start + sizeBytes - 1] ?? 0) >= 0x80;
    return isNegative ? value - 2 ** (8 * sizeBytes) : value;
  }

  #lineNumber(): number {
    const text = this.#line().replace(/L$/, "");
    if (!/^-?\d{1,19}$/.test(text)) throw new Refusal("bad-structure", "A number is not one");
    return Number(text);
  }

  #line(): string {
    const line = this.#window.line(LONGEST_LINE_BYTES);
    if (line === null) throw new Refusal("bad-structure", "A line does not end");
    return line;
  }

  #stepStack(opcode: number): void {
    const index = this.#memoIndex(opcode);
    if (index !== null) return this.#memo.setItem(index, this.#stack.at(-1) ?? null);
    const item = this.#readItem(opcode);
    if (item !== undefined) return this.#push(item);
    switch (opcode) {
      case OPCODE.PROTO:
        this.#protocol = this.#window.u8();
        return;
      case OPCODE.FRAME:
        return this.#frame();
      case OPCODE.MARK:
        return this.#mark();
      case OPCODE.SETITEM:
        return this.#setItems(this.#stack.length - 2);
      case OPCODE.SETITEMS:
        return this.#setItems(this.#popMark());
      case OPCODE.DICT: {
        const start = this.#popMark();
        this.#stack.splice(start, 0, new Dictionary());
        return this.#setItems(start + 1);
      }
      case OPCODE.TUPLE:
        return this.#push(new Tuple(this.#stack.splice(this.#popMark())));
      case OPCODE.STACK_GLOBAL:
        return this.#stackGlobal();
      case OPCODE.GLOBAL:
        return this.#global(this.#line(), this.#line());
      case OPCODE.NEWOBJ:
        return this.#newObject();
      case OPCODE.BUILD:
        return this.#build();
      default:
        throw this.#refuse(opcode);
    }
  }

  /** Reads what an opcode pushes by itself; undefined when it does something else. */
  #readItem(opcode: number): Item | undefined {
    const sizeBytes = this.#stringSize(opcode);
    if (sizeBytes !== null) return this.#readText(sizeBytes);
    const number = this.#readNumber(opcode);
    if (number !== null) return number;
    const index = this.#getIndex(opcode);
    if (index !== null) return this.#memo.item(index) ?? this.#missing(index);
    switch (opcode) {
      case OPCODE.NONE:
        return null;
      case OPCODE.NEWTRUE:
        return true;
      case OPCODE.NEWFALSE:
        return false;
      case OPCODE.EMPTY_DICT:
        return new Dictionary();
      case OPCODE.EMPTY_TUPLE:
        return new Tuple([]);
      case OPCODE.UNICODE:
        return this.#textOf(this.#line());
      default:
        return undefined;
    }
  }

  #missing(index: number): never {
    throw new Refusal("bad-structure", `There is no memo entry ${index}`);
  }

  #readText(sizeBytes: number): Text {
    const { offset } = this.#window;
    const start = this.#window.skip(sizeBytes);
    const bytes = this.#window.bytes.subarray(start, start + sizeBytes);
    const { low, high } = new StringHash().ofBytes(bytes);
    const value = sizeBytes <= LONGEST_FIELD_BYTES ? decoder.decode(bytes) : null;
    return new Text(value, low, high, offset, sizeBytes);
  }

  #textOf(line: string): Text {
    const { low, high } = new StringHash().ofText(line);
    return new Text(line, low, high, -1, line.length);
  }

  #push(item: Item): void {
    if (this.#stack.length >= MOST_STACK_ITEMS) {
      throw new Refusal("bad-structure", "More is nested than an engine writes");
    }
    this.#stack.push(item);
  }

  /** A MARK on a dictionary that a field of the top is to be streamed as begins the streaming. */
  #mark(): void {
    const dictionary = this.#stack.at(-1);
    if (dictionary instanceof Dictionary && this.#nameStreamed(dictionary)) {
      this.#streaming = dictionary;
      this.#keyWaits = false;
    } else {
      this.#push(new Mark());
    }
  }

  #nameStreamed(dictionary: Dictionary): boolean {
    const key = this.#stack.at(-2);
    if (key instanceof Text && key.value !== null && this.#options.streamed.includes(key.value)) {
      dictionary.streamedAs ??= key.value;
    }
    return dictionary.streamedAs !== null;
  }

  #popMark(): number {
    const index = this.#stack.findLastIndex((item) => item instanceof Mark);
    if (index < 0) throw new Refusal("bad-structure", "There is no mark");
    this.#stack.splice(index, 1);
    return index;
  }

  #setItems(start: number): void {
    const dictionary = this.#stack[start - 1];
    const items = start < 0 ? [] : this.#stack.splice(start);
    if (!(dictionary instanceof Dictionary) || items.length % 2 !== 0) {
      throw new Refusal("bad-structure", "Items are set in what is no dictionary");
    }
    const streamed = this.#nameStreamed(dictionary);
    for (let index = 0; index < items.length; index += 2) {
      const [key, value] = [items[index] ?? null, items[index + 1] ?? null];
      if (streamed) this.#emit(dictionary, key, value);
      else this.#setField(dictionary, key, value);
    }
  }

  #emit(dictionary: Dictionary, key: Item, value: Item): void {
    toScalar(key, this.#key);
    toScalar(value, this.#value);
    this.#options.onEntry(dictionary.streamedAs ?? "", this.#key, this.#value);
  }

  #setField(dictionary: Dictionary, key: Item, value: Item): void {
    if (!(key instanceof Text) || key.value === null || dictionary.fields.size >= MOST_FIELDS) {
      throw new Refusal("bad-structure", "A field has no usable name");
    }
    const scalar = value instanceof Text
      ? value.value
      : value instanceof Dictionary
      ? "{}"
      : value === null || typeof value === "number" || typeof value === "boolean"
      ? value
      : this.#notAField(key.value);
    dictionary.fields.set(key.value, scalar);
  }

  #notAField(name: string): never {
    throw new Refusal(
      "bad-structure",
      `The field ${name} is neither number, string nor dictionary`,
    );
  }

  #stackGlobal(): void {
    const [module, name] = this.#stack.splice(-2);
    if (!(module instanceof Text) || !(name instanceof Text)) {
      throw new Refusal("bad-structure", "A class has no name");
    }
    this.#global(module.value ?? "", name.value ?? "");
  }

  #global(module: string, name: string): void {
    if (`${module}.${name}` !== this.#options.className) {
      throw new Refusal("foreign-object", `The pickle asks for ${module}.${name}`);
    }
    this.#push(new ClassReference());
  }

  #newObject(): void {
    const [reference, args] = this.#stack.splice(-2);
    if (
      !(reference instanceof ClassReference) || !(args instanceof Tuple) || args.items.length > 0
    ) {
      throw new Refusal("foreign-object", "The pickle makes an object in an unknown way");
    }
    this.#push(new Instance());
  }

  #build(): void {
    const state = this.#stack.pop();
    const instance = this.#stack.at(-1);
    if (!(instance instanceof Instance) || !(state instanceof Dictionary)) {
      throw new Refusal(
        "foreign-object",
        "The pickle sets the state of an object in an unknown way",
      );
    }
    instance.state = state;
  }

  #refuse(opcode: number): Refusal {
    const name = CALLING_OPCODES.get(opcode);
    if (name !== undefined) return new Refusal("foreign-object", `The pickle asks for a ${name}`);
    const hex = opcode.toString(16).padStart(2, "0");
    return new Refusal("bad-structure", `The opcode 0x${hex} does not belong here`);
  }
}

function toScalar(item: Item, scalar: PickleScalar): void {
  scalar.offset = -1;
  if (item instanceof Text) {
    scalar.kind = "string";
    scalar.hash.low = item.low;
    scalar.hash.high = item.high;
    scalar.offset = item.offset;
    scalar.sizeBytes = item.sizeBytes;
  } else if (typeof item === "number") {
    scalar.kind = "number";
    scalar.number = item;
  } else {
    scalar.kind = "other";
  }
}

/** The memo: strings as their hashes, eight bytes each; the few other things as they are. */
class PickleMemo {
  #hashes = new Uint32Array(1024);
  readonly #items = new Map<number, Item>();
  /** One more than the highest entry. */
  size = 0;

  setString(index: number, low: number, high: number): void {
    this.#reserve(index);
    this.#hashes[2 * index] = low;
    this.#hashes[2 * index + 1] = high;
  }

  setOther(index: number, item: Item): void {
    this.#reserve(index);
    this.#items.set(index, item);
  }

  setItem(index: number, item: Item): void {
    this.setOther(index, item);
    if (item instanceof Text) this.setString(index, item.low, item.high);
  }

  loadString(index: number, target: StringHash): boolean {
    if (
      index >= this.size || (this.#items.has(index) && !(this.#items.get(index) instanceof Text))
    ) {
      return false;
    }
    target.low = this.#hashes[2 * index] ?? 0;
    target.high = this.#hashes[2 * index + 1] ?? 0;
    return true;
  }

  item(index: number): Item | undefined {
    if (index >= this.size) return undefined;
    const item = this.#items.get(index);
    if (item !== undefined) return item;
    return new Text(null, this.#hashes[2 * index] ?? 0, this.#hashes[2 * index + 1] ?? 0, -1, 0);
  }

  #reserve(index: number): void {
    if (2 * index + 1 >= this.#hashes.length) {
      const larger = new Uint32Array(Math.max(2 * this.#hashes.length, 2 * index + 2));
      larger.set(this.#hashes);
      this.#hashes = larger;
    }
    this.size = Math.max(this.size, index + 1);
  }
}

/** The opcodes that data needs. */
const OPCODE = {
  MARK: 0x28,
  STOP: 0x2e,
  INT: 0x49,
  BININT: 0x4a,
  BININT1: 0x4b,
  LONG: 0x4c,
  BININT2: 0x4d,
  NONE: 0x4e,
  UNICODE: 0x56,
  BINUNICODE: 0x58,
  BUILD: 0x62,
  GLOBAL: 0x63,
  DICT: 0x64,
  GET: 0x67,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  PUT: 0x70,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  BINFLOAT: 0x47,
  EMPTY_TUPLE: 0x29,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;

/** The opcodes by which a pickle has code run when Python reads it. */
const CALLING_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x52, "call (REDUCE)"],
  [0x69, "call (INST)"],
  [0x6f, "call (OBJ)"],
  [0x92, "call (NEWOBJ_EX)"],
  [0x50, "persistent object (PERSID)"],
  [0x51, "persistent object (BINPERSID)"],
  [0x82, "registered class (EXT1)"],
  [0x83, "registered class (EXT2)"],
  [0x84, "registered class (EXT4)"],
]);
