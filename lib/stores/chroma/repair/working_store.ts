/**
 * The store as a repair is going to leave it: a directory in which the database is a private copy
 * that may be written, and everything else a link to what stands in the store.
 *
 * So each stage of a repair reads what the stage before it has left, by the same readers as a check,
 * and the store itself is not touched. While nothing has been changed there is no copy, and the
 * store is its own working store.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../base/errors.ts";
import { printable } from "../../../base/printable.ts";
import { makeStoreView, showEntry } from "../../../fs/store_view.ts";
import { removeTree } from "../../../fs/tree.ts";
import type { WriteFs } from "../../../fs/write_fs.ts";
import { StoreDatabase } from "../../../sqlite/database.ts";
import { DatabaseFiles } from "../../../sqlite/database_files.ts";
import { holdDatabase } from "../../../sqlite/online_backup.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type { RebuildReport } from "../rebuild/rebuild_database.ts";
import { statOrNull } from "../../directory.ts";
import { CATALOGUE_NAME, COMPANION_SUFFIXES } from "../layout.ts";

/** The name of the directory in the scratch directory. */
const VIEW_NAME = "working-store";

/** The format version in a header that stands for the WAL mode. */
const WAL_VERSION = 2;

/** Tables whose damage can take away records, or what they hold. */
const RECORD_TABLES = ["embeddings", "embedding_metadata", "embeddings_queue"] as const;

/** The working store of a repair. */
export class WorkingStore implements Disposable {
  readonly #store: DetectedStore;
  readonly #fs: WriteFs;
  readonly #view: string;
  #database: StoreDatabase | null = null;
  #hasView = false;
  #isSizeClaimed = false;
  /** What became of the rows, where the database was made anew of what was left; else null. */
  rebuild: RebuildReport | null = null;

  /**
   * Takes a store; nothing is read or made yet.
   *
   * @param store The store.
   * @param scratch The directory for private copies.
   * @param fs The file system.
   */
  constructor(store: DetectedStore, scratch: string, fs: WriteFs) {
    this.#store = store;
    this.#fs = fs;
    this.#view = join(scratch, VIEW_NAME);
  }

  /** The directory to be read as the store: the store's own as long as nothing has changed. */
  get path(): string {
    return this.#hasView ? this.#view : this.#store.path;
  }

  /** Whether the database is a private copy, so that the repaired store gets another one. */
  get hasOwnDatabase(): boolean {
    return this.#hasView;
  }

  /**
   * Whether rows of records were lost that the database no longer tells of: it was made anew of what
   * was left. An id that only an index has is then no ghost.
   */
  get hasLostRows(): boolean {
    return RECORD_TABLES.some((table) => this.rebuild?.incomplete.has(table) === true);
  }

  /**
   * Tells how large the database is that the repaired store gets, to the first step that changes it:
   * however many do, it is written once.
   *
   * @returns Its length in bytes, and 0 from the second time on.
   */
  claimDatabaseSize(): number {
    if (this.#isSizeClaimed) return 0;
    this.#isSizeClaimed = true;
    // A link is looked through: chroma.sqlite3 can be one.
    return statOrNull(join(this.path, CATALOGUE_NAME))?.size ?? 0;
  }

  /** Where the private copy of the database is, or goes. */
  get databasePath(): string {
    return join(this.#view, CATALOGUE_NAME);
  }

  /**
   * Opens the private copy of the database for writing; it is made where there is none.
   *
   * @returns The connection, which belongs to the working store. A reader of its own has to wait
   * until {@linkcode WorkingStore.settle}.
   * @throws {OperationError} The database cannot be copied: it is damaged, in use, or there is no
   * room. Or it has a trigger.
   */
  async openDatabase(): Promise<StoreDatabase> {
    if (!this.#hasView) await this.#copyDatabase();
    if (this.#database === null) {
      this.#database = StoreDatabase.open(this.databasePath, { writable: true });
      this.#requireNoTrigger(this.#database);
      // The copy is worth nothing before it is whole, and is synced then.
      this.#database.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    }
    return this.#database;
  }

  /**
   * Takes a database that was made by other means for the private copy; it replaces one that is
   * there.
   *
   * @param path The new database, in the scratch directory; it is moved.
   */
  adoptDatabase(path: string): void {
    this.settle();
    this.#makeView();
    if (this.#fs.look(this.databasePath) !== null) this.#fs.removeFile(this.databasePath);
    this.#fs.rename(path, this.databasePath);
  }

  /**
   * Shows an entry in the place of one of the store, or one that the store does not have.
   *
   * @param name The name in the store, not that of the database.
   * @param path The entry, which stays where it is; null where the store is going to have none.
   */
  showEntry(name: string, path: string | null): void {
    this.#makeView();
    const place = join(this.#view, name);
    if (this.#fs.look(place) !== null) removeTree(this.#fs, place);
    if (path !== null) showEntry(this.#fs, this.#fs.resolve(path), place);
  }

  /** Closes the connection, so that every reader sees what was written. */
  settle(): void {
    this.#database?.close();
    this.#database = null;
  }

  /**
   * Gives the private copy its journal mode, and puts it where it is going to stay.
   *
   * @param directory The directory for the entries that come, on the same file system; the working
   * store ends with it.
   * @param usesLog Whether it gets the WAL mode; that of the original when left out.
   * @returns What stands beside the database in the store, and leaves with it.
   */
  stageDatabase(directory: string, usesLog: boolean = this.#usesLog()): string[] {
    this.settle();
    if (usesLog) {
      using database = StoreDatabase.open(this.databasePath, { writable: true });
      database.rows("PRAGMA journal_mode = WAL");
    }
    const path = join(directory, CATALOGUE_NAME);
    this.#fs.rename(this.databasePath, path);
    this.#fs.syncFile(path);
    return COMPANION_SUFFIXES.map((suffix) => CATALOGUE_NAME + suffix)
      .filter((name) => this.#fs.look(join(this.#store.path, name)) !== null);
  }

  /** Closes the connection; the files are removed with the scratch directory. */
  [Symbol.dispose](): void {
    this.settle();
  }

  /** A trigger would run with each of our own writes; SQLite is told to refuse those. */
  #requireNoTrigger(database: StoreDatabase): void {
    const name = database.row("SELECT name FROM sqlite_schema WHERE type = 'trigger'")?.[0];
    if (name === undefined) return;
    throw new OperationError(
      "unsupported",
      `${CATALOGUE_NAME} has a trigger, ${printable(String(name), 100)}, which runs at every write`,
      {
        path: join(this.#store.path, CATALOGUE_NAME),
        hint: "Nothing was changed. `vecfsck repair STORE` takes it out: leave --only out.",
      },
    );
  }

  #usesLog(): boolean {
    const path = join(this.#store.path, CATALOGUE_NAME);
    if (statOrNull(path) === null) return false;
    const { header } = DatabaseFiles.resolve(path).readFacts();
    return header !== null && header.hasMagic && header.writeVersion === WAL_VERSION;
  }

  async #copyDatabase(): Promise<void> {
    using held = holdDatabase(join(this.#store.path, CATALOGUE_NAME));
    if (held === null) {
      throw new OperationError(
        "read-failed",
        "chroma.sqlite3 cannot be copied: SQLite refuses it",
        {
          path: join(this.#store.path, CATALOGUE_NAME),
          hint: "Nothing was changed. Repair the database as well: leave --only out.",
        },
      );
    }
    this.#makeView();
    await held.copyTo(this.databasePath);
  }

  #makeView(): void {
    if (this.#hasView) return;
    const own = [CATALOGUE_NAME, ...COMPANION_SUFFIXES.map((suffix) => CATALOGUE_NAME + suffix)];
    const names = this.#fs.list(this.#store.path).filter((name) => !own.includes(name));
    makeStoreView(this.#fs, this.#view, [{ directory: this.#store.path, names }]);
    this.#hasView = true;
  }
}
