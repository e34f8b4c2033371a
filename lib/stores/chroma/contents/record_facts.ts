/**
 * The logical hash of a collection: a sum over facts, each hashed with the id of its record in front,
 * so that neither the order of rows nor their place counts.
 *
 * | fact                     | hashed                                                              |
 * | ------------------------ | ------------------------------------------------------------------- |
 * | a record is there        | id                                                                  |
 * | it has a vector          | id, hash of the vector (`vector_hash.ts`)                           |
 * | it has a value           | id, key, column, bytes of the value; the document is a value too    |
 * | it has a list            | id, key, place in the list, column, bytes of the element            |
 *
 * The column tells the type: text, integer, float, boolean, nothing (NaN, which SQLite keeps as
 * NULL), or something that no engine writes there. Text is hashed as UTF-8, integers and booleans as decimal digits, floats as their eight
 * bytes. The sum and the number of facts are hashed to the 32 digits that are shown.
 *
 * @module
 */

import { FactSet, Hash128 } from "../../../base/hash128.ts";

/** The key under which the text of a record stands among its metadata. */
export const DOCUMENT_KEY = "chroma:document";

/** The key under which stands where a record comes from. */
export const URI_KEY = "chroma:uri";

/** The columns of `embedding_metadata`, one of which has the value. */
export type ValueColumn = "text" | "integer" | "float" | "boolean" | "nothing" | "other";

const COLUMN_TAGS: Readonly<Record<ValueColumn, number>> = {
  text: 1,
  integer: 2,
  float: 3,
  boolean: 4,
  nothing: 5,
  other: 6,
};

const TAG_RECORD = 1;
const TAG_VECTOR = 2;
const TAG_VALUE = 3;
const TAG_LIST = 4;

const NO_BYTES = new Uint8Array();

/** The facts of one collection. */
export class RecordFacts {
  readonly #facts = new FactSet();
  readonly #hash = new Hash128();
  readonly #lanes = new Uint32Array(4);

  /** The logical hash of what was added so far, in 32 hexadecimal digits. */
  get hash(): string {
    return String(this.#facts.hash);
  }

  /** Adds that there is a record. */
  addRecord(id: Hash128): void {
    this.#facts.add(this.#hash.continueFrom(id, TAG_RECORD).addBytes(NO_BYTES));
  }

  /** Adds that a record has a vector. */
  addVector(id: Hash128, { a, b, c, d }: Hash128): void {
    this.#lanes[0] = a;
    this.#lanes[1] = b;
    this.#lanes[2] = c;
    this.#lanes[3] = d;
    this.#facts.add(this.#hash.continueFrom(id, TAG_VECTOR).addWords(this.#lanes, 0, 4));
  }

  /**
   * Adds that a record has a value.
   *
   * @param id The hash of the record's id.
   * @param key The key, in UTF-8.
   * @param value The value.
   */
  addValue(id: Hash128, key: Slice, value: ValueSlice): void {
    this.#hash.continueFrom(id, TAG_VALUE).addBytes(key.bytes, key.start, key.end);
    this.#add(value);
  }

  /** Adds that a record has a list with this value at this place. */
  addElement(id: Hash128, key: Slice, place: number, value: ValueSlice): void {
    this.#hash.continueFrom(id, TAG_LIST).addBytes(key.bytes, key.start, key.end);
    this.#lanes.fill(0);
    this.#lanes[0] = place;
    this.#hash.addWords(this.#lanes, 0, 4);
    this.#add(value);
  }

  #add({ column, bytes, start, end }: ValueSlice): void {
    const hash = this.#hash;
    this.#facts.add(hash.continueFrom(hash, COLUMN_TAGS[column]).addBytes(bytes, start, end));
  }
}

/** A part of some bytes. */
export interface Slice {
  /** The bytes. */
  bytes: Uint8Array;
  /** Where the part begins. */
  start: number;
  /** Where it ends. */
  end: number;
}

/** The bytes of a value, and in which column it stands. */
export interface ValueSlice extends Slice {
  /** The column. */
  column: ValueColumn;
}

/** A key or a value that stands for itself. */
export function sliceOf(bytes: Uint8Array): Slice {
  return { bytes, start: 0, end: bytes.byteLength };
}

/** The bytes by which a float is hashed. */
export function floatBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}
