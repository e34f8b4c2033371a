/**
 * What is done about the database: its queue, its full text, its pages, its journal mode.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes, formatCount } from "../../../base/format.ts";
import type { OptimizationAction, OptimizationRest } from "../../../model/optimization.ts";
import { findObstacle } from "../../../sqlite/compact/compact_database.ts";
import { DatabaseFiles } from "../../../sqlite/database_files.ts";
import type { JournalMode, OptimizationRequest } from "../../optimize_format.ts";
import { CATALOGUE_NAME, type Layout } from "../layout.ts";
import type { OpenedCatalogue } from "../opened_catalogue.ts";
import { countFulltextSegments } from "./fulltext_segments.ts";
import { areStatisticsOutdated } from "./planner_statistics.ts";
import { type PlannedPurge, planPurge } from "./plan_purge.ts";

/** From this share of free pages on, rows are copied for their sake alone. */
const LEAST_FREE_RATIO = 0.05;

/** The format version in a header that stands for the WAL mode. */
const WAL_VERSION = 2;

/** What is done about the database. */
export interface DatabasePlan {
  /** Rows that leave the queue. */
  readonly purges: readonly PlannedPurge[];
  /** The segments of the full text that become one, or null where they stay. */
  readonly merge: OptimizationAction | null;
  /** The copying of all rows, or null where the pages stay as they are. */
  readonly compaction: OptimizationAction | null;
  /** The gathering of numbers for SQLite, or null where they are as they should be. */
  readonly statistics: OptimizationAction | null;
  /** The journal mode that the database gets, or null for the one that it has. */
  readonly journal: { readonly mode: JournalMode; readonly action: OptimizationAction } | null;
  /** What stays, and why. */
  readonly rests: readonly OptimizationRest[];
}

/** The plan for a database that stays as it is. */
export const NOTHING: DatabasePlan = {
  purges: [],
  merge: null,
  compaction: null,
  statistics: null,
  journal: null,
  rests: [],
};

/**
 * Plans what is done about the database.
 *
 * @param layout The store's directory.
 * @param opened Its catalogue.
 * @param request What is asked for.
 * @returns What is done and what stays.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The database cannot be read.
 */
export function planDatabase(
  layout: Layout,
  opened: OpenedCatalogue,
  { journalMode, signal }: OptimizationRequest,
): DatabasePlan {
  const { reading: { database, location } } = opened;
  const path = join(layout.path, CATALOGUE_NAME);
  const journal = planJournalMode(path, journalMode);
  if (database === null || location === null) {
    return { ...NOTHING, journal };
  }
  const { purges, rests } = planPurge(layout, opened, signal);
  const segments = countFulltextSegments(database);
  const statistics = areStatisticsOutdated(database) ? GATHER_STATISTICS : null;
  const merge = segments === null || segments < 2 ? null : describeMerge(segments);
  const obstacle = findObstacle(location.path, database);
  const isWorthwhile = purges.length > 0 || merge !== null ||
    pages(opened).free >= Math.max(1, LEAST_FREE_RATIO * pages(opened).all);
  if (obstacle === null) {
    const compaction = isWorthwhile ? describeCompaction(opened, purges) : null;
    return { purges, merge, compaction, statistics, journal, rests };
  }
  const stays = isWorthwhile ? [toRest(opened, obstacle)] : [];
  return { ...NOTHING, merge, statistics, journal, rests: [...rests, ...stays] };
}

const GATHER_STATISTICS: OptimizationAction = {
  kind: "update-statistics",
  title: "gather the numbers by which SQLite decides how it looks for rows",
  collection: null,
  segment: null,
  figures: [],
  replaces: [CATALOGUE_NAME],
};

/**
 * Lists what is done about the database.
 *
 * @param plan What is done.
 * @returns The actions in their order.
 */
export function listDatabaseActions(
  { purges, merge, compaction, statistics, journal }: DatabasePlan,
): OptimizationAction[] {
  const others = [merge, compaction, statistics, journal?.action ?? null];
  return [...purges.map(({ action }) => action), ...others.filter((action) => action !== null)];
}

function pages({ reading: { database } }: OpenedCatalogue): { all: number; free: number } {
  return {
    all: database?.number("PRAGMA page_count") ?? 0,
    free: database?.number("PRAGMA freelist_count") ?? 0,
  };
}

function toRest(opened: OpenedCatalogue, obstacle: string): OptimizationRest {
  return {
    kind: "compact-database",
    collection: null,
    count: pages(opened).free,
    measure: "free-pages",
    reason: `the rows of the database cannot be copied: ${obstacle}`,
  };
}

function describeMerge(segments: number): OptimizationAction {
  return {
    kind: "merge-fulltext",
    title: `merge the ${formatCount(segments, "segment")} of the full text into one`,
    collection: null,
    segment: null,
    figures: [{ measure: "fulltext-segments", before: segments, after: 1 }],
    replaces: [CATALOGUE_NAME],
  };
}

function describeCompaction(
  opened: OpenedCatalogue,
  purges: readonly PlannedPurge[],
): OptimizationAction {
  const { all, free } = pages(opened);
  const pageSizeBytes = opened.reading.database?.number("PRAGMA page_size") ?? 1;
  const purgedBytes = purges.flatMap(({ action }) => action.figures)
    .filter(({ measure }) => measure === "queue-bytes")
    .reduce((sum, { before, after }) => sum + before - after, 0);
  const left = Math.max(1, all - free - Math.floor(purgedBytes / pageSizeBytes));
  return {
    kind: "compact-database",
    title: `copy the rows of the database (${formatBytes(all * pageSizeBytes)}) into a fresh file`,
    collection: null,
    segment: null,
    figures: [
      { measure: "pages", before: all, after: left },
      { measure: "free-pages", before: free, after: 0 },
      {
        measure: "database-bytes",
        before: all * pageSizeBytes,
        after: left * pageSizeBytes,
      },
    ],
    replaces: [CATALOGUE_NAME],
  };
}

function planJournalMode(path: string, wanted: JournalMode | null): DatabasePlan["journal"] {
  if (wanted === null) return null;
  const { header } = DatabaseFiles.resolve(path).readFacts();
  const current: JournalMode = header?.writeVersion === WAL_VERSION ? "wal" : "delete";
  if (current === wanted) return null;
  return {
    mode: wanted,
    action: {
      kind: "set-journal-mode",
      title: `set the journal mode of the database to ${wanted.toUpperCase()}`,
      collection: null,
      segment: null,
      figures: [],
      replaces: [CATALOGUE_NAME],
    },
  };
}
