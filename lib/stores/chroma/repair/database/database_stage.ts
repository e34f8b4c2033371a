/**
 * The stage that puts chroma.sqlite3 right as a file. The gentlest cure that is enough is taken:
 *
 * | what is wrong                                  | cure                                        |
 * | ---------------------------------------------- | ------------------------------------------- |
 * | only what lies around the database, or beside  | a copy of it                                |
 * | a trigger                                      | a copy of it without that                   |
 * | an index that disagrees with its table         | the indexes are made anew in a copy         |
 * | anything else                                  | a fresh database of all rows that are left  |
 * | no database, or none with a collection         | that of the newest good backup              |
 * | the same, and no backup                        | ids and vectors are saved into files        |
 *
 * Journals and logs beside the database are settled in the copy, and leave with the old database.
 *
 * @module
 */

import { printable } from "../../../../base/printable.ts";
import type { Finding } from "../../../../model/finding.ts";
import { StoreDatabase } from "../../../../sqlite/database.ts";
import { hasDamagedPages, stageOf } from "../cures.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import {
  describeCollection,
  listDetails,
  listGains,
  listLosses,
  saveRefused,
} from "./describe_rebuild.ts";
import { planExport } from "./export_records.ts";
import { fillCatalogue } from "./fill_catalogue.ts";
import { judgeDatabase } from "./judge_database.ts";
import { type MendedFile, mendFile } from "./mend_file.ts";
import { rebuildBest, type RebuiltFile } from "./rebuild_file.ts";
import { planRestore } from "./restore_backup.ts";
import { SettledSources } from "./settle_source.ts";

/** How many triggers a step names, and how much of each. */
const MOST_NAMED = 20;
const MOST_CHARACTERS = 400;

/** Findings with which there is nothing to read. */
const LOST: ReadonlySet<string> = new Set(["catalogue-missing", "catalogue-empty"]);

/**
 * Plans the steps of the stage.
 *
 * @param context What the stage is given.
 * @returns One step; none where nothing can be done.
 * @throws {OperationError} A file cannot be read, the store is in use, or there is no room.
 */
export async function prepareDatabaseStage(
  context: RepairContext,
): Promise<readonly PreparedStep[]> {
  const lost = context.findings.find(({ name }) => LOST.has(name));
  const step = lost === undefined
    ? await cureFile(context)
    : await replaceLost(context, lost.message);
  return step === null ? [] : [step];
}

async function replaceLost(context: RepairContext, lost: string): Promise<PreparedStep | null> {
  return await planRestore(context, lost) ?? planExport(context);
}

async function cureFile(context: RepairContext): Promise<PreparedStep | null> {
  const { store, request: { scratch, fs } } = context;
  using sources = new SettledSources(store.path, scratch);
  const list = [...sources.list()];
  for (const source of list) {
    const mended = await mendFile(source, { scratch, fs });
    if (mended !== null) return adoptMended(context, mended);
  }
  const rebuilt = rebuildBest(list, scratch, fs);
  if (rebuilt === null) return null;
  if (rebuilt.collections > 0) return adoptRebuilt(context, rebuilt);
  fs.removeFile(rebuilt.path);
  return await replaceLost(context, "chroma.sqlite3 no longer holds a single collection");
}

function adoptMended(
  context: RepairContext,
  { path, source, isReindexed, triggers }: MendedFile,
): PreparedStep {
  context.working.adoptDatabase(path);
  return createDatabaseStep(context, {
    kind: "rebuild-database",
    title: isReindexed
      ? "Make the indexes of chroma.sqlite3 anew of its tables"
      : triggers.length > 0
      ? "Copy chroma.sqlite3 without the triggers in it"
      : "Copy chroma.sqlite3 without what lies around it and beside it",
    details: [
      ...(source.without === null ? [] : [`Copy it without ${source.without}`]),
      ...triggers.slice(0, MOST_NAMED).map((sql) => `Leave out ${printable(sql, MOST_CHARACTERS)}`),
    ],
    findings: listAnswered(context, []),
  });
}

function adoptRebuilt(context: RepairContext, rebuilt: RebuiltFile): PreparedStep {
  const { working, saved, request } = context;
  const { collections, details } = fillCatalogue(
    rebuilt.path,
    rebuilt.report,
    request.olderCopies,
  );
  const left = judgeDatabase(rebuilt.path);
  saveRefused(rebuilt.refused, saved);
  working.adoptDatabase(rebuilt.path);
  working.rebuild = rebuilt.report;
  using database = StoreDatabase.open(working.databasePath);
  return createDatabaseStep(context, {
    kind: "rebuild-database",
    title: "Make chroma.sqlite3 anew of all rows that are left",
    details: [...listDetails(rebuilt), ...details],
    findings: listAnswered(context, left),
    gains: listGains(rebuilt),
    losses: [...collections.map(describeCollection), ...listLosses(rebuilt, database)],
  });
}

/** The findings of this stage that are gone; what means no damage goes with the old file too. */
function listAnswered(
  { findings, allFindings, request: { onlyCodes } }: RepairContext,
  left: readonly Finding[],
): Finding[] {
  const remaining = new Set(left.map(({ name }) => name));
  const own = onlyCodes === null
    ? allFindings.filter((finding) => stageOf(finding) === "database" || hasDamagedPages(finding))
    : findings;
  return own.filter(({ name }) => !remaining.has(name));
}
