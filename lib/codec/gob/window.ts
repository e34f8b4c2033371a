/**
 * Reading the items of a gob in order.
 *
 * ```text
 * unsigned integer   one byte 00..7F: itself; else FF..F8 (two's complement of -1..-8): that many
 *                    bytes follow, most significant first
 * signed integer     unsigned: bit 0 set: the complement of the rest; else the rest
 * message            unsigned: its length in bytes; then that many bytes
 * string, bytes      unsigned: the length in bytes; then the bytes
 * ```
 *
 * @module
 */

import { GobBuffer } from "./buffer.ts";
import { GobRefusal } from "./refusal.ts";
import { decodeGobText } from "./text.ts";

/** What Go takes for the length of a message, a string or a slice at most (`tooBig`). */
const GO_LONGEST_BYTES = 8 * 2 ** 30;
/** The longest text that the runtime can hold. */
const LONGEST_TEXT_BYTES = 2 ** 29 - 24;
/** The exponents, in the upper half of a float of 64 bits, that are those of normal floats of 32. */
const LEAST_EXPONENT = 0x3810_0000;
const END_OF_EXPONENTS = 0x47f0_0000;
/** The difference of the exponents' biases. */
const EXPONENT_SHIFT = 0x3800_0000;
/** What Go makes room for without harm: entries of a few dozen megabytes. */
const LEAST_CLAIM = 1 << 20;
const NO_MESSAGE = Number.MAX_SAFE_INTEGER;
const TWO_32 = 0x1_0000_0000;

/** What a map says of itself that cannot be true. */
export interface GobClaim {
  /** Where it says so. */
  readonly offset: number;
  /** How many entries it says that it has. */
  readonly count: number;
  /** How many bytes of the message are left for them. */
  readonly left: number;
}

/** Reads the items of a gob in order. */
export class GobWindow extends GobBuffer {
  #messageStart = 0;
  #isCut = false;
  #claim: GobClaim | null = null;
  #high = 0;
  #low = 0;

  /** The first map of which the number of entries cannot be true, or null. */
  get claim(): GobClaim | null {
    return this.#claim;
  }

  /** Whether a message was longer than what is left of the source; Go refuses to read such a one. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Where the message begins, with its length, in bytes from the start of the source. */
  get messageStart(): number {
    return this.#messageStart;
  }

  /** The upper half of the last unsigned integer. */
  get high(): number {
    return this.#high;
  }

  /** The lower half of the last unsigned integer. */
  get low(): number {
    return this.#low;
  }

  /** Whether Go, which has 64 bits for a signed integer, takes the last unsigned one as negative. */
  get isNegative(): boolean {
    return this.#high >= 0x8000_0000;
  }

  /** Begins the next message. */
  beginMessage(): void {
    const at = this.offset;
    this.#messageStart = at;
    if (at >= this.sizeBytes) {
      throw new GobRefusal("truncated", at, "The gob ends where a message should begin");
    }
    this.endMessageAt(NO_MESSAGE);
    const sizeBytes = this.uint();
    if (sizeBytes >= GO_LONGEST_BYTES) {
      throw new GobRefusal("malformed", at, "The length of a message is out of range");
    }
    this.endMessageAt(this.offset + sizeBytes);
    this.#isCut ||= this.messageEnd > this.sizeBytes;
  }

  /** Reads an unsigned integer: exact up to 2^53, and in halves. */
  uint(): number {
    if (this.position >= this.limit) this.ensure(1);
    const lead = this.bytes[this.position] ?? 0;
    if (lead <= 0x7f) {
      this.position++;
      this.#high = 0;
      this.#low = lead;
      return lead;
    }
    const count = 0x100 - lead;
    if (count > 8) throw new GobRefusal("malformed", this.offset, "An integer is out of range");
    if (this.position + count >= this.limit) this.ensure(count + 1);
    let high = 0;
    let low = 0;
    const end = this.position + 1 + count;
    for (let index = this.position + 1; index < end; index++) {
      high = (high << 8) | (low >>> 24);
      low = (low << 8) | (this.bytes[index] ?? 0);
    }
    this.position = end;
    this.#high = high >>> 0;
    this.#low = low >>> 0;
    return this.#high * TWO_32 + this.#low;
  }

  /** Reads a signed integer and keeps its lower 32 bits, as Go does with the id of a value's type. */
  int32(): number {
    this.uint();
    const half = (this.#low >>> 1) | (this.#high << 31);
    return (this.#low & 1) === 0 ? half : ~half;
  }

  /** Reads a signed integer of 64 bits. */
  int64(): bigint {
    this.uint();
    const value = (BigInt(this.#high) << 32n) | BigInt(this.#low);
    return (value & 1n) === 0n ? value >> 1n : ~(value >> 1n);
  }

  /**
   * Reads how many entries a map has; Go takes a number that is negative as none.
   *
   * Go makes room for all of them before it reads one, at some seventy bytes for each, and a process
   * that has no such room ends. A number that cannot be true is kept in {@linkcode claim}.
   */
  entryCount(): number {
    const offset = this.offset;
    const count = this.uint();
    if (this.isNegative) return 0;
    // Key and value take a byte each, but for the value of a struct at the very end.
    if (count >= LEAST_CLAIM && 2 * count > this.remaining + 1) {
      this.#claim ??= { offset, count, left: this.remaining };
    }
    return count;
  }

  /** Reads the length of a string or of other bytes, which must be left of the message. */
  length(): number {
    const at = this.offset;
    const length = this.uint();
    if (length > this.remaining || length >= GO_LONGEST_BYTES) {
      throw new GobRefusal("malformed", at, "A length exceeds what is left of the message");
    }
    return length;
  }

  /** Reads a string of at most `longestBytes`. */
  text(longestBytes: number = LONGEST_TEXT_BYTES): string {
    const at = this.offset;
    const length = this.length();
    if (length > longestBytes && this.offset + length <= this.sizeBytes) {
      throw new GobRefusal(
        "too-large",
        at,
        `A string of ${length} bytes is too long to be decoded`,
      );
    }
    if (this.position + length > this.limit) this.ensure(length);
    const start = this.position;
    this.position += length;
    return decodeGobText(this.bytes, start, this.position);
  }

  /**
   * Reads floats that are exact in 32 bits, as many as are in memory as a whole and fit.
   *
   * Go widens a float of 32 bits to 64, so that it has the lower byte at most of what is behind its
   * upper half: four bytes or five on the wire. What remains is moved into place as whole numbers,
   * which is thrice as fast as going by way of a float of 64 bits.
   *
   * @param bits Where the bits of the floats go.
   * @param from The first place to fill.
   * @returns The first place that was not filled; that float must be read with {@linkcode uint}.
   */
  floats(bits: Int32Array, from: number): number {
    const view = this.view;
    // The longest float has nine bytes, so that nothing inside the loop can pass the limit.
    const last = this.limit - 9;
    const length = bits.length;
    let position = this.position;
    let index = from;
    for (; index < length && position <= last; index++) {
      const lead = view.getUint8(position);
      const isLonger = lead === 0xfb;
      if (!isLonger && lead !== 0xfc) {
        if (lead !== 0) break;
        bits[index] = 0;
        position++;
        continue;
      }
      const low = isLonger ? view.getUint8(position + 1) : 0;
      const high = view.getInt32(position + (isLonger ? 2 : 1), true);
      const exponent = high & 0x7ff0_0000;
      if (exponent < LEAST_EXPONENT || exponent >= END_OF_EXPONENTS || (low & 0x1f) !== 0) break;
      bits[index] = (high & 0x8000_0000) | (((high - EXPONENT_SHIFT) << 3) & 0x7fff_fff8) |
        (low >> 5);
      position += isLonger ? 6 : 5;
    }
    this.position = position;
    return index;
  }
}
