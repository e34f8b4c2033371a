/**
 * A buffer that grows by the items of a gob.
 *
 * @module
 */

import { encodeGobText } from "./text.ts";

const FIRST_SIZE_BYTES = 1 << 10;

/** A float of 64 bits, and its bytes from the lowest on, which is the order on the wire. */
const wide = new Float64Array(1);
const wideBytes = new Uint8Array(wide.buffer);

/** Writes items one behind the other; `window.ts` has their layout. */
export class GobWriter {
  #bytes = new Uint8Array(FIRST_SIZE_BYTES);
  #length = 0;

  /** What was written. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** Writes an unsigned integer up to 2^53. */
  uint(value: number): void {
    this.#reserve(9);
    if (value <= 0x7f) {
      this.#bytes[this.#length++] = value;
      return;
    }
    let count = 1;
    for (let rest = value; rest > 0xff; rest = Math.floor(rest / 0x100)) count++;
    this.#bytes[this.#length] = 0x100 - count;
    for (let place = count, rest = value; place > 0; place--, rest = Math.floor(rest / 0x100)) {
      this.#bytes[this.#length + place] = rest % 0x100;
    }
    this.#length += 1 + count;
  }

  /** Writes a signed integer of 32 bits. */
  int(value: number): void {
    this.uint(value < 0 ? 2 * ~value + 1 : 2 * value);
  }

  /** Writes floats, each widened to 64 bits and its bytes reversed, without the zeros in front. */
  floats(values: Float32Array): void {
    this.#reserve(9 * values.length);
    const bytes = this.#bytes;
    let length = this.#length;
    for (const value of values) {
      wide[0] = value;
      let from = 0;
      while (from < 7 && wideBytes[from] === 0) from++;
      const first = wideBytes[from] ?? 0;
      if (from < 7 || first > 0x7f) bytes[length++] = 0x100 - (8 - from);
      for (; from < 8; from++) bytes[length++] = wideBytes[from] ?? 0;
    }
    this.#length = length;
  }

  /** Writes a string. */
  text(value: string): void {
    this.sized(encodeGobText(value));
  }

  /** Writes bytes with their length before them. */
  sized(bytes: Uint8Array): void {
    this.uint(bytes.byteLength);
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.byteLength));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
