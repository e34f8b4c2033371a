/**
 * Private copies of a database, in which SQLite has done what it does at the next start.
 *
 * What lies beside a database need not belong to it. A write-ahead log beside one that does not use
 * any comes from another file; and in a copy of a store that was made while an engine wrote, the
 * journal may be of another instant than the pages. So there can be more than one copy to look at.
 *
 * @module
 */

import { join } from "@std/path";
import { ScratchDirectory } from "../../../../fs/scratch.ts";
import { type DatabaseFileFacts, DatabaseFiles } from "../../../../sqlite/database_files.ts";
import { copyDatabase, type LeftBehind, settleCopy } from "../../../../sqlite/private_copy.ts";
import { CATALOGUE_NAME } from "../../layout.ts";

/** A private copy of a database. */
export interface SettledSource {
  /** The copy: a file with nothing beside it that SQLite would use. */
  readonly path: string;
  /** What the files of the original say. */
  readonly facts: DatabaseFileFacts;
  /** What of it was left out, or null: for people, a clause that follows "without". */
  readonly without: string | null;
}

/** The private copies of a database, which are removed when this is disposed of. */
export class SettledSources implements Disposable {
  readonly #path: string;
  readonly #scratch: ScratchDirectory;
  #copies = 0;

  /**
   * Takes the database of a store.
   *
   * @param store The store's directory.
   * @param scratch The directory for private copies.
   * @throws {OperationError} There is no room for a directory.
   */
  constructor(store: string, scratch: string) {
    this.#path = join(store, CATALOGUE_NAME);
    this.#scratch = ScratchDirectory.within(scratch, "settled-databases");
  }

  /**
   * Makes the copies that are worth a look, one when it is asked for.
   *
   * @yields The copies, the one that is most likely right first.
   * @throws {OperationError} A file cannot be read or copied, or another process writes.
   */
  *list(): Generator<SettledSource, void, undefined> {
    const { header, journal, log } = DatabaseFiles.resolve(this.#path).readFacts();
    const isForeign = log.state === "pending" && header?.readVersion !== 2;
    if (isForeign) yield this.#copy({ log: true }, "the write-ahead log, which is another file's");
    yield this.#copy({}, null);
    if (journal.state === "hot") {
      yield this.#copy({ journal: true, log: isForeign }, "rolling the journal back");
    }
  }

  /** Removes the copies. */
  [Symbol.dispose](): void {
    this.#scratch.remove();
  }

  #copy(leftBehind: LeftBehind, without: string | null): SettledSource {
    const scratch = ScratchDirectory.within(this.#scratch.path, String(this.#copies++));
    const { facts, path } = copyDatabase(DatabaseFiles.resolve(this.#path), scratch, leftBehind);
    settleCopy(path);
    return { path, facts, without };
  }
}
