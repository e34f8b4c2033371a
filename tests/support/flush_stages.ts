/**
 * Stores that differ in nothing but where their writes are: in the queue or in the index.
 *
 * @module
 */

import { join } from "@std/path";
import { unpackTarGz } from "../../scripts/fixture_archive.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { copyTree, REPOSITORY, scratchDirectory } from "./fixtures.ts";

/** The engines that wrote them. */
export const FLUSH_ENGINES = ["0.5.23", "1.5.9"] as const;

/** One of those engines. */
export type FlushEngine = typeof FLUSH_ENGINES[number];

/** The stages: see tests/fixtures/README.md. */
export type FlushStage = "start" | "waiting" | "flushed" | "again";

/** Unpacks the stages of an engine and gives the directory of each. */
export async function flushStages(engine: FlushEngine): Promise<Record<FlushStage, string>> {
  const target = await scratchDirectory();
  await unpackTarGz(
    join(REPOSITORY, "tests", "fixtures", "flushed", `chroma-${engine}.tar.gz`),
    target,
  );
  return {
    start: join(target, "start"),
    waiting: join(target, "waiting"),
    flushed: join(target, "flushed"),
    again: join(target, "again"),
  };
}

/**
 * Makes a store as a crash leaves it between the write into the queue and everything else: `start`
 * with the rows of the queue that `waiting` has besides.
 */
export async function unappliedStore(stages: Record<FlushStage, string>): Promise<string> {
  const path = join(await scratchDirectory(), "unapplied");
  await copyTree(stages.start, path);
  using waiting = StoreDatabase.open(join(stages.waiting, "chroma.sqlite3"));
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"), { writable: true });
  const columns = "seq_id, created_at, operation, topic, id, vector, encoding, metadata";
  const last = database.number("SELECT max(seq_id) FROM embeddings_queue") ?? 0;
  const rows = waiting.rows(`SELECT ${columns} FROM embeddings_queue WHERE seq_id > ?`, last);
  database.execute("BEGIN");
  for (const row of rows) {
    database.rows(
      `INSERT INTO embeddings_queue (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...row,
    );
  }
  database.execute("COMMIT");
  return path;
}
