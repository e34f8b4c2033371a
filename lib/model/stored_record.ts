/**
 * The records of a collection as they are read one by one, whatever the format of the store.
 *
 * @module
 */

/** A value of metadata as JSON carries it. */
export type RecordValue = string | number | boolean | readonly (string | number | boolean)[];

/** A value of metadata, and of which type it is. */
export interface StoredValue {
  /** The type that the engine gives it, for instance `integer`. */
  readonly type: string;
  /** The value; null where JSON carries none such. */
  readonly value: RecordValue | null;
  /** Whether an engine makes the very same of it again; not of a float that is whole, for instance. */
  readonly isExact: boolean;
}

/** A record without its vector. */
export interface StoredRecord {
  /** Its id. */
  readonly id: string;
  /** A hash of all that it holds, its vector too, in hexadecimal digits. */
  readonly digest: string;
  /** Its text, or null. */
  readonly document: string | null;
  /** Where it comes from, or null. */
  readonly uri: string | null;
  /** Its metadata. */
  readonly metadata: ReadonlyMap<string, StoredValue>;
}

/** The vectors of some records. */
export interface RecordVectors extends Disposable {
  /** Whether the vector of a record is there. */
  has(id: string): boolean;
  /**
   * Reads a vector as it is written again.
   *
   * @param id The record.
   * @returns The vector; null where it is lost.
   * @throws {OperationError} It cannot be read any more.
   */
  read(id: string): Float32Array | null;
}

/** The records of one collection. */
export interface RecordReader extends Disposable {
  /** Whether vectors that are written again come out with other last bits. */
  readonly roundsVectors: boolean;
  /** Reads all records, in no order that means anything. */
  list(): Generator<StoredRecord, void, undefined>;
  /**
   * Opens the vectors of some of them.
   *
   * @param ids The ids of the records.
   * @returns The vectors; the caller disposes of them.
   * @throws {OperationError} They cannot be read.
   */
  openVectors(ids: ReadonlySet<string>): RecordVectors;
}
