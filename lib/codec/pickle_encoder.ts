/**
 * Writing pickles of data, byte for byte as two picklers do: `pickle.dump` of Python with protocol 5
 * (`_pickle.c`), and serde_pickle, which Rust programs use, with protocol 3.
 *
 * | what                   | Python                                       | serde_pickle              |
 * | ---------------------- | -------------------------------------------- | ------------------------- |
 * | begin                  | PROTO 5                                      | PROTO 3                   |
 * | integer                | BININT1, BININT2, BININT, else LONG1         | BININT, else LONG1        |
 * | string                 | SHORT_BINUNICODE, BINUNICODE, then MEMOIZE   | BINUNICODE                |
 * | the same string again  | BINGET, LONG_BINGET                          | BINUNICODE                |
 * | dictionary             | EMPTY_DICT, MEMOIZE, entries                 | EMPTY_DICT, entries       |
 * | one entry              | SETITEM                                      | MARK, SETITEMS            |
 * | many entries           | MARK and SETITEMS around each 1,000          | the same                  |
 * | a multiple of 1,000    | an empty MARK, SETITEMS behind them          | none                      |
 * | frames                 | FRAME, closed once 64 KiB are in it          | none                      |
 *
 * What is written goes to the caller in chunks, so that a pickle can be longer than the memory.
 *
 * @module
 */

import { OPCODE } from "./pickle_opcodes.ts";

/** Whose pickles are written. */
export type PickleDialect = "python" | "serde";

const PROTOCOLS: Readonly<Record<PickleDialect, number>> = { python: 5, serde: 3 };

/** How many entries stand between a MARK and its SETITEMS. */
const BATCH_ENTRIES = 1000;

/** From how many bytes on a frame is closed, and a string is written outside of frames. */
const FRAME_TARGET_BYTES = 64 << 10;
const FRAME_HEADER_BYTES = 9;

/** A shorter frame is written without its header. */
const SMALLEST_FRAME_BYTES = 4;

/** Room behind a frame that is nearly closed for what one item adds, strings aside. */
const SLACK_BYTES = 64;

const LARGEST_INT32 = 0x7fff_ffff;
const SMALLEST_INT32 = -0x8000_0000;

/** A dictionary that is being written. */
interface OpenDictionary {
  /** How many entries it will have. */
  readonly entries: number;
  /** How many have been begun. */
  begun: number;
}

/** Writes one pickle, item by item. */
export class PickleEncoder {
  readonly #dialect: PickleDialect;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #encoder = new TextEncoder();
  readonly #dictionaries: OpenDictionary[] = [];
  #bytes = new Uint8Array(2 * FRAME_TARGET_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  /** Where the frame begins that is open, or -1. */
  #frameStart = -1;
  #isFraming = false;
  #memoSize = 0;

  /**
   * Begins a pickle.
   *
   * @param dialect Whose pickle it is.
   * @param write Takes the bytes; they are good until it returns.
   */
  constructor(dialect: PickleDialect, write: (bytes: Uint8Array) => void) {
    this.#dialect = dialect;
    this.#write = write;
    this.#put(OPCODE.PROTO, PROTOCOLS[dialect]);
    this.#isFraming = dialect === "python";
  }

  /** How many entries the memo has, which is the number of the next; 0 where there is no memo. */
  get memoSize(): number {
    return this.#memoSize;
  }

  /** Writes None. */
  none(): void {
    this.#beginItem();
    this.#put(OPCODE.NONE);
  }

  /**
   * Writes an integer.
   *
   * @param value The integer; a number has to be a safe one.
   */
  integer(value: number | bigint): void {
    this.#beginItem();
    if (value < SMALLEST_INT32 || value > LARGEST_INT32) this.#long(BigInt(value));
    else this.#int32(Number(value));
  }

  /**
   * Writes a string.
   *
   * @param text The string.
   * @returns Its number in the memo; -1 where there is no memo.
   */
  string(text: string): number {
    this.#beginItem();
    const bytes = this.#encoder.encode(text);
    const isShort = this.#dialect === "python" && bytes.byteLength < 256;
    const isOutside = this.#isFraming && bytes.byteLength >= FRAME_TARGET_BYTES;
    if (isOutside) {
      this.#closeFrame();
      this.#isFraming = false;
    }
    if (isShort) this.#put(OPCODE.SHORT_BINUNICODE, bytes.byteLength);
    else {
      this.#put(OPCODE.BINUNICODE);
      this.#putUint32(bytes.byteLength);
    }
    this.#putBytes(bytes);
    if (isOutside) this.#isFraming = true;
    return this.#memoize();
  }

  /**
   * Writes what stands in the memo.
   *
   * @param place Its number there.
   */
  reference(place: number): void {
    this.#beginItem();
    if (place < 256) return this.#put(OPCODE.BINGET, place);
    this.#put(OPCODE.LONG_BINGET);
    this.#putUint32(place);
  }

  /**
   * Begins an object of a class without arguments, whose state is the next item; then comes
   * {@linkcode PickleEncoder.endInstance}.
   *
   * @param module The module of the class.
   * @param name Its name.
   */
  beginInstance(module: string, name: string): void {
    this.string(module);
    this.string(name);
    this.#put(OPCODE.STACK_GLOBAL);
    this.#memoize();
    this.#beginItem();
    this.#put(OPCODE.EMPTY_TUPLE, OPCODE.NEWOBJ);
    this.#memoize();
  }

  /** Ends an object, behind its state. */
  endInstance(): void {
    this.#put(OPCODE.BUILD);
  }

  /**
   * Begins a dictionary. Before each entry {@linkcode PickleEncoder.nextEntry} has to be called, and
   * {@linkcode PickleEncoder.endDictionary} behind the last.
   *
   * @param entries How many entries it will have.
   */
  beginDictionary(entries: number): void {
    this.#beginItem();
    this.#put(OPCODE.EMPTY_DICT);
    this.#memoize();
    this.#dictionaries.push({ entries, begun: 0 });
  }

  /** Begins an entry: its key and its value are the next two items. */
  nextEntry(): void {
    const dictionary = this.#dictionaries[this.#dictionaries.length - 1];
    if (dictionary === undefined) return;
    const isFull = dictionary.begun > 0 && dictionary.begun % BATCH_ENTRIES === 0;
    if (isFull) this.#put(OPCODE.SETITEMS);
    if ((isFull || dictionary.begun === 0) && !this.#isSingle(dictionary)) this.#put(OPCODE.MARK);
    dictionary.begun++;
  }

  /** Ends a dictionary. */
  endDictionary(): void {
    const dictionary = this.#dictionaries.pop();
    if (dictionary === undefined) return;
    if (this.#isSingle(dictionary)) this.#put(OPCODE.SETITEM);
    else if (dictionary.entries > 0) {
      this.#put(OPCODE.SETITEMS);
      const isEven = dictionary.entries % BATCH_ENTRIES === 0;
      if (isEven && this.#dialect === "python") this.#put(OPCODE.MARK, OPCODE.SETITEMS);
    }
  }

  /** Ends the pickle, and gives the rest of it to the caller. */
  finish(): void {
    this.#put(OPCODE.STOP);
    this.#closeFrame();
    this.#isFraming = false;
    this.#flush();
  }

  #isSingle({ entries }: OpenDictionary): boolean {
    return this.#dialect === "python" && entries === 1;
  }

  #int32(value: number): void {
    const isSmall = this.#dialect === "python" && value >= 0 && value <= 0xffff;
    if (isSmall && value <= 0xff) return this.#put(OPCODE.BININT1, value);
    if (isSmall) return this.#put(OPCODE.BININT2, value & 0xff, value >>> 8);
    this.#put(OPCODE.BININT);
    this.#putUint32(value >>> 0);
  }

  /** Two's complement: as few bytes as hold the value, or whole words of 8 bytes. */
  #long(value: bigint): void {
    const bytes: number[] = [];
    const isWhole = this.#dialect === "serde";
    let rest = value;
    while (!isEnd(rest, bytes[bytes.length - 1]) || (isWhole && bytes.length < 8)) {
      bytes.push(Number(rest & 0xffn));
      rest >>= 8n;
    }
    this.#put(OPCODE.LONG1, bytes.length, ...bytes);
  }

  #memoize(): number {
    if (this.#dialect === "serde") return -1;
    this.#put(OPCODE.MEMOIZE);
    return this.#memoSize++;
  }

  /** A frame that is full is closed before the next item. */
  #beginItem(): void {
    const written = this.#length - Math.max(0, this.#frameStart) - FRAME_HEADER_BYTES;
    if (written < FRAME_TARGET_BYTES) return;
    this.#closeFrame();
    this.#flush();
  }

  #put(...bytes: readonly number[]): void {
    this.#reserve(bytes.length);
    for (const byte of bytes) this.#bytes[this.#length++] = byte;
  }

  #putUint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  #putBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Begins a frame where none is open, and makes room. */
  #reserve(sizeBytes: number): void {
    const needed = this.#length + FRAME_HEADER_BYTES + sizeBytes + SLACK_BYTES;
    if (needed > this.#bytes.byteLength) {
      const larger = new Uint8Array(2 * needed);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    if (!this.#isFraming || this.#frameStart >= 0) return;
    this.#frameStart = this.#length;
    this.#length += FRAME_HEADER_BYTES;
  }

  #closeFrame(): void {
    if (this.#frameStart < 0) return;
    const start = this.#frameStart;
    const sizeBytes = this.#length - start - FRAME_HEADER_BYTES;
    if (sizeBytes >= SMALLEST_FRAME_BYTES) {
      this.#bytes[start] = OPCODE.FRAME;
      this.#view.setBigUint64(start + 1, BigInt(sizeBytes), true);
    } else {
      this.#bytes.copyWithin(start, start + FRAME_HEADER_BYTES, this.#length);
      this.#length -= FRAME_HEADER_BYTES;
    }
    this.#frameStart = -1;
  }

  #flush(): void {
    this.#write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }
}

/** Whether nothing but the sign is left, and the byte before has it. */
function isEnd(rest: bigint, last: number | undefined): boolean {
  if (last === undefined) return false;
  return (rest === 0n && last < 0x80) || (rest === -1n && last >= 0x80);
}
