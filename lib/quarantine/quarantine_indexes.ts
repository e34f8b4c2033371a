/**
 * Moving indexes of a store aside: planning it by what the store is like, and doing it while nobody
 * else can use the store.
 *
 * @module
 */

import { isAbsolute, join, relative, resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { checkStore } from "../engine/check.ts";
import { keepEnginesOut, withOwnStore } from "../engine/own_store.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import { walkTree } from "../fs/tree.ts";
import { findWorkDirectories } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { Finding } from "../model/finding.ts";
import type { DetectedStore } from "../model/store.ts";
import type { IndexPart } from "../model/index_part.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import { type MovedIndexes, moveIndexes } from "./move_indexes.ts";
import { type PlannedIndex, planQuarantine } from "./plan.ts";
import { findStaleIndexes } from "./stale_hnsw.ts";

/** What indexes are chosen by. */
export interface QuarantineChoice {
  /** How much newer than an index the catalogue must be at least, in seconds. */
  staleSeconds?: number | undefined;
  /** Whether indexes are chosen in which a full check finds an error or worse. */
  damaged?: boolean;
  /** Tells findings for which no index is chosen. */
  passOver?: (finding: Finding) => boolean;
  /** Indexes by what the engine calls them. */
  segments?: readonly string[];
  /** Ends the check. */
  signal?: AbortSignal;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** What is going to be moved aside, bound to what the store was like. */
export interface QuarantinePlan {
  /** The store. */
  readonly store: DetectedStore;
  /** What is moved, and why. */
  readonly indexes: readonly PlannedIndex[];
  /** The stamps of the store's database and of the indexes. */
  readonly stamps: string;
}

/**
 * Plans which indexes of a store are moved aside; nothing is written.
 *
 * @param path The store's directory.
 * @param choice What they are chosen by.
 * @returns The plan.
 * @throws {OperationError} There is no store, or no index of that name, or the store cannot be read.
 */
export async function planStoreQuarantine(
  path: string,
  choice: QuarantineChoice,
): Promise<QuarantinePlan> {
  const { staleSeconds, damaged = false, segments = [], fs = localFs } = choice;
  const store = requireStore(path);
  // Before anything is judged: what changes from here on is not what the plan is about.
  const stamps = stampParts(fs, store, listParts(store));
  const parts = listParts(store);
  const findings = damaged ? await listFindings(store, choice) : [];
  const stale = staleSeconds === undefined ? [] : findStaleIndexes(fs, store.path, staleSeconds);
  return { store, indexes: planQuarantine(parts, { stale, findings, segments }), stamps };
}

function listParts(store: DetectedStore): readonly IndexPart[] {
  return formatByName(store.format).listIndexes(store);
}

async function listFindings(
  store: DetectedStore,
  { signal, passOver = (): boolean => false }: QuarantineChoice,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const event of checkStore(store.path, signal === undefined ? {} : { signal })) {
    if (event.type === "finding" && !passOver(event)) findings.push(event);
  }
  return findings;
}

/** What changes when anything is written to the database or to one of the indexes. */
function stampParts(fs: WriteFs, store: DetectedStore, parts: readonly IndexPart[]): string {
  const database = formatByName(store.format).lockedDatabase(store);
  const files = parts.flatMap(({ path }) =>
    Array.from(walkTree(fs, join(store.path, path)), (entry) => entry.path)
  );
  const stamps = [...(database === null ? [] : [database]), ...files].map((file) => {
    const facts = fs.look(file);
    if (facts === null) return [file, null];
    return [file, facts.kind === "directory" ? 0 : facts.sizeBytes, facts.modifiedMs, facts.inode];
  });
  return JSON.stringify(stamps);
}

/** How a plan is carried out. */
export interface ExecuteOptions {
  /** The directory in which the data is kept instead of the store's work directory. */
  to?: string | undefined;
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/**
 * Moves indexes aside, as it was planned, while no engine can use the store.
 *
 * @param plan The plan; it has at least one index.
 * @param options Where the data goes.
 * @returns The entry that holds them.
 * @throws {OperationError} The store has changed since it was planned, is in use, or something
 * failed; then everything is where it was, unless the error says otherwise.
 */
export async function executeQuarantine(
  { store, indexes, stamps }: QuarantinePlan,
  { to, onRecovered, fs = localFs, now }: ExecuteOptions = {},
): Promise<MovedIndexes> {
  const target = to === undefined ? undefined : requireTarget(fs, store, to);
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  const options = { fs, to: target, ...(now === undefined ? {} : { now }) };
  return await withOwnStore(store.path, own, () => {
    const parts = listParts(store);
    return keepEnginesOut(store, { fs }, () => {
      if (stampParts(fs, store, parts) !== stamps) throw createChangedError(store);
      return moveIndexes(store.path, indexes, options);
    });
  });
}

function requireTarget(fs: WriteFs, store: DetectedStore, to: string): string {
  const path = resolve(to);
  const resolved = fs.look(path) === null ? null : fs.resolve(path);
  if (resolved === null || fs.look(resolved)?.kind !== "directory") {
    throw new OperationError("not-found", `No such directory: ${path}`, {
      path,
      hint: "Make it first, and look whether the disk is mounted; nothing was changed.",
    });
  }
  const ours = [store.path, ...findWorkDirectories(fs, store.path)];
  if (ours.some((directory) => isInside(resolved, directory))) {
    throw new OperationError("usage", `${path} belongs to the store itself`, {
      path,
      hint: "Name a directory outside the store, or leave --to out.",
    });
  }
  return resolved;
}

function isInside(path: string, directory: string): boolean {
  const rest = relative(directory, path);
  return !isAbsolute(rest) && rest.split(/[/\\]/)[0] !== "..";
}

function createChangedError(store: DetectedStore): OperationError {
  return new OperationError("busy", `${store.path} has changed since this was planned`, {
    path: store.path,
    hint: "Stop every process that uses the store and try again; nothing was changed.",
  });
}
