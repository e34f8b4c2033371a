/**
 * A bounded little-endian cursor over bytes that may be hostile.
 *
 * @module
 */

/** Reads little-endian integers and floats from a byte array and never past its end. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The position of the next read, in bytes from the start. */
  offset: number;

  /** Makes a cursor over `bytes` that starts at `offset`. */
  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.byteLength - this.offset;
  }

  /** Whether at least `sizeBytes` bytes are left. */
  has(sizeBytes: number): boolean {
    return sizeBytes >= 0 && this.remaining >= sizeBytes;
  }

  /** Takes the next `sizeBytes` bytes, without copying them. */
  take(sizeBytes: number): Uint8Array {
    this.#require(sizeBytes);
    const start = this.offset;
    this.offset += sizeBytes;
    return this.#bytes.subarray(start, this.offset);
  }

  /** Reads an unsigned byte. */
  u8(): number {
    this.#require(1);
    return this.#view.getUint8(this.offset++);
  }

  /** Reads an unsigned 16-bit integer. */
  u16(): number {
    this.#require(2);
    this.offset += 2;
    return this.#view.getUint16(this.offset - 2, true);
  }

  /** Reads a signed 32-bit integer. */
  i32(): number {
    this.#require(4);
    this.offset += 4;
    return this.#view.getInt32(this.offset - 4, true);
  }

  /** Reads an unsigned 32-bit integer. */
  u32(): number {
    this.#require(4);
    this.offset += 4;
    return this.#view.getUint32(this.offset - 4, true);
  }

  /** Reads an unsigned 64-bit integer, whole: the caller narrows it with {@linkcode toIndex}. */
  u64(): bigint {
    this.#require(8);
    this.offset += 8;
    return this.#view.getBigUint64(this.offset - 8, true);
  }

  /** Reads a 64-bit float. */
  f64(): number {
    this.#require(8);
    this.offset += 8;
    return this.#view.getFloat64(this.offset - 8, true);
  }

  #require(sizeBytes: number): void {
    if (!this.has(sizeBytes)) {
      throw new RangeError(
        `Read of ${sizeBytes} bytes at ${this.offset} passes the end at ${this.#bytes.byteLength}`,
      );
    }
  }
}

/**
 * Narrows an unsigned 64-bit integer from a file to a number that can be counted with.
 *
 * @param value The integer as it stands in the file.
 * @returns The same value, or null when it is above 2^53 − 1 and so can be no size, count or slot.
 */
export function toIndex(value: bigint): number | null {
  return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : null;
}
