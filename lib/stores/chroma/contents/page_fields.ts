/**
 * The fields of a page of rows, as `record_pages.ts` has SQLite write them.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { requireDataError } from "../../../sqlite/machine_error.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Slice } from "./record_facts.ts";

const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const SEMICOLON = 0x3b;

/** The mark of another storage class than that of the column: `x`. */
export const OTHER = 0x78;

/** Reads fields that end with a comma, and texts of a known size. */
export class Fields {
  readonly #bytes: Uint8Array;
  #position = 0;

  /** Begins at the first byte. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything was read. */
  get atEnd(): boolean {
    return this.#position >= this.#bytes.byteLength;
  }

  /** Reads a whole number. */
  number(): number {
    const isNegative = this.#bytes[this.#position] === MINUS;
    if (isNegative) this.#position++;
    const number = this.size();
    if (number < 0) throw createFormatError("a number is missing");
    return isNegative ? -number : number;
  }

  /** Reads a whole number; -1 where the field is empty. */
  size(): number {
    const bytes = this.#bytes;
    let position = this.#position;
    let number = 0;
    for (; bytes[position] !== COMMA && bytes[position] !== SEMICOLON; position++) {
      const digit = bytes[position] ?? 0;
      if (digit < ZERO || digit > NINE) throw createFormatError("a number is none");
      number = 10 * number + digit - ZERO;
    }
    const isEmpty = position === this.#position;
    this.#position = position + 1;
    return isEmpty ? -1 : number;
  }

  /** Whether the last number ended the fields of a value that is nothing but a text. */
  get endsShort(): boolean {
    return this.#bytes[this.#position - 1] === SEMICOLON;
  }

  /** Passes over the mark of another storage class, and says whether it was there. */
  skipOther(): boolean {
    const isThere = this.#bytes[this.#position] === OTHER;
    if (isThere) this.#position++;
    return isThere;
  }

  /** Takes what comes before the next comma; null where nothing does. */
  field(): Slice | null {
    const start = this.#position;
    const end = this.#bytes[start] === COMMA ? start : this.#bytes.indexOf(COMMA, start);
    if (end === -1) throw createFormatError("a field does not end");
    this.#position = end + 1;
    return start === end ? null : { bytes: this.#bytes, start, end };
  }

  /** Takes so many bytes into a slice that is used again. */
  take<Taken extends Slice>(sizeBytes: number, slice: Taken): Taken {
    const start = this.#position;
    const end = start + sizeBytes;
    if (end > this.#bytes.byteLength) throw createFormatError("a text is cut off");
    this.#position = end;
    slice.bytes = this.#bytes;
    slice.start = start;
    slice.end = end;
    return slice;
  }
}

/**
 * Makes the error for rows that are not what the query for them gives.
 *
 * @param reason What is wrong with them.
 * @returns The error.
 */
export function createFormatError(reason: string): OperationError {
  return new OperationError("read-failed", `Cannot read the records of the store: ${reason}`, {
    path: CATALOGUE_NAME,
    hint: "Check the store at full level: the check says what is damaged.",
  });
}

/**
 * Makes the error for a database whose rows cannot be read.
 *
 * @param thrown What SQLite has thrown.
 * @param path The database.
 * @returns The error.
 */
export function toUnreadable(thrown: unknown, path: string): OperationError {
  const error = requireDataError(thrown, path);
  return new OperationError("read-failed", `Cannot read ${CATALOGUE_NAME}: ${error.message}`, {
    path,
    hint: "Check the store at full level: the check says what is damaged.",
    cause: error,
  });
}
