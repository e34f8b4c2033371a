/**
 * Stores and guarded writes for the tests of this folder.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { dirname } from "@std/path";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { TransactionError } from "../../../lib/writing/transaction/transaction_error.ts";
import type {
  TransactionAction,
  TransactionOptions,
} from "../../../lib/writing/transaction/transaction_options.ts";
import { guardTransaction } from "../../../lib/writing/transaction/with_transaction_guard.ts";
import { aheadClock } from "../../backup/backup_cases.ts";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";

/** How a guarded write is carried out where nothing else counts. */
export const BY_FILES: TransactionOptions = { rollback: "files", now: aheadClock };

/** Guards a write that must not be accepted, and gives its error. */
export async function refusedWrite(
  store: string,
  action: TransactionAction<unknown>,
  options: TransactionOptions = {},
): Promise<TransactionError> {
  return await assertRejects(
    () => guardTransaction(store, action, { ...BY_FILES, ...options }),
    TransactionError,
  );
}

/** What the collections of a store hold, as one text. */
export async function contentsOf(store: string): Promise<string> {
  const contents = await readStoreContents(store);
  return JSON.stringify(contents.map(({ id, name, records, hash }) => [id, name, records, hash]));
}

/** Every file of a store by its digest, as one text. */
export function namesBeside(store: string): string[] {
  return localFs.list(dirname(store));
}

/** Runs a statement on the database of a store, as an engine writes. */
export function write(path: string, sql: string): void {
  using database = StoreDatabase.open(`${path}/chroma.sqlite3`, { writable: true });
  database.execute(sql);
}

/** Gives every document another text, and leaves the store whole. */
export const CHANGE_DOCUMENTS =
  "UPDATE embedding_metadata SET string_value = string_value || ' changed' WHERE key = 'kind'";

/** Takes the records of one index away, which is damage. */
export const LOSE_RECORDS = "DELETE FROM embeddings_queue; DELETE FROM embeddings WHERE id % 2 = 0";
