/**
 * What the files of a database tell of a document that stands under a wrong name.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { ContentsHash } from "./contents_hash.ts";
import type { FileWitness } from "./check_misnamed.ts";
import type { GobFile, Layout } from "./layout.ts";
import { readDocument } from "./read_gob_file.ts";
import type { GobDocument } from "./shapes.ts";
import { shorten } from "./shorten.ts";

/** Looks into files of a database, and only where a check asks. */
export class StoreWitness implements FileWitness {
  readonly #layout: Layout;
  #files: ReadonlyMap<string, GobFile> | null = null;

  /**
   * Makes a witness; nothing is read yet.
   *
   * @param layout The directory of the database.
   */
  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Whether a folder has a file. */
  has(folder: string, name: string): boolean {
    return this.#find(`${folder}/${name}`) !== undefined;
  }

  /** The id of the document in a file, shortened; null when it cannot be decoded. */
  idOf(folder: string, name: string): string | null {
    const document = this.#read(`${folder}/${name}`);
    return document === null ? null : shorten(document.ID ?? "");
  }

  /** Whether two files hold the same document. */
  isSame(path: string, other: string): boolean {
    const hash = this.#hashOf(path);
    return hash !== null && hash === this.#hashOf(other);
  }

  #hashOf(path: string): string | null {
    const document = this.#read(path);
    if (document === null) return null;
    const hash = new ContentsHash();
    hash.add(document);
    return hash.contents.hash;
  }

  /** What may not be read tells nothing here; the task that checks the file says so. */
  #read(path: string): GobDocument | null {
    const file = this.#find(path);
    if (file === undefined) return null;
    try {
      const { value, fault } = readDocument(this.#layout.path, file);
      return fault === null ? value : null;
    } catch (error) {
      if (error instanceof OperationError) return null;
      throw error;
    }
  }

  /** Nearly all databases have no such document: the files are put in order when one is asked for. */
  #find(path: string): GobFile | undefined {
    this.#files ??= new Map(
      this.#layout.folders.flatMap(({ files }) => files.map((file) => [file.path, file] as const)),
    );
    return this.#files.get(path);
  }
}
