/**
 * Vectors that were handed in: a file of JSON lines, each of them one record.
 *
 * | field        | what it is                                                                      |
 * | ------------ | ------------------------------------------------------------------------------- |
 * | `id`         | the record; a line with null, where a repair could not tell it, is passed over  |
 * | `collection` | the name of its collection; may be left out where the store has only one        |
 * | `embedding`  | the vector as it was made; null, or nothing, for one that is not made so far    |
 *
 * What a line says besides is the business of the format. It is what `missing.jsonl` has, with
 * `embedding` filled in. The whole file is looked at before anything is done; afterwards a line is
 * read again when its vector is needed. Memory: the ids, and where their lines stand.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { readFileLines } from "./json_lines.ts";

/** A collection that lines may name. */
export interface NamedCollection {
  /** Its name. */
  readonly name: string;
  /** Floats of a vector, or null when it has none so far. */
  readonly dimension: number | null;
}

/** Where a line stands. */
interface LinePlace {
  readonly number: number;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The lines of one collection. */
interface CollectionLines {
  /** Whether another collection, of another database, has the same name. */
  isAmbiguous: boolean;
  dimension: number | null;
  readonly lines: Map<string, LinePlace>;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Where lines come from. */
export interface HandedInFile {
  /** The file. */
  readonly path: string;
  /** The collections of the store that lines may name. */
  readonly collections: readonly NamedCollection[];
  /** What such a collection is besides, for messages: ` with an index`. */
  readonly trait?: string;
  /** The file system. */
  readonly fs: Pick<WriteFs, "openForReading">;
}

/** The lines of a file that was handed in. */
export class HandedInLines {
  readonly #file: HandedInFile;
  readonly #collections = new Map<string, CollectionLines>();
  /** How many lines have no vector so far. */
  emptyLines = 0;

  /**
   * Reads a file, and makes sure that every line of it can be used.
   *
   * @param file The file.
   * @throws {OperationError} `usage`: a line cannot be used, and the message says which and why; or
   * the file cannot be read.
   */
  constructor(file: HandedInFile) {
    this.#file = file;
    for (const { name, dimension } of file.collections) {
      const isAmbiguous = this.#collections.has(name);
      this.#collections.set(name, { isAmbiguous, dimension, lines: new Map() });
    }
    this.#readAll();
  }

  /** The ids for which there are vectors, in the order of the file. */
  idsOf(collection: string): string[] {
    return [...this.#collections.get(collection)?.lines.keys() ?? []];
  }

  /** Whether there is a vector for a record. */
  has(collection: string, id: string): boolean {
    return this.#collections.get(collection)?.lines.has(id) === true;
  }

  /** Floats of a vector of a collection; null when neither the store nor the file has any. */
  dimensionOf(collection: string): number | null {
    return this.#collections.get(collection)?.dimension ?? null;
  }

  /**
   * Reads a vector.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @param target Takes the components.
   * @returns The same array.
   * @throws {OperationError} The file cannot be read any more.
   */
  readVector(collection: string, id: string, target: Float32Array): Float32Array {
    const { embedding } = this.#parse(this.readLine(collection, id));
    if (!Array.isArray(embedding) || embedding.length !== target.length) throw this.#changed();
    for (const [axis, value] of embedding.entries()) target[axis] = Number(value);
    return target;
  }

  /**
   * Reads the line of a record.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @returns Its text.
   * @throws {OperationError} The file cannot be read any more.
   */
  readLine(collection: string, id: string): string {
    const { offset, sizeBytes, number } = this.#placeOf(collection, id);
    using file = this.#file.fs.openForReading(this.#file.path);
    return this.#decode(file.readAt(offset, new Uint8Array(sizeBytes)), number);
  }

  /**
   * Makes sure that what else the line of a record says can be used.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @param use What is done with the text of the line.
   * @throws {OperationError} `usage`: it cannot be used; the message says which line it is.
   */
  checkLine(collection: string, id: string, use: (line: string) => void): void {
    try {
      use(this.readLine(collection, id));
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== "usage") throw error;
      const { number } = this.#placeOf(collection, id);
      // What follows the last colon says what is wrong.
      throw this.#unusable(number, error.message.replace(/^.*: /, ""));
    }
  }

  #readAll(): void {
    const { path, fs } = this.#file;
    using file = fs.openForReading(path);
    for (const { number, offset, bytes } of readFileLines(file, path)) {
      const text = this.#decode(bytes, number);
      if (text.trim() === "") continue;
      this.#take(text, { number, offset, sizeBytes: bytes.byteLength });
    }
  }

  #decode(bytes: Uint8Array, number: number): string {
    try {
      return decoder.decode(bytes);
    } catch {
      throw this.#unusable(number, "it is not UTF-8");
    }
  }

  #take(text: string, place: LinePlace): void {
    const { number } = place;
    const line = this.#parse(text, number);
    if (line.id === null) {
      // What a repair has saved of a record that nobody knows the id of; it has no place to go to.
      this.emptyLines++;
      return;
    }
    if (typeof line.id !== "string" || line.id === "") throw this.#unusable(number, "it has no id");
    if (!line.id.isWellFormed()) throw this.#unusable(number, "its id is no Unicode text");
    const entry = this.#collectionOf(line.collection, number);
    if (line.embedding === null || line.embedding === undefined) {
      this.emptyLines++;
      return;
    }
    entry.dimension = this.#requireVector(line.embedding, entry.dimension, number);
    const known = entry.lines.get(line.id);
    if (known !== undefined) {
      throw this.#unusable(number, `line ${known.number} has the same id already`);
    }
    entry.lines.set(line.id, place);
  }

  #parse(text: string, number: number | null = null): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    } catch {
      // Falls through: what is no JSON is no object.
    }
    throw number === null ? this.#changed() : this.#unusable(number, "it is no JSON object");
  }

  #collectionOf(name: unknown, number: number): CollectionLines {
    if (name === undefined || name === null) {
      const [only, other] = this.#collections.values();
      if (only?.isAmbiguous === false && other === undefined) return only;
      throw this.#unusable(number, "it names no collection, and the store has not just one");
    }
    const entry = typeof name === "string" ? this.#collections.get(name) : undefined;
    if (entry?.isAmbiguous === false) return entry;
    const shown = printable(String(name));
    if (entry !== undefined) {
      throw this.#unusable(number, `the store has more than one collection ${shown}`);
    }
    throw this.#unusable(number, `the store has no collection ${shown}${this.#file.trait ?? ""}`);
  }

  #requireVector(embedding: unknown, dimension: number | null, number: number): number {
    if (!Array.isArray(embedding) || embedding.length === 0) {
      throw this.#unusable(number, "its embedding is no list of numbers");
    }
    const isFinite = embedding.every((value) =>
      typeof value === "number" && Number.isFinite(Math.fround(value))
    );
    if (!isFinite) throw this.#unusable(number, "its embedding has what is no finite number");
    if (dimension !== null && embedding.length !== dimension) {
      throw this.#unusable(
        number,
        `its embedding has ${embedding.length} dimensions, and the collection has ${dimension}`,
      );
    }
    return embedding.length;
  }

  #placeOf(collection: string, id: string): LinePlace {
    const place = this.#collections.get(collection)?.lines.get(id);
    if (place === undefined) throw this.#changed();
    return place;
  }

  #unusable(number: number, reason: string): OperationError {
    const { path } = this.#file;
    return new OperationError("usage", `Line ${number} of ${path} cannot be used: ${reason}`, {
      path,
      hint: "Nothing was changed. Mend the line and try again.",
    });
  }

  #changed(): OperationError {
    const { path } = this.#file;
    return new OperationError("read-failed", `${path} has changed while it was read`, {
      path,
      hint: "Nothing was changed. Leave the file alone and try again.",
    });
  }
}
