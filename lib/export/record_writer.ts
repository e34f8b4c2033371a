/**
 * What every format of an export implements, and what it writes to.
 *
 * @module
 */

import type { CollectionFacts, RecordBatch } from "../model/record_stream.ts";

/** Where bytes go one after another. */
export interface ByteSink {
  /** Writes bytes; they may be changed as soon as that is done. */
  write(bytes: Uint8Array): Promise<void>;
}

/** A file of an export that is being written. */
export interface ExportFile extends ByteSink {
  /** Its path, relative to where the export goes; empty where the export is one file. */
  readonly name: string;
  /** How many bytes were written. */
  readonly sizeBytes: number;
  /** Writes over the first bytes, which have been written before. */
  overwriteStart(bytes: Uint8Array): void;
}

/** Where the files of an export go. */
export interface ExportPlace {
  /**
   * Makes a file.
   *
   * @param name Its path, relative to where the export goes, with forward slashes; what is before the
   * last one is made as well.
   * @returns The file.
   * @throws The system's error, where it cannot be made.
   */
  createFile(name: string): ExportFile;
}

/** Writes the records of collections, one collection after another. */
export interface RecordWriter {
  /** Begins a collection. */
  begin(collection: CollectionFacts): Promise<void>;
  /** Writes records of it. */
  add(batch: RecordBatch): Promise<void>;
  /** Ends a collection. */
  end(): Promise<void>;
}
