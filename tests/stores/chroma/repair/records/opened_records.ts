/**
 * A golden store with its database open for the cures of this stage, and what they write down.
 *
 * @module
 */

import { join } from "@std/path";
import { localFs } from "../../../../../lib/fs/platform.ts";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import {
  openRecordStore,
  type RecordCollection,
  type RecordStore,
} from "../../../../../lib/stores/chroma/repair/records/record_store.ts";
import type { TakeOutPlace } from "../../../../../lib/stores/chroma/repair/records/take_out_records.ts";
import { SavedFiles } from "../../../../../lib/stores/saved_files.ts";
import { WorkingStore } from "../../../../../lib/stores/chroma/repair/working_store.ts";
import { requireStore } from "../../../../../lib/stores/registry.ts";
import { scratchDirectory } from "../../../../support/fixtures.ts";
import { repairRequest } from "../repair_request.ts";

/** The golden stores of every form that records have. */
export const RECORD_GOLDENS = [
  "chroma-1.5.9",
  "chroma-0.5.23",
  "chroma-0.4.24",
  "chroma-0.5.23-then-1.5.9",
] as const;

/** A store whose records can be worked on. */
export class OpenedRecords implements Disposable {
  /** The lines that were written down, by the name of the file. */
  readonly lines: Record<string, Record<string, unknown>[]> = {};
  readonly store: RecordStore;
  readonly #working: WorkingStore;

  private constructor(working: WorkingStore, store: RecordStore) {
    this.#working = working;
    this.store = store;
  }

  /** Opens a store, which is not changed. */
  static async open(path: string): Promise<OpenedRecords> {
    const [scratch, saved] = [await scratchDirectory(), await scratchDirectory()];
    const detected = requireStore(path);
    const working = new WorkingStore(detected, scratch, localFs);
    const store = await openRecordStore({
      store: detected,
      working,
      findings: [],
      allFindings: [],
      request: repairRequest(),
      saved: new SavedFiles(saved, localFs),
    });
    return new OpenedRecords(working, store);
  }

  /** The database. */
  get database(): StoreDatabase {
    return this.store.database;
  }

  /** Takes lines, as they would stand in a file. */
  get saved(): Pick<SavedFiles, "add"> {
    return {
      add: (name, value) => {
        (this.lines[name] ??= []).push(JSON.parse(JSON.stringify(value)));
      },
    };
  }

  /** A collection by its name. */
  collection(name: string): RecordCollection {
    const found = this.store.collections.find((collection) => collection.name === name);
    if (found === undefined) throw new Error(`There is no collection ${name}`);
    return found;
  }

  /** Where the records of a collection stand. */
  place(name: string): TakeOutPlace {
    const { place, subject: { dimension } } = this.collection(name);
    return { collection: name, records: place, dimension, engine: this.store.engine };
  }

  /** `embeddings.id` of a record. */
  rowOf(id: string): number {
    return this.database.number("SELECT id FROM embeddings WHERE embedding_id = ?", id) ?? -1;
  }

  /** The document of a record; null without one. */
  documentOf(id: string): unknown {
    return this.database.row(
      "SELECT string_value FROM embedding_metadata WHERE id = ? AND key = 'chroma:document'",
      this.rowOf(id),
    )?.[0] ?? null;
  }

  [Symbol.dispose](): void {
    this.#working[Symbol.dispose]();
  }
}

/** Changes the database of a store in a test. */
export function changeDatabase(store: string, ...statements: string[]): void {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), {
    writable: true,
    tolerant: true,
  });
  for (const statement of statements) database.execute(statement);
}

/** The rows of `embeddings`: number, segment, id. */
export function listRows(database: StoreDatabase): string[] {
  return database.rows("SELECT id, segment_id, embedding_id FROM embeddings ORDER BY id")
    .map((row) => row.join(" "));
}
