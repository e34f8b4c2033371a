/**
 * Columns of numbers that grow: a few bytes for each record, and no object.
 *
 * @module
 */

/** The arrays that a column can stand on. */
type NumberArray = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

const FIRST_CAPACITY = 1024;

/** One number for each record; what was never set is the column's empty value. */
export class Column {
  readonly #make: (length: number) => NumberArray;
  readonly #empty: number;
  #values: NumberArray;

  private constructor(make: (length: number) => NumberArray, empty: number) {
    this.#make = make;
    this.#empty = empty;
    this.#values = make(FIRST_CAPACITY).fill(empty);
  }

  /** Makes a column of bytes, empty 0. */
  static bytes(): Column {
    return new Column((length) => new Uint8Array(length), 0);
  }

  /** Makes a column of unsigned 32-bit integers, empty 0. */
  static words(): Column {
    return new Column((length) => new Uint32Array(length), 0);
  }

  /** Makes a column of whole numbers up to 2^53, empty -1. */
  static numbers(): Column {
    return new Column((length) => new Float64Array(length), -1);
  }

  /** The number of a record. */
  get(index: number): number {
    return this.#values[index] ?? this.#empty;
  }

  /** Sets the number of a record. */
  set(index: number, value: number): void {
    if (index >= this.#values.length) this.#grow(index + 1);
    this.#values[index] = value;
  }

  /** Sets bits in the number of a record. */
  setBits(index: number, bits: number): void {
    this.set(index, this.get(index) | bits);
  }

  /** Whether any of some bits is set in the number of a record. */
  hasBits(index: number, bits: number): boolean {
    return (this.get(index) & bits) !== 0;
  }

  #grow(length: number): void {
    // By half, for the old array and the new one are there at the same time.
    const grown = this.#make(Math.max(length, Math.ceil(1.5 * this.#values.length)));
    grown.set(this.#values as never);
    this.#values = grown.fill(this.#empty, this.#values.length);
  }
}
