/**
 * A store that a real engine wrote, made small: two collections of a golden store are left, one of
 * them with records that only the queue has.
 *
 * @module
 */

import { join } from "@std/path";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { goldenStore } from "../support/fixtures.ts";

/** The collections that are left. */
const KEPT_NAMES = "'dot', 'unflushed'";

/** When everything in it was written: long ago, so that no backup has to wait for it. */
export const TINY_STORE_TIME: Date = new Date("2026-01-01T00:00:00Z");

/** Every statement leaves what belongs to the collections that are kept. */
const REDUCTION = `
  CREATE TEMP TABLE kept AS
    SELECT id, collection FROM segments
    WHERE collection IN (SELECT id FROM collections WHERE name IN (${KEPT_NAMES}));
  DELETE FROM embedding_metadata
    WHERE id NOT IN (SELECT id FROM embeddings WHERE segment_id IN (SELECT id FROM kept));
  DELETE FROM embedding_fulltext_search
    WHERE rowid NOT IN (SELECT id FROM embeddings WHERE segment_id IN (SELECT id FROM kept));
  DELETE FROM embeddings WHERE segment_id NOT IN (SELECT id FROM kept);
  DELETE FROM max_seq_id WHERE segment_id NOT IN (SELECT id FROM kept);
  DELETE FROM embeddings_queue
    WHERE replace(topic, 'persistent://default/default/', '') NOT IN (SELECT collection FROM kept);
  DELETE FROM collection_metadata WHERE collection_id NOT IN (SELECT collection FROM kept);
  DELETE FROM segments WHERE id NOT IN (SELECT id FROM kept);
  DELETE FROM collections WHERE name NOT IN (${KEPT_NAMES});
  DROP TABLE kept;
  INSERT INTO embedding_fulltext_search (embedding_fulltext_search) VALUES ('optimize');
`;

/**
 * Makes such a store.
 *
 * @returns Its directory.
 */
export async function tinyStore(): Promise<string> {
  const store = await goldenStore("chroma-1.5.9");
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute(REDUCTION);
    const kept = new Set(database.rows("SELECT id FROM segments").flat());
    for (const { name, isDirectory } of Deno.readDirSync(store)) {
      if (isDirectory && !kept.has(name)) Deno.removeSync(join(store, name), { recursive: true });
    }
  }
  setBack(store);
  return store;
}

function setBack(path: string): void {
  if (Deno.lstatSync(path).isDirectory) {
    for (const { name } of Deno.readDirSync(path)) setBack(join(path, name));
  }
  Deno.utimeSync(path, TINY_STORE_TIME, TINY_STORE_TIME);
}
