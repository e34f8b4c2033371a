/**
 * The vectors of one collection that stand in the write-ahead queue and not in the index.
 *
 * @module
 */

import type { SampledVector } from "../../../model/portrait.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import { decodeLabel, nameExpression, tolerateDamage } from "../catalogue/stored_values.ts";
import { hasNonFinite } from "../records/queue_row.ts";
import { LARGEST_DIMENSION } from "../../../hnsw/geometry.ts";

/**
 * Lists the rows of the queue that bring a vector which the index has not taken in.
 *
 * @param database The open chroma.sqlite3.
 * @param collectionId The collection.
 * @param after The last write that the index has taken in.
 * @returns Their sequence numbers, ascending.
 * @throws {SqliteError} The queue cannot be read.
 */
export function listWaitingVectors(
  database: StoreDatabase,
  collectionId: string,
  after: number,
): number[] {
  return database.rows(
    `SELECT seq_id FROM embeddings_queue
     WHERE seq_id > ? AND substr(topic, -36) = ? AND typeof(vector) = 'blob' ORDER BY seq_id`,
    after,
    collectionId,
  ).map(([sequence]) => Number(sequence));
}

/**
 * Reads a vector of the queue.
 *
 * @param database The open chroma.sqlite3.
 * @param sequence The row.
 * @param dimension Floats of a vector; those of the row itself where that is not known.
 * @returns The vector; null where it cannot be read.
 * @throws {OperationError} The store is in use, or the machine failed to read it.
 */
export function readWaitingVector(
  database: StoreDatabase,
  sequence: number,
  dimension: number | null,
): SampledVector | null {
  const row = tolerateDamage(() =>
    database.row(
      `SELECT ${nameExpression("id")},
         CASE WHEN octet_length(vector) <= ${4 * LARGEST_DIMENSION} THEN vector END
       FROM embeddings_queue WHERE seq_id = ?`,
      sequence,
    ), () => {});
  if (row === null) return null;
  const [id, bytes] = row;
  const label = decodeLabel(id);
  const fits = bytes instanceof Uint8Array && bytes.byteLength > 0 &&
    bytes.byteLength === 4 * (dimension ?? Math.floor(bytes.byteLength / 4));
  if (!fits || hasNonFinite(bytes)) return { values: null, state: "damaged", label };
  return { values: new Float32Array(bytes.slice().buffer), state: "queued", label };
}
