/**
 * Making the database as it was planned, on a private copy.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../base/errors.ts";
import type {
  OptimizationAction,
  OptimizationFigure,
  OptimizationMeasure,
} from "../../../model/optimization.ts";
import { compactDatabase } from "../../../sqlite/compact/compact_database.ts";
import type { OmittedRows } from "../../../sqlite/compact/copy_rows.ts";
import { SQLITE_RESULT, SqliteError, StoreDatabase } from "../../../sqlite/database.ts";
import { toMachineError } from "../../../sqlite/machine_error.ts";
import type { OptimizationRequest } from "../../optimize_format.ts";
import { statOrNull } from "../../directory.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import { FULLTEXT_TABLE } from "../repair/fulltext/rebuild_fulltext.ts";
import type { WorkingStore } from "../repair/working_store.ts";
import { countFulltextSegments } from "./fulltext_segments.ts";
import { type DatabasePlan, listDatabaseActions } from "./plan_database.ts";
import { gatherStatistics } from "./planner_statistics.ts";
import type { PlannedPurge } from "./plan_purge.ts";

/** The name of the fresh file in the scratch directory. */
const FRESH_NAME = "fresh.sqlite3";

/** Where and with what it is made. */
export interface RewriteContext {
  /** The working store, which has no private copy of the database so far. */
  readonly working: WorkingStore;
  /** The directory for private copies. */
  readonly scratch: string;
  /** The directory for the entries that come. */
  readonly staged: string;
  /** What is asked for. */
  readonly request: OptimizationRequest;
}

/** What came of it. */
export interface RewrittenDatabase {
  /** What was done; nothing where the copy would have been no smaller. */
  readonly actions: readonly OptimizationAction[];
  /** What stood beside the old database. */
  readonly leaving: readonly string[];
}

/**
 * Makes the database.
 *
 * @param plan What is done.
 * @param context Where.
 * @returns What was done; the database is in the directory for what comes, if anything was.
 * @throws {OperationError} A file cannot be read or written, or the work was cancelled.
 */
export async function rewriteDatabase(
  plan: DatabasePlan,
  context: RewriteContext,
): Promise<RewrittenDatabase> {
  const { working, staged } = context;
  try {
    const database = await working.openDatabase();
    // The journal can be as large as the full text: it is kept in a file, and memory stays flat.
    database.rows("PRAGMA journal_mode = DELETE");
    if (plan.merge !== null) mergeFulltext(database);
    if (plan.statistics !== null) gatherStatistics(database);
    working.settle();
    const isCompacted = plan.compaction !== null && await compact(plan, context);
    const done = isCompacted ? plan : { ...plan, compaction: null };
    if (listDatabaseActions(done).length === 0) return { actions: [], leaving: [] };
    const actions = measureActions(listDatabaseActions(done), working.databasePath);
    const { journal } = plan;
    const leaving = journal === null
      ? working.stageDatabase(staged)
      : working.stageDatabase(staged, journal.mode === "wal");
    return { actions, leaving };
  } catch (error) {
    throw toRewriteError(error, working.databasePath);
  }
}

function mergeFulltext(database: StoreDatabase): void {
  database.execute(`INSERT INTO ${FULLTEXT_TABLE} (${FULLTEXT_TABLE}) VALUES ('optimize')`);
}

/** Copies the rows; false where that is of no use. */
async function compact(
  { purges }: DatabasePlan,
  { working, scratch, request: { signal, onProgress, fs } }: RewriteContext,
): Promise<boolean> {
  const path = join(scratch, FRESH_NAME);
  await compactDatabase(working.databasePath, path, {
    omitted: new Map(purges.length === 0 ? [] : [["embeddings_queue", omit(purges)]]),
    signal,
    onProgress: (done) => onProgress?.({ title: "copying the rows of the database", done }),
  });
  const isSmaller = sizeOf(path) < sizeOf(working.databasePath);
  if (purges.length > 0 || isSmaller) working.adoptDatabase(path);
  else fs.removeFile(path);
  return purges.length > 0 || isSmaller;
}

function omit(purges: readonly PlannedPurge[]): OmittedRows {
  return {
    condition: purges.map(() => "topic = ? AND seq_id < CAST(? AS INTEGER)").join(" OR "),
    parameters: purges.flatMap(({ topic, below }) => [topic, below]),
  };
}

function sizeOf(path: string): number {
  return statOrNull(path)?.size ?? 0;
}

/** Gives actions the numbers that came of them. */
function measureActions(
  actions: readonly OptimizationAction[],
  path: string,
): OptimizationAction[] {
  using database = StoreDatabase.open(path);
  const pages = database.number("PRAGMA page_count") ?? 0;
  const now: Partial<Record<OptimizationMeasure, number>> = {
    "pages": pages,
    "free-pages": database.number("PRAGMA freelist_count") ?? 0,
    "database-bytes": pages * (database.number("PRAGMA page_size") ?? 0),
    "fulltext-segments": countFulltextSegments(database) ?? 0,
  };
  return actions.map((action) => ({
    ...action,
    figures: action.figures.map((figure): OptimizationFigure => ({
      ...figure,
      after: now[figure.measure] ?? figure.after,
    })),
  }));
}

function toRewriteError(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteError)) return error;
  if (error.primaryCode === SQLITE_RESULT.FULL) {
    return new OperationError("no-space", `No space left while writing ${path}`, {
      path,
      hint: "Nothing was changed. Free some space on that file system and try again.",
      cause: error,
    });
  }
  return toMachineError(error, path) ?? new OperationError(
    "read-failed",
    `The rows of ${CATALOGUE_NAME} cannot be copied: ${error.message}`,
    { path, hint: "Nothing was changed. `vecfsck check` says what is wrong.", cause: error },
  );
}
