/**
 * Everything that was moved aside of a store: the entries of its quarantine, and directories that
 * were renamed in the store itself.
 *
 * @module
 */

import { join } from "@std/path";
import { localFs } from "../fs/platform.ts";
import { walkTree } from "../fs/tree.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import {
  type Holding,
  holdingOf,
  listEntries,
  locateItem,
  type QuarantineEntry,
  type ReadOptions,
  type UnreadableEntry,
} from "./entries.ts";
import { DRIFT_MARK } from "./stale_hnsw.ts";

/** An entry, and where its items are. */
export interface ListedEntry {
  /** The entry. */
  readonly entry: QuarantineEntry;
  /** How much of it is still there. */
  readonly holding: Holding;
  /** Where each item of its manifest is, or null where the entry does not hold it. */
  readonly paths: readonly (string | null)[];
}

/** A directory that was renamed in a store, as `quarantineStaleHnsw` does it. */
export interface DriftDirectory {
  /** Where it is. */
  readonly path: string;
  /** Where it was. */
  readonly from: string;
  /** The bytes of its files. */
  readonly sizeBytes: number;
}

/** Everything that was moved aside of a store. */
export interface Quarantine {
  /** The store's directory, with every link resolved where it is there. */
  readonly store: string;
  /** The entries, the oldest first. */
  readonly entries: readonly ListedEntry[];
  /** What lies there and cannot be used. */
  readonly unreadable: readonly UnreadableEntry[];
  /** Directories that were renamed in the store itself. */
  readonly drifts: readonly DriftDirectory[];
}

/**
 * Reads what was moved aside of a store; nothing is written.
 *
 * @param path The store's directory; it may be missing.
 * @param options The file system.
 * @returns Everything that was moved aside.
 * @throws {OperationError} The quarantine or the store cannot be looked at.
 */
export function readQuarantine(path: string, { fs = localFs }: ReadOptions = {}): Quarantine {
  const store = fs.look(path) === null ? path : fs.resolve(path);
  const { entries, unreadable } = listEntries(store, { fs });
  return {
    store,
    entries: entries.map((entry) => describeEntry(fs, entry)),
    unreadable,
    drifts: listDrifts(fs, store),
  };
}

/**
 * Tells what an entry holds, and where.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @returns The entry with that.
 */
export function describeEntry(fs: WriteFs, entry: QuarantineEntry): ListedEntry {
  const paths = entry.manifest.items.map((item) => locateItem(fs, entry, item));
  return { entry, holding: holdingOf(fs, entry), paths };
}

function listDrifts(fs: WriteFs, store: string): DriftDirectory[] {
  if (fs.look(store)?.kind !== "directory") return [];
  return fs.list(store).flatMap((name) => {
    const mark = name.indexOf(DRIFT_MARK);
    const path = join(store, name);
    if (mark < 1 || fs.look(path)?.kind !== "directory") return [];
    return [{ path, from: join(store, name.slice(0, mark)), sizeBytes: measureTree(fs, path) }];
  });
}

/**
 * Adds up the bytes of the files in a tree. A work directory in it is no part of the store.
 *
 * @param fs The file system.
 * @param root The tree.
 * @returns The sum.
 */
export function measureTree(fs: WriteFs, root: string): number {
  let sizeBytes = 0;
  for (const { name, facts } of walkTree(fs, root)) {
    const isOurs = name.split("/")[0] === INNER_WORK_DIRECTORY_NAME;
    if (facts.kind === "file" && !isOurs) sizeBytes += facts.sizeBytes;
  }
  return sizeBytes;
}
