/**
 * How many dimensions the embeddings of a collection have.
 *
 * @module
 */

import { majorityDimension } from "../embedding_tally.ts";
import type { WorkingDatabase, WorkingFolder } from "./working_database.ts";
import { listDocuments, loadDocument } from "./working_documents.ts";

/**
 * Tells how many dimensions most embeddings of a collection have.
 *
 * @param database The database.
 * @param folder Its folder.
 * @returns The number, or null where there is no embedding.
 * @throws {OperationError} A file cannot be read.
 */
export function readDimension(database: WorkingDatabase, folder: WorkingFolder): number | null {
  const byDimension = new Map<number, string[]>();
  for (const [name, file] of listDocuments(database, folder)) {
    if (file.origin?.isSpecial === true) continue;
    const { ID: id = "", Embedding: embedding } = loadDocument(database, file);
    if (id === "" || embedding === undefined || embedding.length === 0) continue;
    const labels = byDimension.get(embedding.length);
    if (labels === undefined) byDimension.set(embedding.length, [name]);
    else labels.push(name);
  }
  const dimensions = Array.from(byDimension, ([dimension, labels]) => ({ dimension, labels }));
  return majorityDimension({ dimensions, unnormalised: null }, null);
}

/** Tells the dimensions of collections, each of which is read at most once. */
export class DimensionReader {
  readonly #database: WorkingDatabase;
  readonly #known = new Map<WorkingFolder, number | null>();

  /**
   * Takes a database.
   *
   * @param database The database.
   */
  constructor(database: WorkingDatabase) {
    this.#database = database;
  }

  /**
   * Tells how many dimensions most embeddings of a collection have.
   *
   * @param folder Its folder.
   * @returns The number, or null where there is no embedding.
   * @throws {OperationError} A file cannot be read.
   */
  of(folder: WorkingFolder): number | null {
    const known = this.#known.get(folder);
    if (known !== undefined) return known;
    const dimension = readDimension(this.#database, folder);
    this.#known.set(folder, dimension);
    return dimension;
  }
}
