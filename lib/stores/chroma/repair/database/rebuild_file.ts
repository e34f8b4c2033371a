/**
 * Making a database anew of all rows that a damaged one still holds, and choosing among several
 * sources.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../../../model/finding.ts";
import { StoreDatabase } from "../../../../sqlite/database.ts";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import type { RefusedRow } from "../../rebuild/insert_rows.ts";
import { rebuildDatabase, type RebuildReport } from "../../rebuild/rebuild_database.ts";
import { judgeDatabase } from "./judge_database.ts";
import type { SettledSource } from "./settle_source.ts";

/** A database that was made anew. */
export interface RebuiltFile {
  /** The new file, in the scratch directory. */
  readonly path: string;
  /** What it was made of. */
  readonly source: SettledSource;
  /** What became of the rows. */
  readonly report: RebuildReport;
  /** Rows that are not in it, or not as they stand elsewhere. */
  readonly refused: readonly RefusedRow[];
  /** How many collections it has. */
  readonly collections: number;
  /** How many records it has. */
  readonly records: number;
}

/** Rows that are set aside are few; more are only counted. */
const MOST_REFUSED = 100_000;

/**
 * Rebuilds a database from the source that holds the most records.
 *
 * @param sources Private copies, the one that is most likely right first.
 * @param scratch The directory for private copies.
 * @param fs The file system.
 * @returns The new database.
 * @throws {OperationError} A source cannot be read, or there is no room.
 */
export function rebuildBest(
  sources: Iterable<SettledSource>,
  scratch: string,
  fs: WriteFs,
): RebuiltFile | null {
  let best: RebuiltFile | null = null;
  let made = 0;
  for (const source of sources) {
    const rebuilt = rebuildFrom(source, join(scratch, `rebuilt-${made++}.sqlite3`));
    const isBetter = best === null || rebuilt.records > best.records;
    const worse: RebuiltFile | null = isBetter ? best : rebuilt;
    if (worse !== null) fs.removeFile(worse.path);
    if (isBetter) best = rebuilt;
  }
  return best;
}

function rebuildFrom(source: SettledSource, path: string): RebuiltFile {
  const refused: RefusedRow[] = [];
  const report = rebuildDatabase(source.path, path, {
    damagedTables: listDamagedTables(judgeDatabase(source.path)),
    onRefused: (row) => {
      if (refused.length < MOST_REFUSED) refused.push(row);
    },
  });
  using database = StoreDatabase.open(path);
  const count = (table: string): number => database.number(`SELECT count(*) FROM ${table}`) ?? 0;
  return {
    path,
    source,
    report,
    refused,
    collections: count("collections"),
    records: count("embeddings"),
  };
}

/** The tables that findings name; null where SQLite did not get to look at them. */
function listDamagedTables(findings: readonly Finding[]): ReadonlySet<string> | null {
  const tables = new Set<string>();
  for (const { name, detail } of findings) {
    if (name !== "sqlite-malformed" && name !== "sqlite-index-mismatch") continue;
    // The list of free pages is no table; pages that several trees have are of any table.
    if (detail.table === null) continue;
    if (typeof detail.table !== "string" || detail.table === "sqlite_schema") return null;
    tables.add(detail.table);
  }
  const isUnknown = findings.some(({ name }) => UNJUDGED.has(name));
  return isUnknown ? null : tables;
}

/** Findings with which SQLite looks at nothing, or at too few pages. */
const UNJUDGED: ReadonlySet<string> = new Set([
  "sqlite-not-a-database",
  "sqlite-header-damaged",
  "sqlite-truncated",
]);
