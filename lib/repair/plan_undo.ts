/**
 * Planning how a repair is undone. Nothing is written here.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { listStanding, lookAtName } from "../fs/entry_names.ts";
import { localFs } from "../fs/platform.ts";
import { companionNamesOf } from "../fs/swap_steps.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { findEntry, listEntries, locateItem, type QuarantineEntry } from "../quarantine/entries.ts";
import { DATA_NAME, type RepairFacts } from "../quarantine/manifest.ts";
import { nameFirst, stampEntries } from "../quarantine/store_stamps.ts";
import type { UndoPlan, UndoPlanOptions, UndoPlanSettings } from "./undo_outcome.ts";

/** A plan, and the entry by which it is carried out. */
export interface BoundUndo {
  /** The plan. */
  readonly plan: UndoPlan;
  /** The entry. */
  readonly entry: QuarantineEntry;
  /** What it knows of the repair. */
  readonly facts: RepairFacts;
}

/**
 * Plans how a repair is undone; nothing is written.
 *
 * @param path The store's directory.
 * @param options Which repair.
 * @returns What will come back, what leaves, and what was written since.
 * @throws {OperationError} There is no such repair, or what it has replaced is no longer there.
 */
export async function planUndo(path: string, options: UndoPlanSettings = {}): Promise<UndoPlan> {
  return await runUndoPlan(path, options);
}

/**
 * Plans it as {@linkcode planUndo} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options Which repair.
 * @returns The plan.
 * @throws {OperationError} As there.
 */
export async function runUndoPlan(path: string, options: UndoPlanOptions): Promise<UndoPlan> {
  const { fs = localFs, signal } = options;
  await Promise.resolve();
  signal?.throwIfAborted();
  return bindUndo(fs, path, options.id).plan;
}

/**
 * Finds the entry of a repair, and holds the store against it.
 *
 * @param fs The file system.
 * @param path The store's directory.
 * @param id The name of the entry; the newest that can be undone when left out.
 * @returns The plan with its entry.
 * @throws {OperationError} As with {@linkcode planUndo}.
 */
export function bindUndo(fs: WriteFs, path: string, id: string | undefined): BoundUndo {
  const store = requireDirectory(fs, path);
  const entry = id === undefined ? findNewest(fs, store) : findEntry(store, id, { fs });
  const facts = entry.manifest.repair;
  if (facts === undefined) throw createKindError(store, entry);
  requireWhole(fs, store, entry);
  const returns = entry.manifest.items.map(({ from }) => from);
  const leaves = listLeaving(fs, store, { returns, facts });
  const plan: UndoPlan = {
    store,
    id: entry.id,
    repairedAt: entry.manifest.createdAt,
    returns,
    leaves,
    sizeBytes: entry.manifest.items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    changedSince: listWritten(fs, store, leaves, facts),
  };
  return { plan, entry, facts };
}

function requireDirectory(fs: WriteFs, path: string): string {
  const facts = fs.look(path);
  const resolved = facts === null ? null : fs.resolve(path);
  if (resolved !== null && fs.look(resolved)?.kind === "directory") return resolved;
  throw new OperationError(
    resolved === null ? "not-found" : "not-a-directory",
    resolved === null ? `No such file or directory: ${path}` : `Not a directory: ${path}`,
    { path, hint: "Look at the spelling, and whether the volume is mounted." },
  );
}

function findNewest(fs: WriteFs, store: string): QuarantineEntry {
  const newest = listEntries(store, { fs }).entries.findLast((entry) =>
    isInEffect(fs, store, entry)
  );
  if (newest !== undefined) return newest;
  throw new OperationError("not-found", `There is no repair of ${store} to undo`, {
    path: store,
    hint: `vecfsck quarantine list ${store} shows what was moved aside of it.`,
  });
}

/** Whether a repair took place and was not undone: a crash can leave an entry that holds nothing. */
function isInEffect(fs: WriteFs, store: string, entry: QuarantineEntry): boolean {
  const { items, repair } = entry.manifest;
  if (repair === undefined) return false;
  return items.length === 0
    ? repair.added.some((name) => lookAtName(fs, store, name) !== null)
    : items.some((item) => locateItem(fs, entry, item) !== null);
}

function createKindError(store: string, { id, manifest }: QuarantineEntry): OperationError {
  return new OperationError("usage", `${id} was not made by a repair`, {
    path: store,
    hint: manifest.kind === "repair"
      ? `vecfsck quarantine list ${store}`
      : `vecfsck quarantine restore ${store} ${id}`,
  });
}

/** Entries that belong together come back together, or not at all. */
function requireWhole(fs: WriteFs, store: string, entry: QuarantineEntry): void {
  const { id, directory, manifest } = entry;
  const isHeld = (name: string): boolean =>
    fs.look(join(directory, DATA_NAME))?.kind === "directory" &&
    lookAtName(fs, join(directory, DATA_NAME), name) !== null;
  const missing = manifest.items.filter(({ from }) => !isHeld(from)).map(({ from }) => from);
  if (missing.length === 0 && isInEffect(fs, store, entry)) return;
  const isNothing = missing.length === manifest.items.length;
  throw new OperationError(
    "not-found",
    isNothing
      ? `${id} holds nothing that could come back`
      : `${id} no longer holds ${nameFirst(missing, "more", "more")}`,
    {
      path: directory,
      hint: isNothing
        ? "The repair did not take place, or it was undone."
        : "The entries of a repair come back together. What is there can be moved by hand.",
    },
  );
}

/** What stands where something comes back, what the repair has added, and what belongs to these. */
function listLeaving(
  fs: WriteFs,
  store: string,
  { returns, facts }: { readonly returns: readonly string[]; readonly facts: RepairFacts },
): string[] {
  const out = new Set([...returns, ...facts.added]);
  const files = facts.came.map(({ path }) => path).filter((path) => out.has(path));
  const companions = new Set(files.flatMap(companionNamesOf));
  return listStanding(fs, store, out).filter((name) => out.has(name) || companions.has(name));
}

/** The files that are not as they were when they came. */
function listWritten(
  fs: WriteFs,
  store: string,
  leaves: readonly string[],
  { came }: RepairFacts,
): string[] {
  const then = new Map(came.map((file) => [file.path, file]));
  const changed = stampEntries(fs, store, leaves).filter(({ path, sizeBytes, modifiedMs }) => {
    const known = then.get(path);
    then.delete(path);
    // An engine may leave an empty file beside a database that it has only read.
    if (known === undefined) return sizeBytes > 0;
    return known.sizeBytes !== sizeBytes || known.modifiedMs !== modifiedMs;
  });
  return [...changed.map(({ path }) => path), ...then.keys()].sort();
}
