/**
 * Vectors that were handed in: a file of JSON lines, each of them one record.
 *
 * | field        | what it is                                                                      |
 * | ------------ | ------------------------------------------------------------------------------- |
 * | `id`         | the record; a line with null, where a repair could not tell it, is passed over  |
 * | `collection` | the name of its collection; may be left out where the store has only one        |
 * | `embedding`  | the vector as it was made; null, or nothing, for one that is not made so far    |
 * | `document`   | its document; counts only for a record that the store does not have             |
 * | `metadata`   | its metadata; the same                                                          |
 *
 * It is what `missing.jsonl` has, with `embedding` filled in. The whole file is looked at before
 * anything is done; afterwards a line is read again when its vector is needed. Memory: the ids, and
 * where their lines stand.
 *
 * @module
 */

import { OperationError } from "../../../../base/errors.ts";
import { printable } from "../../../../base/printable.ts";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import type {
  OutsideVector,
  OutsideVectors,
  WantedRecord,
} from "../../salvage/supplemented_salvage.ts";
import { type LineText, parseLineText } from "../records/queue_metadata.ts";
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

/** The vectors of a file that was handed in. */
export class HandedInVectors {
  readonly #path: string;
  readonly #fs: Pick<WriteFs, "openForReading">;
  readonly #collections = new Map<string, CollectionLines>();
  /** How many lines have no vector so far. */
  emptyLines = 0;

  private constructor(path: string, fs: Pick<WriteFs, "openForReading">) {
    this.#path = path;
    this.#fs = fs;
  }

  /**
   * Reads a file, and makes sure that every line of it can be used.
   *
   * @param path The file.
   * @param collections The collections of the store.
   * @param fs The file system.
   * @returns What it has.
   * @throws {OperationError} `usage`: a line cannot be used, and the message says which and why; or
   * the file cannot be read.
   */
  static read(
    path: string,
    collections: readonly NamedCollection[],
    fs: Pick<WriteFs, "openForReading">,
  ): HandedInVectors {
    const handedIn = new HandedInVectors(path, fs);
    for (const { name, dimension } of collections) {
      const isAmbiguous = handedIn.#collections.has(name);
      handedIn.#collections.set(name, { isAmbiguous, dimension, lines: new Map() });
    }
    handedIn.#readAll();
    return handedIn;
  }

  /** The ids for which there are vectors, in the order of the file. */
  idsOf(collection: string): string[] {
    return [...this.#collections.get(collection)?.lines.keys() ?? []];
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
    const { embedding } = this.#parse(this.#readLine(collection, id));
    if (!Array.isArray(embedding) || embedding.length !== target.length) throw this.#changed();
    for (const [axis, value] of embedding.entries()) target[axis] = Number(value);
    return target;
  }

  /**
   * Reads the document and the metadata of a record.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @returns What the line says.
   * @throws {OperationError} `usage`: it says something that no engine stores.
   */
  readText(collection: string, id: string): LineText {
    return parseLineText(this.#readLine(collection, id));
  }

  /**
   * Makes sure that the document and the metadata of a record can be used.
   *
   * @param collection The collection.
   * @param id The record, which has a line.
   * @param use What is done with them.
   * @throws {OperationError} `usage`: they cannot be used; the message says which line it is.
   */
  checkText(collection: string, id: string, use: (text: LineText) => void): void {
    try {
      use(this.readText(collection, id));
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== "usage") throw error;
      const { number } = this.#placeOf(collection, id);
      // What follows the last colon says what is wrong.
      throw this.#unusable(number, error.message.replace(/^.*: /, ""));
    }
  }

  /** The vectors of a collection, as salvage takes them. */
  placesOf(collection: string): OutsideVectors {
    return {
      find: (wanted) => this.#find(collection, wanted),
      [Symbol.dispose]: () => {},
    };
  }

  #find(
    collection: string,
    wanted: ReadonlyMap<string, WantedRecord>,
  ): ReadonlyMap<string, OutsideVector> {
    const found = new Map<string, OutsideVector>();
    for (const id of this.#collections.get(collection)?.lines.keys() ?? []) {
      if (!wanted.has(id)) continue;
      found.set(id, {
        source: "handed-in",
        isLengthLost: false,
        isPerhapsOutdated: false,
        readVector: (target) => this.readVector(collection, id, target),
        readStored: (target) => {
          this.readVector(collection, id, target);
          return NaN;
        },
      });
    }
    return found;
  }

  #readAll(): void {
    using file = this.#fs.openForReading(this.#path);
    for (const { number, offset, bytes } of readFileLines(file, this.#path)) {
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
    throw this.#unusable(number, `the store has no collection ${shown} with an index`);
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

  #readLine(collection: string, id: string): string {
    const { offset, sizeBytes, number } = this.#placeOf(collection, id);
    using file = this.#fs.openForReading(this.#path);
    return this.#decode(file.readAt(offset, new Uint8Array(sizeBytes)), number);
  }

  #unusable(number: number, reason: string): OperationError {
    return new OperationError(
      "usage",
      `Line ${number} of ${this.#path} cannot be used: ${reason}`,
      {
        path: this.#path,
        hint: "Nothing was changed. Mend the line and try again.",
      },
    );
  }

  #changed(): OperationError {
    return new OperationError("read-failed", `${this.#path} has changed while it was read`, {
      path: this.#path,
      hint: "Nothing was changed. Leave the file alone and try again.",
    });
  }
}
