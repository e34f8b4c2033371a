/**
 * What stands in the directory of a store, apart from what it holds:
 *
 * - an index that belongs to no collection is moved aside, and never removed: it may hold the only
 *   copy of vectors;
 * - a file that takes far more room on the disk than it has bytes is copied, and the copy takes its
 *   place: no file system gives the room back otherwise.
 *
 * @module
 */

import { join } from "@std/path";
import { formatBytes } from "../../../../base/format.ts";
import { copyFile, copyTree } from "../../../../fs/copy.ts";
import type { WriteFs } from "../../../../fs/write_fs.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { RepairStep } from "../../../../model/repair.ts";
import type { StoreFile } from "../../../directory.ts";
import { CATALOGUE_NAME, type Layout, listFiles, readLayout } from "../../layout.ts";
import { listAnswers } from "../../../repair_steps.ts";
import { createDatabaseStep } from "../database_step.ts";
import type { PreparedStep, RepairContext, StagingArea } from "../repair_context.ts";

/**
 * Plans the steps of the stage.
 *
 * @param context What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export async function prepareDirectoryStage(
  context: RepairContext,
): Promise<readonly PreparedStep[]> {
  const layout = readLayout(context.working.path);
  const steps: PreparedStep[] = [];
  for (const finding of context.findings) {
    if (finding.name === "orphan-segment-directory") steps.push(setAside(finding, layout));
  }
  const overallocated = context.findings.filter(({ name }) => name === "file-overallocated");
  for (const [name, findings] of groupByEntry(overallocated)) {
    const step = name === CATALOGUE_NAME
      ? await copyDatabase(context, findings)
      : copyEntry(context, layout, name, findings);
    if (step !== null) steps.push(step);
  }
  return steps;
}

function setAside(finding: Finding, layout: Layout): PreparedStep {
  const name = finding.path ?? "";
  const files = filesOf(layout, name);
  return {
    step: {
      ...NOTHING,
      kind: "set-aside",
      title: `Move ${name} aside, which belongs to no collection`,
      details: [
        `it has ${formatBytes(sumSizes(files))}, and stays in quarantine until it is purged`,
      ],
      segment: finding.segment,
      answers: listAnswers([finding]),
      replaces: [name],
    },
    stage(area: StagingArea): Promise<void> {
      area.leave(name);
      return Promise.resolve();
    },
  };
}

/** The private copy of the database, which every repair of it begins with, is all that is needed. */
async function copyDatabase(
  context: RepairContext,
  findings: readonly Finding[],
): Promise<PreparedStep> {
  await context.working.openDatabase();
  return createDatabaseStep(context, {
    kind: "copy-file",
    title:
      `Put a copy of ${CATALOGUE_NAME} in its place, which takes no more room than it has bytes`,
    details: findings.map(({ message }) => message),
    findings,
  });
}

function copyEntry(
  { store, request: { fs } }: RepairContext,
  layout: Layout,
  name: string,
  findings: readonly Finding[],
): PreparedStep | null {
  const files = filesOf(layout, name);
  // What SQLite keeps beside the database has a meaning of its own, and so has a directory of others.
  if (name.startsWith(CATALOGUE_NAME) || files.length === 0) return null;
  return {
    step: {
      ...NOTHING,
      kind: "copy-file",
      title: `Put a copy of ${name} in its place, which takes no more room than it has bytes`,
      details: findings.map(({ path, message }) => `${path}: ${message}`),
      collection: findings[0]?.collection ?? null,
      segment: layout.segments.some((segment) => segment.name === name) ? name : null,
      answers: listAnswers(findings),
      reads: files.map(({ path }) => path),
      replaces: [name],
      sizeBytes: sumSizes(files),
    },
    stage({ directory }: StagingArea): Promise<void> {
      const target = join(directory, name);
      // An index that was made anew stands there already, and takes no more room than it needs.
      if (fs.look(target) === null) copyInto(fs, join(store.path, name), target);
      return Promise.resolve();
    },
  };
}

function copyInto(fs: WriteFs, source: string, target: string): void {
  const resolved = fs.resolve(source);
  if (fs.look(resolved)?.kind === "directory") copyTree(fs, resolved, target);
  else copyFile(fs, resolved, target);
}

/** The entries of the store in which the files stand. */
function groupByEntry(findings: readonly Finding[]): Map<string, Finding[]> {
  const byEntry = new Map<string, Finding[]>();
  for (const finding of findings) {
    const [name = ""] = (finding.path ?? "").split("/");
    const group = byEntry.get(name);
    if (group === undefined) byEntry.set(name, [finding]);
    else group.push(finding);
  }
  return byEntry;
}

function filesOf(layout: Layout, name: string): StoreFile[] {
  return listFiles(layout).filter(({ path, aggregate }) =>
    !aggregate && (path === name || path.startsWith(`${name}/`))
  );
}

function sumSizes(files: readonly StoreFile[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

const NOTHING = {
  collection: null,
  segment: null,
  strategy: null,
  reads: [],
  gains: [],
  losses: [],
  sizeBytes: 0,
} as const satisfies Partial<RepairStep>;
