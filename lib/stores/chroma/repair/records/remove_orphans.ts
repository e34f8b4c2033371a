/**
 * Removing what belongs to nothing: records of segments that are not there, values of records that
 * are not there, rows of the queue for collections that are not there. None of them can be reached
 * by any engine.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { isWhole, listCollections, listOwnedSegments } from "../../catalogue/catalogue.ts";
import { deleteQueueRows } from "./delete_queue_rows.ts";
import type { RecordStore } from "./record_store.ts";
import { removeRecordRows } from "./remove_rows.ts";

/** What was removed in answer to a finding. */
export interface RemovedOrphans {
  /** The finding. */
  readonly finding: Finding;
  /** What is lost, by table. */
  readonly losses: readonly RepairLoss[];
}

/** The values of a record that has only lost its row in `embeddings` are no orphans. */
const NOT_LOST = `AND id NOT IN (SELECT m.id FROM embedding_metadata AS m
  JOIN embedding_fulltext_search_content AS c ON c.id = m.id
  LEFT JOIN embeddings AS e ON e.id = m.id
  WHERE m.key = 'chroma:document' AND e.id IS NULL)`;

/**
 * Removes the orphans that some findings tell of.
 *
 * @param store The store.
 * @param findings The findings; others than those of orphans are passed over.
 * @returns What was removed.
 * @throws {SqliteError} The database cannot be written.
 */
export function removeOrphans(
  store: RecordStore,
  findings: readonly Finding[],
): RemovedOrphans[] {
  return findings.flatMap((finding) => {
    const losses = removeByFinding(store, finding);
    return losses === null ? [] : [{ finding, losses }];
  });
}

function removeByFinding(store: RecordStore, { name }: Finding): RepairLoss[] | null {
  switch (name) {
    case "records-orphaned":
      return removeRecords(store);
    case "metadata-orphaned":
      return removeValues(store.database, "embedding_metadata");
    case "metadata-array-orphaned":
      return removeValues(store.database, "embedding_metadata_array");
    case "queue-orphaned":
      return removeQueueRows(store);
    default:
      return null;
  }
}

/** Where a collection lacks the row of its METADATA segment, these may well be its records. */
function removeRecords({ database, catalogue }: RecordStore): RepairLoss[] | null {
  if (!isWhole(catalogue, "segments") || !isWhole(catalogue, "collections")) return null;
  if (listCollections(catalogue).some(({ metadata }) => metadata === null)) return null;
  database.execute(`CREATE TEMP TABLE IF NOT EXISTS orphaned_records (row INTEGER PRIMARY KEY);
    DELETE FROM temp.orphaned_records`);
  const owned = JSON.stringify([...listOwnedSegments(catalogue)]);
  database.prepare(`INSERT INTO temp.orphaned_records SELECT id FROM embeddings
    WHERE segment_id NOT IN (SELECT value FROM json_each(?))`)(owned);
  const ids = database.rows(`SELECT embedding_id FROM embeddings
    WHERE id IN (SELECT row FROM temp.orphaned_records) ORDER BY id`).map(([id]) => String(id));
  const removed = removeRecordRows(database, "SELECT row FROM temp.orphaned_records");
  return [...removed].filter(([, count]) => count > 0).map(([table, count]) =>
    createLoss(table, count, "they belong to a collection that is not there", {
      ids: table === "embeddings" ? ids : [],
    })
  );
}

function removeValues(
  database: StoreDatabase,
  table: "embedding_metadata" | "embedding_metadata_array",
): RepairLoss[] {
  const hasFulltext = database.row(
    "SELECT 1 FROM sqlite_schema WHERE name = 'embedding_fulltext_search_content'",
  ) !== null;
  const condition = `id NOT IN (SELECT id FROM embeddings) ${hasFulltext ? NOT_LOST : ""}`;
  const ids = database.rows(`SELECT DISTINCT id FROM ${table} WHERE ${condition} ORDER BY id`)
    .map(([id]) => String(id));
  const count = database.prepare(`DELETE FROM ${table} WHERE ${condition}`)();
  return [createLoss(table, count, "they belong to records that are not there", { ids })];
}

function removeQueueRows({ database, catalogue }: RecordStore): RepairLoss[] | null {
  if (!isWhole(catalogue, "collections")) return null;
  const condition = "topic LIKE 'persistent://%/%/%' AND substr(topic, -37, 1) = '/' " +
    "AND substr(topic, -36) NOT IN (SELECT id FROM collections)";
  const ids = database.rows(`SELECT CAST(seq_id AS TEXT) FROM embeddings_queue WHERE ${condition}
    ORDER BY seq_id`).map(([sequence]) => String(sequence));
  const count = deleteQueueRows(database, condition);
  return [createLoss("embeddings_queue", count, "they are for a collection that is not there", {
    ids,
  })];
}

function createLoss(
  table: string,
  count: number,
  reason: string,
  { ids }: { readonly ids: readonly string[] },
): RepairLoss {
  return { kind: "row", outcome: "gone", reason, collection: null, table, count, ids };
}
