/**
 * What is to be said of a database that was made anew: what came back, from where, and what is lost.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { RepairGain, RepairLoss } from "../../../../model/repair.ts";
import type { SqlValue, StoreDatabase } from "../../../../sqlite/database.ts";
import type { RefusedRow } from "../../rebuild/insert_rows.ts";
import type { RestoredCollection } from "../../rebuild/restore_collections.ts";
import type { RebuildReport } from "../../rebuild/rebuild_database.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import type { RebuiltFile } from "./rebuild_file.ts";

/** Tables whose lost rows their indexes name, so that what is lost of them is told one by one. */
const NAMED_BY_INDEXES: ReadonlySet<string | null> = new Set(["embeddings", "embedding_metadata"]);

/** Tables that are made anew of others. */
const REMADE: ReadonlySet<string | null> = new Set([
  "migrations",
  "embedding_fulltext_search_content",
]);

/**
 * Lists what a rebuilt database has that a reader of the damaged one does not get.
 *
 * @param rebuilt The database.
 * @returns The gains.
 */
export function listGains({ records, report }: RebuiltFile): RepairGain[] {
  const { records: restored, values, documents } = report.witnesses;
  return [
    {
      what: "records",
      count: records - restored.length,
      source: "the pages of the damaged database",
    },
    { what: "records", count: restored.length, source: "an index of the damaged database" },
    { what: "collections", count: report.collections.length, source: "what refers to them" },
    { what: "documents", count: documents, source: "an index of the damaged database" },
    { what: "values of metadata", count: values, source: "an index of the damaged database" },
    { what: "documents", count: report.documentsFromFulltext, source: "the full text" },
  ];
}

/**
 * Says what was done besides, for people.
 *
 * @param rebuilt The database.
 * @returns One clause each.
 */
export function listDetails({ source, report, refused }: RebuiltFile): string[] {
  const withoutSequence = report.witnesses.withoutSequence.length;
  const conflicts = refused.filter(({ standing }) => standing !== null).length;
  const lost = [...report.incomplete].filter((table) => !REMADE.has(table)).sort();
  return [
    "Read the rows page by page, past the damage, into a fresh database of the same version",
    ...(source.without === null ? [] : [`Read it without ${source.without}`]),
    ...(lost.length === 0 ? [] : [`Rows may have been lost of ${lost.join(", ")}`]),
    ...(withoutSequence === 0 ? [] : [
      `Gave ${formatCount(withoutSequence, "record")} a sequence number between those of the ` +
      "neighbours: their own is lost",
    ]),
    ...(conflicts === 0 ? [] : [
      `Found ${formatCount(conflicts, "row")} in two states: what does not stand in the new ` +
      "database is in conflicts.jsonl",
    ]),
  ];
}

/**
 * Lists what is lost, but for what records held: that is known when the queue has been asked too
 * (`records/lost_values.ts`).
 *
 * @param rebuilt The database.
 * @param database The same, open.
 * @returns The losses, by table and collection.
 * @throws {SqliteError} The database cannot be read.
 */
export function listLosses(
  { report, refused }: RebuiltFile,
  database: StoreDatabase,
): RepairLoss[] {
  return [
    ...listUnreadable(report, database),
    ...listRefused(refused),
  ];
}

/**
 * Says what is lost of a collection that came back without its row.
 *
 * @param collection The collection.
 */
export function describeCollection({ name, isRenamed }: RestoredCollection): RepairLoss {
  const what = isRenamed ? "its name, its settings" : "its settings";
  return {
    kind: "row",
    outcome: "kept",
    reason: `${what} and its own metadata stood on a damaged page; what of it the rest of the ` +
      "store tells is put back",
    collection: name,
    table: "collections",
    count: 1,
    ids: [name],
  };
}

/** Rows that stand there and cannot be read, where no index tells what they were. */
function listUnreadable(report: RebuildReport, database: StoreDatabase): RepairLoss[] {
  const hasRecord = database.prepareTest("SELECT 1 FROM embeddings WHERE id = ?");
  const rows = report.unreadable.filter(({ table, rowId }) => {
    if (REMADE.has(table) || table === "sqlite_schema") return false;
    if (!NAMED_BY_INDEXES.has(table)) return true;
    return table === "embeddings" && rowId !== null && !hasRecord(rowId);
  });
  return [...Map.groupBy(rows, ({ table }) => table)].map(([table, lost]) => ({
    kind: table === "embeddings_queue" ? "queue-row" : "row",
    outcome: "gone",
    reason: "it stands on a damaged page and cannot be read",
    collection: null,
    table,
    count: lost.length,
    ids: lost.flatMap(({ rowId }) => rowId === null ? [] : [String(rowId)]),
  }));
}

function listRefused(refused: readonly RefusedRow[]): RepairLoss[] {
  const rows = refused.filter(({ standing }) => standing === null);
  return [...Map.groupBy(rows, ({ table }) => table)].map(([table, lost]) => ({
    kind: table === "embeddings_queue" ? "queue-row" : "row",
    outcome: "taken-out",
    reason: table === null
      ? "its table cannot be told"
      : "it breaks the rules of its table, and the rest of it does not tell what it was",
    collection: null,
    table,
    count: lost.length,
    ids: lost.map(({ rowId }) => String(rowId)),
  }));
}

/**
 * Writes into files what does not stand in the new database.
 *
 * @param refused The rows.
 * @param saved The files.
 * @throws The system's error, when they cannot be written.
 */
export function saveRefused(refused: readonly RefusedRow[], saved: SavedFiles): void {
  for (const { table, rowId, values, standing } of refused) {
    const row = { table, row: rowId, values: values.map(toJson) };
    if (standing !== null) {
      saved.add("conflicts.jsonl", { ...row, kept: standing.map(toJson) });
    } else {
      saved.add(table === "embeddings_queue" ? "queue-rows.jsonl" : "rows.jsonl", row);
    }
  }
}

/** Integers that JSON cannot hold become their digits, bytes become base64. */
function toJson(value: SqlValue): string | number | null | { readonly base64: string } {
  if (value instanceof Uint8Array) return { base64: value.toBase64() };
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : String(value);
}
