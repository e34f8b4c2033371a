/**
 * Taking a lost database from a backup.
 *
 * A database and the indexes beside it belong together. With an older database the newer indexes
 * would give records vectors of later versions, vectors would be there without their records, and
 * the older queue would be played into an index that has passed it: wrong answers without an error.
 * So the indexes come from the backup too, where they have changed since, and the store is in a state
 * in which an engine has left it. What was written since is not lost with that: the newer indexes are
 * moved aside, and their ids and vectors go into files.
 *
 * @module
 */

import { join } from "@std/path";
import { formatCount } from "../../../../base/format.ts";
import { OperationError } from "../../../../base/errors.ts";
import { copyTree, digestTree } from "../../../../fs/copy.ts";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import { StoreDatabase } from "../../../../sqlite/database.ts";
import { holdDatabase } from "../../../../sqlite/online_backup.ts";
import type { OlderCopy } from "../../../repair_format.ts";
import { CATALOGUE_NAME, type Layout, readLayout } from "../../layout.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext, StagingArea } from "../repair_context.ts";
import { ExportFile } from "./export_lines.ts";
import { judgeDatabase } from "./judge_database.ts";
import { compareIndexes } from "./written_since.ts";

/** What becomes of the directories of indexes. */
interface DirectoryPlan {
  /** Those that come from the backup. */
  readonly coming: readonly string[];
  /** Those that go, because the database of the backup names them and the backup has none. */
  readonly leaving: readonly string[];
  /** Those that the backup does not have in this state: their contents are compared. */
  readonly compared: ReadonlySet<string>;
}

/**
 * Plans to take the database from the newest backup that is good.
 *
 * @param context What the stage was given.
 * @param lost What has become of the database, for people: a clause.
 * @returns The step; null where no backup is good.
 * @throws {OperationError} A file cannot be read, or there is no room.
 */
export async function planRestore(
  context: RepairContext,
  lost: string,
): Promise<PreparedStep | null> {
  for (const copy of context.request.olderCopies) {
    if (!copy.isWhole) continue;
    const path = await copyGoodDatabase(copy, context.request);
    if (path !== null) return restoreFrom(context, copy, path, lost);
  }
  return null;
}

/** Copies the database of a backup; null where it is not good any more. */
async function copyGoodDatabase(
  { directory }: OlderCopy,
  { scratch, fs }: RepairContext["request"],
): Promise<string | null> {
  const source = join(directory, CATALOGUE_NAME);
  if (fs.look(source) === null) return null;
  const path = join(scratch, "restored.sqlite3");
  try {
    using held = holdDatabase(source);
    if (held === null) return null;
    await held.copyTo(path);
  } catch (error) {
    if (!(error instanceof OperationError) || error.code === "no-space") throw error;
    return null;
  }
  if (judgeDatabase(path).length === 0) return path;
  fs.removeFile(path);
  return null;
}

function restoreFrom(
  context: RepairContext,
  copy: OlderCopy,
  path: string,
  lost: string,
): PreparedStep {
  const { store, working, request: { fs } } = context;
  const plan = planDirectories(fs, readLayout(store.path), readLayout(copy.directory), path);
  working.adoptDatabase(path);
  for (const name of plan.coming) working.showEntry(name, join(copy.directory, name));
  for (const name of plan.leaving) working.showEntry(name, null);
  const { losses, vectors } = listWrittenSince(store.path, copy.directory, plan.compared);
  const { step } = createDatabaseStep(context, {
    kind: "restore-database",
    title: `Take chroma.sqlite3 from ${copy.label}`,
    details: [
      lost,
      `What was written after ${copy.createdAt} is not in that backup, and what was deleted after ` +
      "it comes back",
      ...(plan.coming.length + plan.leaving.length === 0 ? [] : [
        `Take ${
          formatCount(plan.coming.length, "index", "indexes")
        } from the backup too: a newer ` +
        "index does not fit an older database",
      ]),
      ...(vectors === 0 ? [] : [
        `Save ${formatCount(vectors, "vector")} that the backup does not have into ` +
        "export-<segment>.jsonl",
      ]),
    ],
    findings: context.findings,
    reads: [copy.directory],
    gains: [{
      what: "collections",
      count: countCollections(working.databasePath),
      source: copy.label,
    }],
    losses,
  });
  return {
    step: { ...step, replaces: [...step.replaces, ...plan.coming, ...plan.leaving] },
    stage: (area) => stageRestore(context, copy, plan, area),
  };
}

function planDirectories(
  fs: WriteFs,
  now: Layout,
  before: Layout,
  databasePath: string,
): DirectoryPlan {
  using database = StoreDatabase.open(databasePath);
  const isNamed = database.prepareTest("SELECT 1 FROM segments WHERE id = ?");
  const standing = new Set(
    now.segments.filter(({ movedAside }) => !movedAside).map(({ name }) => name),
  );
  const backedUp = before.segments.filter(({ movedAside }) => !movedAside)
    .map(({ name }) => name);
  const coming = backedUp.filter((name) =>
    !standing.has(name) ||
    digestTree(fs, join(now.path, name)) !== digestTree(fs, join(before.path, name))
  );
  const others = [...standing].filter((name) => !backedUp.includes(name));
  return {
    coming,
    leaving: others.filter((name) => isNamed(name)),
    compared: new Set([...coming, ...others].filter((name) => standing.has(name))),
  };
}

function countCollections(path: string): number {
  using database = StoreDatabase.open(path);
  return database.number("SELECT count(*) FROM collections") ?? 0;
}

/** What the indexes hold that the backup does not. */
function listWrittenSince(
  store: string,
  older: string,
  names: ReadonlySet<string>,
): { losses: RepairLoss[]; vectors: number } {
  const losses: RepairLoss[] = [];
  let vectors = 0;
  compareIndexes(store, older, names, ({ collection, records }) => {
    const added: string[] = [];
    const changed: string[] = [];
    for (const { id, isKnown, record } of records()) {
      (isKnown ? changed : added).push(id);
      if (record !== null) vectors++;
    }
    const shared = { collection, table: null };
    losses.push({
      kind: "record",
      outcome: "taken-out",
      reason:
        "it was written after the backup: its id and its vector are in a file, its document " +
        "and its metadata are gone",
      ...shared,
      count: added.length,
      ids: added,
    }, {
      kind: "newer-version",
      outcome: "kept",
      reason: "it was changed after the backup: the newer vector is in a file, and a newer " +
        "document is gone",
      ...shared,
      count: changed.length,
      ids: changed,
    });
  });
  return { losses, vectors };
}

function stageRestore(
  { store, request: { fs, signal } }: RepairContext,
  { directory }: OlderCopy,
  { coming, leaving, compared }: DirectoryPlan,
  area: StagingArea,
): Promise<void> {
  compareIndexes(store.path, directory, compared, (index) => {
    signal?.throwIfAborted();
    const file = new ExportFile(area.saved, index);
    for (const { id, record } of index.records()) file.add(id, record);
  });
  for (const name of coming) {
    signal?.throwIfAborted();
    copyTree(fs, join(directory, name), join(area.directory, name));
  }
  for (const name of leaving) area.leave(name);
  return Promise.resolve();
}
