/**
 * Stores that are large enough to be worth threads.
 *
 * @module
 */

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { goldenStore } from "../support/fixtures.ts";

/** More nodes than one thread of the index builder is given. */
const MORE_RECORDS = 2_400;
const DIMENSION = 32;

/** A store, one of whose indexes is broken and takes more than one thread to build again. */
export async function brokenLargeIndex(): Promise<string> {
  const store = await goldenStore("chroma-1.5.9");
  const index = addRecords(store, "notes");
  await Deno.truncate(join(store, index, "header.bin"), 10);
  return store;
}

/** A sound store whose database is large enough to be checked in a thread of its own. */
export async function largeDatabase(): Promise<string> {
  const store = await goldenStore("chroma-1.5.9");
  using database = new DatabaseSync(join(store, "chroma.sqlite3"));
  database.exec(
    "CREATE TABLE padding (bytes BLOB); INSERT INTO padding VALUES (zeroblob(40000000))",
  );
  return store;
}

/** Adds records as the engine does: in the queue and in the metadata, and not yet in the index. */
function addRecords(store: string, collection: string): string {
  using database = new DatabaseSync(join(store, "chroma.sqlite3"));
  const segment = database.prepare(
    "SELECT s.id, s.collection FROM segments s JOIN collections c ON c.id = s.collection " +
      "WHERE c.name = ? AND s.scope = ?",
  );
  const vectors = segment.get(collection, "VECTOR");
  const metadata = segment.get(collection, "METADATA");
  const { last } = database.prepare("SELECT max(seq_id) AS last FROM embeddings_queue").get() ??
    {};
  const queue = database.prepare(
    "INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding) " +
      "VALUES (?, 0, ?, ?, ?, 'FLOAT32')",
  );
  const records = database.prepare(
    "INSERT INTO embeddings (segment_id, embedding_id, seq_id) VALUES (?, ?, ?)",
  );
  const topic = `persistent://default/default/${metadata?.collection}`;
  database.exec("BEGIN");
  for (let at = 1; at <= MORE_RECORDS; at++) {
    const vector = Float32Array.from(
      { length: DIMENSION },
      (_, axis) => Math.sin(at * (axis + 1)),
    );
    const sequence = Number(last) + at;
    queue.run(sequence, topic, `more-${at}`, new Uint8Array(vector.buffer));
    records.run(metadata?.id ?? null, `more-${at}`, sequence);
  }
  database.prepare("UPDATE max_seq_id SET seq_id = ? WHERE segment_id = ?")
    .run(Number(last) + MORE_RECORDS, metadata?.id ?? null);
  database.exec("COMMIT");
  return String(vectors?.id);
}
