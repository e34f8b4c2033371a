/**
 * A window that slides over the bytes of a pickle.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import { PickleEnd } from "./pickle_refusal.ts";

const WINDOW_SIZE_BYTES = 1 << 18;

/** Reads bytes in order, a window at a time. */
export class PickleWindow {
  readonly #source: ByteSource;
  #buffer: Uint8Array;
  #view: DataView;
  #start = 0;
  #filled = 0;
  #position = 0;

  /** Makes a window at the start of a source. */
  constructor(source: ByteSource) {
    this.#source = source;
    this.#buffer = new Uint8Array(Math.max(1, Math.min(source.sizeBytes, WINDOW_SIZE_BYTES)));
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** The bytes in memory; positions from {@linkcode PickleWindow.skip} are positions in them. */
  get bytes(): Uint8Array {
    return this.#buffer;
  }

  /** Where the next read is, in bytes from the start of the source. */
  get offset(): number {
    return this.#start + this.#position;
  }

  /** How many bytes are left in the source. */
  get remaining(): number {
    return this.#source.sizeBytes - this.offset;
  }

  /** Reads an unsigned byte. */
  u8(): number {
    this.#ensure(1);
    return this.#view.getUint8(this.#position++);
  }

  /** Reads an unsigned 16-bit integer. */
  u16(): number {
    this.#ensure(2);
    this.#position += 2;
    return this.#view.getUint16(this.#position - 2, true);
  }

  /** Reads a signed 32-bit integer. */
  i32(): number {
    this.#ensure(4);
    this.#position += 4;
    return this.#view.getInt32(this.#position - 4, true);
  }

  /** Reads an unsigned 32-bit integer. */
  u32(): number {
    return this.i32() >>> 0;
  }

  /** Reads an unsigned 64-bit integer that is used as a length: exact up to 2^53, huge above. */
  u64(): number {
    const low = this.u32();
    return low + this.u32() * 0x1_0000_0000;
  }

  /** Passes over `sizeBytes` bytes and returns where in {@linkcode PickleWindow.bytes} they begin. */
  skip(sizeBytes: number): number {
    this.#ensure(sizeBytes);
    this.#position += sizeBytes;
    return this.#position - sizeBytes;
  }

  /** Whether bytes of {@linkcode PickleWindow.bytes} are ASCII, which nearly every id is. */
  isAscii(start: number, end: number): boolean {
    let index = start;
    for (; index + 4 <= end; index += 4) {
      if ((this.#view.getInt32(index) & 0x8080_8080) !== 0) return false;
    }
    for (; index < end; index++) if (this.#view.getUint8(index) >= 0x80) return false;
    return true;
  }

  /** Reads a line, without its end, as Latin-1; null when it has more than `longest` bytes. */
  line(longest: number): string | null {
    let text = "";
    while (text.length <= longest) {
      const byte = this.u8();
      if (byte === 0x0a) return text;
      text += String.fromCharCode(byte);
    }
    return null;
  }

  #ensure(sizeBytes: number): void {
    if (this.#position + sizeBytes <= this.#filled) return;
    // Held against what is left before anything is allocated: a torn length can claim exabytes.
    if (sizeBytes > this.remaining) throw new PickleEnd();
    const rest = this.#buffer.subarray(this.#position, this.#filled);
    this.#start += this.#position;
    this.#position = 0;
    if (sizeBytes > this.#buffer.byteLength) {
      this.#buffer = new Uint8Array(sizeBytes);
      this.#view = new DataView(this.#buffer.buffer);
    }
    this.#buffer.set(rest);
    this.#filled = rest.byteLength;
    while (this.#filled < sizeBytes) {
      const target = this.#buffer.subarray(this.#filled);
      const count = this.#source.readAt(this.#start + this.#filled, target).byteLength;
      if (count === 0) throw new PickleEnd();
      this.#filled += count;
    }
  }
}
