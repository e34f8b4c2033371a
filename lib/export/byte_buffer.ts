/**
 * Bytes that are put together before they are written: texts, floats, and what is bytes already.
 *
 * @module
 */

import { LONGEST_FLOAT_TEXT, writeFloat } from "./float_text.ts";

const SMALLEST_CAPACITY = 1 << 16;

/** The most bytes of UTF-8 that a unit of a text takes. */
const MOST_BYTES_PER_UNIT = 3;

const COMMA = 0x2c;

const encoder = new TextEncoder();

/** A buffer that grows. */
export class ByteBuffer {
  #bytes = new Uint8Array(SMALLEST_CAPACITY);
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** The bytes; they hold until something is added. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes all bytes out. */
  clear(): void {
    this.#length = 0;
  }

  /** Adds a text as UTF-8; what is no Unicode becomes U+FFFD. */
  addText(text: string): void {
    this.#reserve(MOST_BYTES_PER_UNIT * text.length);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(this.#length));
    this.#length += written;
  }

  /** Adds bytes. */
  addBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.byteLength);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.byteLength;
  }

  /** Adds floats as JSON has them, with commas between them. */
  addFloats(floats: Float32Array): void {
    this.#reserve((LONGEST_FLOAT_TEXT + 1) * floats.length);
    let end = this.#length;
    for (let index = 0; index < floats.length; index++) {
      if (index > 0) this.#bytes[end++] = COMMA;
      end = writeFloat(floats[index] ?? 0, this.#bytes, end);
    }
    this.#length = end;
  }

  #reserve(sizeBytes: number): void {
    const wanted = this.#length + sizeBytes;
    if (wanted <= this.#bytes.byteLength) return;
    const grown = new Uint8Array(Math.max(wanted, 2 * this.#bytes.byteLength));
    grown.set(this.bytes);
    this.#bytes = grown;
  }
}
