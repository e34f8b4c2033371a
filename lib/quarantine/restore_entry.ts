/**
 * Putting back an entry of the quarantine while nobody else can use the store.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { keepEnginesOut, withOwnStore } from "../engine/own_store.ts";
import { localFs } from "../fs/platform.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import type { IndexPart } from "../model/index_part.ts";
import { detectStore, formatByName } from "../stores/registry.ts";
import { findEntry, type QuarantineEntry } from "./entries.ts";
import { DATA_NAME } from "./manifest.ts";
import { type IndexNumbers, type PutBack, putBack } from "./put_back.ts";
import { tidyQuarantine } from "./remove_entry.ts";

/** How an entry is put back. */
export interface RestoreOptions {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/** What was put back, and from which entry. */
export interface RestoredEntry extends PutBack {
  /** The entry, which is gone now. */
  readonly entry: QuarantineEntry;
  /** The store's directory, with every link resolved. */
  readonly store: string;
}

/**
 * Puts back what an entry of the quarantine holds. What has taken its place goes to quarantine.
 *
 * @param path The store's directory; it may be missing when the entry is a whole store.
 * @param id The name of the entry.
 * @param options Who is told of what was brought in order.
 * @returns What was put back.
 * @throws {OperationError} There is no such entry, it holds nothing or something else than was put
 * there, the store is in use, or something failed; what is not back is still in the entry.
 */
export async function restoreEntry(
  path: string,
  id: string,
  { onRecovered, fs = localFs, now }: RestoreOptions = {},
): Promise<RestoredEntry> {
  const own = { fs, ...(onRecovered === undefined ? {} : { onRecovered }) };
  return await withOwnStore(path, own, ({ lock }) => {
    tidyQuarantine(fs, path);
    const entry = findEntry(path, id, { fs });
    const { kind } = entry.manifest;
    if (kind === "repair") throw createRepairError(path, id);
    const isThere = fs.look(path) !== null;
    if (!isThere && kind === "index") throw createMissingError(path, id);
    const resolved = isThere ? fs.resolve(path) : path;
    // What is no store any more has no engine either.
    const store = isThere ? detectStore(resolved) : null;
    const options = {
      fs,
      lock,
      database: kind === "store" ? databaseNameOf(store ?? detectStore(dataOf(entry))) : null,
      describe: kind === "index" ? describer(store) : describeNothing,
      ...(now === undefined ? {} : { now }),
    };
    const work = (): PutBack => putBack(resolved, entry, options);
    const result = store === null ? work() : keepEnginesOut(store, { fs }, work);
    return { ...result, entry, store: resolved };
  });
}

/** The name of the database that a store's format has. */
function databaseNameOf(store: DetectedStore | null): string | null {
  const path = store === null ? null : formatByName(store.format).lockedDatabase(store);
  return path === null ? null : basename(path);
}

function dataOf({ directory }: QuarantineEntry): string {
  return join(directory, DATA_NAME);
}

/** Entries that belong together are exchanged in one step, which this is not. */
function createRepairError(path: string, id: string): OperationError {
  return new OperationError("usage", `${id} is what a repair has replaced`, {
    path,
    hint: `vecfsck undo ${path} ${id}`,
  });
}

function createMissingError(path: string, id: string): OperationError {
  return new OperationError("not-found", `No such file or directory: ${path}`, {
    path,
    hint: `${id} is an index of a store, which has to be there first.`,
  });
}

const NOTHING_KNOWN: IndexNumbers = { collection: null, records: null, onlyCopies: null };

function describeNothing(): IndexNumbers {
  return NOTHING_KNOWN;
}

/** Reads what is known of the indexes before the store is locked, for then it cannot be opened. */
function describer(store: DetectedStore | null): (path: string) => IndexNumbers {
  const parts: readonly IndexPart[] = store === null
    ? []
    : formatByName(store.format).listIndexes(store);
  return (path) => {
    const part = parts.find((candidate) => candidate.path === path);
    if (part === undefined) return NOTHING_KNOWN;
    const { collection, records, onlyCopies } = part;
    return { collection, records, onlyCopies };
  };
}
