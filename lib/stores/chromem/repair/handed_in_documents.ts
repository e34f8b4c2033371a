/**
 * Documents that were handed in with `--vectors`. A line brings back a document that would leave the
 * database, or one that it does not have; its text and metadata count where the database has none.
 *
 * @module
 */

import { OperationError } from "../../../base/errors.ts";
import { HandedInLines } from "../../handed_in_lines.ts";
import type { GobDocument } from "../shapes.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import { readDimension } from "./dimensions.ts";
import { toUnitVector } from "./gob_files.ts";
import type { SalvagedDocument } from "./salvage_document.ts";
import type { WorkingFolder } from "./working_database.ts";

/** What a line says besides the vector. */
interface LineText {
  readonly document: string | null;
  readonly metadata: ReadonlyMap<string, string> | null;
}

/** The documents of a file that was handed in. */
export class HandedInDocuments {
  readonly #lines: HandedInLines;
  readonly #used = new Set<string>();

  private constructor(lines: HandedInLines) {
    this.#lines = lines;
  }

  /**
   * Reads the file, if there is one.
   *
   * @param repair What was asked for; the names of collections are those after the repair.
   * @returns The documents, or null where no file was handed in.
   * @throws {OperationError} `usage`: a line cannot be used, and the message says which and why.
   */
  static read({ request, database }: ChromemRepair): HandedInDocuments | null {
    const { vectorsPath, fs } = request;
    if (vectorsPath === null) return null;
    const folders = database.folders
      .filter(({ collection, fate }) => collection !== null && fate === "stays");
    const named = folders.map((folder) => ({ name: folder.label, dimension: null }));
    const first = new HandedInLines({ path: vectorsPath, collections: named, fs });
    const used = folders.filter(({ label }) => first.idsOf(label).length > 0);
    if (used.length === 0) return new HandedInDocuments(first);
    // Only of these the dimension has to be known: it takes reading all of their documents.
    const dimensions = new Map(
      used.map((folder) => [folder.label, readDimension(database, folder)]),
    );
    const collections = named.map(({ name }) => ({
      name,
      dimension: dimensions.get(name) ?? null,
    }));
    const handedIn = new HandedInDocuments(
      new HandedInLines({ path: vectorsPath, collections, fs }),
    );
    for (const { label } of used) handedIn.#checkAll(label);
    return handedIn;
  }

  /** How many lines have no vector so far. */
  get emptyLines(): number {
    return this.#lines.emptyLines;
  }

  /**
   * Lists the documents that no step has used.
   *
   * @param folder The folder of the collection.
   * @returns Their ids.
   */
  listUnused({ label }: WorkingFolder): string[] {
    return this.#lines.idsOf(label).filter((id) => !this.#used.has(keyOf(label, id)));
  }

  /**
   * Makes a document whole with its line.
   *
   * @param folder The folder of the collection.
   * @param id The id of the document.
   * @param left What the database still has of it.
   * @returns What reads the whole document; null where there is no line, or neither has the text.
   */
  complete(
    folder: WorkingFolder,
    id: string | null,
    left: SalvagedDocument | null,
  ): (() => GobDocument) | null {
    const { label } = folder;
    if (id === null || !this.#lines.has(label, id)) return null;
    const { document, metadata } = this.#readText(label, id);
    const isTold = left === null || document !== null ||
      (left.content !== null && left.metadata !== null);
    if (!isTold) return null;
    this.#used.add(keyOf(label, id));
    return () => ({
      ID: id,
      Metadata: left?.metadata ?? metadata ?? new Map(),
      Embedding: this.#readVector(label, id),
      Content: left?.content ?? document ?? "",
    });
  }

  #readVector(collection: string, id: string): Float32Array<ArrayBuffer> {
    const target = new Float32Array(this.#lines.dimensionOf(collection) ?? 0);
    this.#lines.readVector(collection, id, target);
    const unit = toUnitVector(target);
    return unit === null ? target : Float32Array.from(unit);
  }

  #checkAll(collection: string): void {
    for (const id of this.#lines.idsOf(collection)) {
      this.#lines.checkLine(collection, id, (line) => {
        parseText(line);
        const target = new Float32Array(this.#lines.dimensionOf(collection) ?? 0);
        if (toUnitVector(this.#lines.readVector(collection, id, target)) !== null) return;
        throw createLineError("all numbers of its embedding are 0");
      });
    }
  }

  #readText(collection: string, id: string): LineText {
    return parseText(this.#lines.readLine(collection, id));
  }
}

function keyOf(collection: string, id: string): string {
  return JSON.stringify([collection, id]);
}

function parseText(line: string): LineText {
  const { document = null, metadata = null }: { document?: unknown; metadata?: unknown } = JSON
    .parse(line);
  if (document !== null && typeof document !== "string") {
    throw createLineError("its document is no text");
  }
  if (metadata === null) return { document, metadata: null };
  if (typeof metadata !== "object" || Array.isArray(metadata)) {
    throw createLineError("its metadata is no object");
  }
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw createLineError(`the value of ${key} is no text, and chromem-go has no others`);
    }
    values.set(key, value);
  }
  return { document, metadata: values };
}

function createLineError(reason: string): OperationError {
  return new OperationError("usage", `A document that was handed in cannot be used: ${reason}`, {
    hint: "Nothing was changed. Leave everything but `embedding` as vecfsck wrote it.",
  });
}
