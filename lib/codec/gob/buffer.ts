/**
 * The bytes of a gob in memory, a window at a time, and the message that they belong to.
 *
 * @module
 */

import type { ByteSource } from "../byte_source.ts";
import { GobRefusal } from "./refusal.ts";

const WINDOW_SIZE_BYTES = 1 << 18;

/** A window that slides over a source. */
export class GobBuffer {
  readonly #source: ByteSource | null;
  /** The length of the source. */
  readonly sizeBytes: number;
  /** The bytes in memory. */
  protected bytes: Uint8Array;
  /** The same bytes. */
  protected view: DataView;
  /** The next byte to read among them. */
  protected position = 0;
  /** The end of what may be read without a look at the source: of the message, or of the bytes. */
  protected limit = 0;
  /** Where the bytes in memory begin in the source, how many they are, where the message ends. */
  #start = 0;
  #filled: number;
  #messageEnd = 0;

  /** Makes a window over bytes in memory, or over a source that is read a part at a time. */
  constructor(source: Uint8Array | ByteSource) {
    const isWhole = source instanceof Uint8Array;
    this.#source = isWhole ? null : source;
    this.sizeBytes = isWhole ? source.byteLength : source.sizeBytes;
    this.bytes = isWhole ? source : new Uint8Array(Math.min(this.sizeBytes, WINDOW_SIZE_BYTES));
    this.view = viewOf(this.bytes);
    this.#filled = isWhole ? source.byteLength : 0;
  }

  /** Where the next read is, in bytes from the start of the source. */
  get offset(): number {
    return this.#start + this.position;
  }

  /** Where the message ends, in bytes from the start of the source. */
  get messageEnd(): number {
    return this.#start + this.#messageEnd;
  }

  /** How many bytes of the message are left, whether or not the source has them. */
  get remaining(): number {
    return this.#messageEnd - this.position;
  }

  /** Whether bytes in memory begin with `prefix`; goes behind it when they do. */
  passPrefix(prefix: Uint8Array): boolean {
    const length = prefix.byteLength;
    if (this.#filled < length) return false;
    for (let index = 0; index < length; index++) {
      if (this.bytes[index] !== prefix[index]) return false;
    }
    this.goTo(length, length);
    return true;
  }

  /** Goes to a place in bytes that are in memory as a whole, in a message that ends at `end`. */
  goTo(offset: number, end: number): void {
    this.position = offset;
    this.endMessageAt(end);
  }

  /** Passes over bytes of the message; that they belong to it is known. */
  skip(sizeBytes: number): void {
    if (this.offset + sizeBytes > this.sizeBytes) throw this.#cut();
    if (this.position + sizeBytes <= this.#filled) {
      this.position += sizeBytes;
      return;
    }
    const end = this.messageEnd;
    this.#start += this.position + sizeBytes;
    this.position = 0;
    this.#filled = 0;
    this.endMessageAt(end);
  }

  /** Sets where the message ends, in bytes from the start of the source. */
  protected endMessageAt(end: number): void {
    this.#messageEnd = end - this.#start;
    this.limit = Math.min(this.#messageEnd, this.#filled);
  }

  /** Brings the next bytes into memory, or ends decoding where they are not there. */
  protected ensure(sizeBytes: number): void {
    if (sizeBytes > this.remaining) {
      throw new GobRefusal("malformed", this.offset, "The message ends inside a value");
    }
    // Held against what is left before anything is allocated: a torn length can claim gigabytes.
    if (this.#source === null || this.offset + sizeBytes > this.sizeBytes) throw this.#cut();
    const rest = this.bytes.subarray(this.position, this.#filled);
    const capacity = Math.max(sizeBytes, Math.min(WINDOW_SIZE_BYTES, this.sizeBytes));
    if (capacity === this.bytes.byteLength) {
      this.bytes.set(rest);
    } else {
      this.bytes = new Uint8Array(capacity);
      this.bytes.set(rest);
      this.view = viewOf(this.bytes);
    }
    const end = this.messageEnd;
    this.#start += this.position;
    this.position = 0;
    this.#filled = rest.byteLength;
    this.#fill(this.#source, sizeBytes);
    this.endMessageAt(end);
  }

  #fill(source: ByteSource, sizeBytes: number): void {
    while (this.#filled < sizeBytes) {
      const target = this.bytes.subarray(this.#filled);
      const count = source.readAt(this.#start + this.#filled, target).byteLength;
      if (count === 0) throw this.#cut();
      this.#filled += count;
    }
  }

  #cut(): GobRefusal {
    return new GobRefusal("truncated", this.offset, "The gob ends where more is promised");
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
