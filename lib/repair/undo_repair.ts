/**
 * Undoing a repair: what it has replaced comes back as it was, byte for byte, and what stands there
 * goes into a new entry of the quarantine, so that an undo can be undone.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { withOwnStore } from "../engine/own_store.ts";
import { digestTree } from "../fs/copy.ts";
import { folderOf, foldersOf } from "../fs/entry_names.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import type { QuarantineEntry } from "../quarantine/entries.ts";
import { exchangeEntries } from "../quarantine/exchange.ts";
import { DATA_NAME } from "../quarantine/manifest.ts";
import { removeIfHollow, tidyQuarantine } from "../quarantine/remove_entry.ts";
import { nameFirst, requireUnchanged, stampStore } from "../quarantine/store_stamps.ts";
import { detectStore } from "../stores/registry.ts";
import { bindUndo, type BoundUndo } from "./plan_undo.ts";
import { toRepairError } from "./prepare_plan.ts";
import type { UndoOptions, UndoOutcome, UndoPlan, UndoSettings } from "./undo_outcome.ts";

/**
 * Undoes a repair, also one that was an undo itself.
 *
 * @example
 * ```ts
 * import { detectStore, undoRepair } from "@vecfsck/vecfsck";
 *
 * async function undo(path: string): Promise<readonly string[]> {
 *   const { plan } = await undoRepair(path);
 *   return plan.returns;
 * }
 * if (detectStore(".") !== null) console.log(typeof undo);
 * ```
 *
 * @param path The store's directory.
 * @param options Which repair, and whether it is undone although something was written since.
 * @returns What became of it.
 * @throws {OperationError} `not-found`: there is no such repair. `busy`: something has written to
 * what the repair had made, or the store is in use. Or what comes back is not what was put there, or
 * something failed: then the store is as it was, unless the error says otherwise.
 */
export async function undoRepair(path: string, options: UndoSettings = {}): Promise<UndoOutcome> {
  return await runUndo(path, options);
}

/**
 * Undoes a repair as {@linkcode undoRepair} does, with what is chosen within this program.
 *
 * @param path The store's directory.
 * @param options Which repair, and whether it is undone although something was written since.
 * @returns What became of it.
 * @throws {OperationError} As there.
 */
export async function runUndo(path: string, options: UndoOptions): Promise<UndoOutcome> {
  const startedMs = performance.now();
  const { fs = localFs, onRecovered, signal } = options;
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(path, own, async () => {
    try {
      tidyQuarantine(fs, path);
      const bound = bindUndo(fs, path, options.id);
      const { plan } = bound;
      if (!options.force) requireUnwritten(plan);
      const isAgreed = await options.confirm?.(plan) ?? true;
      signal?.throwIfAborted();
      const quarantined = isAgreed ? carryOut(fs, bound, options) : null;
      const elapsedMs = Math.round(performance.now() - startedMs);
      return { plan, state: isAgreed ? "undone" : "declined", quarantined, elapsedMs };
    } catch (error) {
      throw toRepairError(error, path, signal);
    }
  });
}

function requireUnwritten({ store, id, changedSince }: UndoPlan): void {
  if (changedSince.length === 0) return;
  throw new OperationError(
    "busy",
    `The store was written to since the repair ${id}: ${nameFirst(changedSince, "more file")}`,
    {
      path: store,
      hint: "Nothing was changed. With --force the old files come back all the same; what was " +
        "written since goes to quarantine, and can be brought back from there.",
    },
  );
}

/** Exchanges the entries; returns the name of the new entry. */
function carryOut(fs: WriteFs, { plan, entry, facts }: BoundUndo, options: UndoOptions): string {
  const { now = () => new Date() } = options;
  // Stamps first: what changes from here on is noticed.
  const stamps = stampStore(fs, plan.store);
  requireSame(fs, entry);
  const collections = new Map(entry.manifest.items.map((item) => [item.from, item.collection]));
  const id = exchangeEntries({
    store: requireDetected(plan.store, entry),
    directory: join(entry.directory, DATA_NAME),
    names: { leaving: plan.leaves, coming: findComing(fs, plan, entry) },
    requireUnchanged: () => requireUnchanged(fs, plan.store, stamps),
    reason: `the repair ${entry.id} was undone`,
    findings: entry.manifest.findings,
    collectionOf: (name) => collections.get(name) ?? null,
    facts: {
      holdsOnlyCopies: facts.holdsOnlyCopies || plan.changedSince.length > 0,
      records: facts.records,
    },
  }, { fs, now });
  removeIfHollow(fs, entry);
  return id;
}

/** Files whose directory is no longer in the store come back with the directory that holds them. */
function findComing(
  fs: WriteFs,
  { store, returns }: UndoPlan,
  { directory }: QuarantineEntry,
): string[] {
  const missing = foldersOf(returns).filter((folder) => fs.look(join(store, folder)) === null);
  const without = new Set(missing);
  const others = returns.filter((name) => !without.has(folderOf(name) ?? ""));
  const held = missing.map((folder) => join(directory, DATA_NAME, folder));
  const count = held.reduce((sum, folder) => sum + fs.list(folder).length, 0);
  // What nobody has put there on purpose does not come into the store.
  if (count !== returns.length - others.length) {
    throw createStrangerError(join(directory, DATA_NAME));
  }
  return [...others, ...missing];
}

function createStrangerError(path: string): OperationError {
  return new OperationError("read-failed", `${path} holds more than was put there`, {
    path,
    hint: "Nothing was changed. Move what does not belong there out of it.",
  });
}

/** What was lost and came back since may be no store; what the entry holds then is. */
function requireDetected(path: string, entry: QuarantineEntry): DetectedStore {
  const store = detectStore(path);
  if (store !== null) return store;
  const held = detectStore(join(entry.directory, DATA_NAME));
  if (held !== null) return { ...held, path };
  throw new OperationError("not-a-store", `No store of a known kind: ${path}`, {
    path,
    hint: "Nothing was changed. Was something moved out of it by hand?",
  });
}

function requireSame(fs: WriteFs, { directory, manifest }: QuarantineEntry): void {
  for (const { from, sha256 } of manifest.items) {
    const path = join(directory, DATA_NAME, from);
    if (sha256 === null || digestTree(fs, path) === sha256) continue;
    throw new OperationError(
      "read-failed",
      `${path} is not what was put there: its digest is not the one in the manifest`,
      {
        path,
        hint: "Nothing was changed. Somebody has written to it, or the disk has lost bits: look " +
          "into the kernel's log. To use it all the same, move it by hand.",
      },
    );
  }
}
