/**
 * Where a repair works: a directory in the work directory of the store, on the same file system,
 * under a temporary name, so that the next run removes it when this one is killed.
 *
 * | name     | what it is                                                   |
 * | -------- | ------------------------------------------------------------ |
 * | `copies` | private copies, on which the repair is planned               |
 * | `staged` | the entries that come into the store                         |
 * | `view`   | the store as it will be: links to these and to what stays    |
 * | `kept`   | what leaves the store, before it gets its lasting name       |
 *
 * @module
 */

import { join } from "@std/path";
import { temporaryPathBeside } from "../fs/names.ts";
import { removeTree } from "../fs/tree.ts";
import { openWorkDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import { isUnsettled } from "../quarantine/exchange.ts";

const PRIVATE_DIRECTORY_MODE = 0o700;

/** The directory of one repair. */
export class RepairArea implements Disposable {
  /** The work directory of the store. */
  readonly workDirectory: string;
  /** The directory. */
  readonly path: string;
  readonly #store: string;
  readonly #fs: WriteFs;

  private constructor(fs: WriteFs, store: string, workDirectory: string) {
    this.#fs = fs;
    this.#store = store;
    this.workDirectory = workDirectory;
    this.path = temporaryPathBeside(fs, join(workDirectory, "repair"), "new");
  }

  /**
   * Makes the directory. The caller holds the store's lock.
   *
   * @param fs The file system.
   * @param store The store's directory.
   * @returns The directory; the caller removes it.
   * @throws {OperationError} It cannot be made; nothing is left of it.
   */
  static create(fs: WriteFs, store: string): RepairArea {
    const area = new RepairArea(fs, store, openWorkDirectory(fs, store));
    try {
      fs.makeDirectory(area.path, PRIVATE_DIRECTORY_MODE);
      for (const path of [area.copies, area.staged]) {
        fs.makeDirectory(path, PRIVATE_DIRECTORY_MODE);
      }
      return area;
    } catch (error) {
      area.remove();
      throw toWriteError(error, area.path);
    }
  }

  /** An empty directory for private copies. */
  get copies(): string {
    return join(this.path, "copies");
  }

  /** An empty directory for the entries that come. */
  get staged(): string {
    return join(this.path, "staged");
  }

  /** Where the view goes; it is not there yet. */
  get view(): string {
    return join(this.path, "view");
  }

  /** Where files are gathered that are kept; it is not there yet. */
  get kept(): string {
    return join(this.path, "kept");
  }

  /** Removes everything, unless an exchange was begun and is neither done nor undone. */
  remove(): void {
    try {
      // The next run goes by the journal, and needs what was staged.
      if (!isUnsettled(this.#fs, this.#store, this.path)) removeTree(this.#fs, this.path);
    } catch {
      // Its name says what it is, and the next run removes it.
    }
    removeIfEmpty(this.#fs, this.workDirectory);
  }

  /** Removes everything at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.remove();
  }
}
