/**
 * Taking rows out of the queue.
 *
 * SQLite numbers a row after the highest number that is there. When the last row goes, the next
 * write gets a number that the segments have passed already, and no engine ever applies it: it is
 * lost without a word. So the last row keeps its number, and becomes an update that changes nothing.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import { QUEUE_OPERATIONS } from "../../records/queue_row.ts";

/** The id of a row that changes nothing, where the row that it was has no id to keep. */
const NO_RECORD_ID = "vecfsck-keeps-this-number";

const TOPIC = /^(persistent:\/\/[^/]+\/[^/]+\/)([0-9a-f-]{36})$/i;

/** The topics of a store whose settings nobody has changed. */
const USUAL_PREFIX = "persistent://default/default/";

/**
 * Deletes rows of the queue.
 *
 * @param database The private copy of the database.
 * @param condition Which rows, in SQL over the columns of `embeddings_queue`.
 * @param parameters The values of the `?` in the condition.
 * @returns How many rows were taken out; one that had to stay as a number counts too.
 * @throws {SqliteError} The queue cannot be read or written.
 */
export function deleteQueueRows(
  database: StoreDatabase,
  condition: string,
  ...parameters: SqlValue[]
): number {
  const last = database.row(
    `SELECT CAST(seq_id AS TEXT), topic, CASE WHEN typeof(id) = 'text' THEN id END, (${condition})
     FROM embeddings_queue WHERE seq_id = (SELECT max(seq_id) FROM embeddings_queue)`,
    ...parameters,
  );
  const [sequence = null, topic, id, isDeleted] = last ?? [];
  const liveTopic = isDeleted === 1 ? findLiveTopic(database, topic) : null;
  if (liveTopic === null) {
    return database.prepare(`DELETE FROM embeddings_queue WHERE ${condition}`)(...parameters);
  }
  const deleted = database.prepare(
    `DELETE FROM embeddings_queue WHERE (${condition}) AND seq_id <> CAST(? AS INTEGER)`,
  )(...parameters, sequence);
  database.prepare(
    `UPDATE embeddings_queue SET operation = ${QUEUE_OPERATIONS.update}, topic = ?, id = ?,
       vector = NULL, encoding = NULL, metadata = NULL, created_at = CURRENT_TIMESTAMP
     WHERE seq_id = CAST(? AS INTEGER)`,
  )(liveTopic, typeof id === "string" && id !== "" ? id : NO_RECORD_ID, sequence);
  return deleted + 1;
}

/**
 * A topic that an engine reads: that of the row's own collection, if it is there. Null in a store
 * without a collection, where no segment has passed any number.
 */
function findLiveTopic(database: StoreDatabase, topic: SqlValue | undefined): string | null {
  const [collection] = database.row(
    "SELECT id FROM collections ORDER BY id <> ?, dimension IS NULL, rowid LIMIT 1",
    TOPIC.exec(String(topic))?.[2] ?? "",
  ) ?? [];
  if (typeof collection !== "string") return null;
  return `${findTopicPrefix(database)}${collection}`;
}

/**
 * Finds what the topics of a store begin with: tenant and namespace, which are settings of the
 * engine and the same for all collections.
 *
 * @param database The database.
 * @returns What most rows of the queue have; without any, what an engine has that nobody has set up.
 * @throws {SqliteError} The queue cannot be read.
 */
export function findTopicPrefix(database: StoreDatabase): string {
  const rows = database.rows(
    `SELECT topic, count(*) FROM embeddings_queue
     WHERE substr(topic, -36) IN (SELECT id FROM collections) GROUP BY topic`,
  );
  const counts = new Map<string, number>();
  for (const [topic, count] of rows) {
    const prefix = TOPIC.exec(String(topic))?.[1];
    if (prefix !== undefined) counts.set(prefix, (counts.get(prefix) ?? 0) + Number(count));
  }
  const [usual] = [...counts].sort(([, left], [, right]) => right - left);
  return usual?.[0] ?? USUAL_PREFIX;
}
