/**
 * Moving indexes of a store into quarantine: the part that is about files alone, and so runs on any
 * file system. Nobody else may use the store meanwhile.
 *
 * The entry with its manifest is on the disk before the first index moves. Each move is one rename,
 * or to another file system a copy with a record in the journal. So every index is, at every moment,
 * whole in the store or whole in quarantine, and the manifest tells of it.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { digestTree } from "../fs/copy.ts";
import { moveAcrossDevices } from "../fs/move.ts";
import { requireSpace } from "../fs/space.ts";
import { ensureDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import { type QuarantineEntry, readEntry } from "./entries.ts";
import { type EntryOptions, type PreparedEntry, prepareEntry } from "./entry.ts";
import { DATA_NAME, type QuarantineItem } from "./manifest.ts";
import type { PlannedIndex } from "./plan.ts";
import { removeEntry } from "./remove_entry.ts";

/** What a move has done. */
export interface MovedIndexes {
  /** The entry that holds the indexes. */
  readonly entry: QuarantineEntry;
  /** What is left of originals that were copied and could not be removed. */
  readonly leftovers: readonly string[];
}

/**
 * Moves indexes into a new entry of the quarantine, all of them or none.
 *
 * @param store The store's directory.
 * @param indexes What is moved, and why; at least one.
 * @param options Where the data goes, and the clock.
 * @returns The entry.
 * @throws {OperationError} Something failed, and every index is where it was; where putting one back
 * failed as well, the error says which entry holds it.
 */
export function moveIndexes(
  store: string,
  indexes: readonly PlannedIndex[],
  options: EntryOptions & { fs: WriteFs },
): MovedIndexes {
  const { fs, to } = options;
  const items = indexes.map((index) => toItem(fs, store, index));
  requireRoom(fs, store, to, items);
  const entry = prepareEntry(store, {
    kind: "index",
    reason: describeReasons(indexes),
    findings: [...new Set(indexes.flatMap(({ findings }) => findings))].sort(),
    items,
  }, options);
  const moved: Move[] = [];
  const leftovers: string[] = [];
  try {
    ensureDirectory(fs, entry.dataPath);
    for (const { from, to: target } of items) {
      const move = { source: join(store, from), target: join(dirname(entry.dataPath), target) };
      const { leftover } = moveAcrossDevices(move.source, move.target, { ...options, store });
      moved.push(move);
      if (leftover !== null) leftovers.push(leftover);
    }
    return { entry: readEntry(fs, entry.directory), leftovers };
  } catch (error) {
    throw undo(store, { entry, moved, items }, error, options);
  }
}

/** One rename or copy. */
interface Move {
  readonly source: string;
  readonly target: string;
}

function toItem(fs: WriteFs, store: string, { part }: PlannedIndex): QuarantineItem {
  return {
    from: part.path,
    to: `${DATA_NAME}/${part.path}`,
    sizeBytes: part.sizeBytes,
    sha256: digestTree(fs, join(store, part.path)),
    collection: part.collection,
    records: part.records,
    onlyCopies: part.onlyCopies,
    ...(part.hasRecords === undefined ? {} : { hasRecords: part.hasRecords }),
  };
}

/** A reason that holds for all of them is told once. */
function describeReasons(indexes: readonly PlannedIndex[]): string {
  const reasons = indexes.map(({ part, reasons }) => ({
    path: part.path,
    text: reasons.join("; "),
  }));
  const [first] = reasons;
  if (first !== undefined && reasons.every(({ text }) => text === first.text)) return first.text;
  return reasons.map(({ path, text }) => `${path}: ${text}`).join(". ");
}

function requireRoom(
  fs: WriteFs,
  store: string,
  to: string | undefined,
  items: readonly QuarantineItem[],
): void {
  if (to === undefined || fs.look(to)?.device === fs.look(fs.resolve(store))?.device) return;
  requireSpace(to, items.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), { fs });
}

/** Puts everything back that has moved, and returns the error to throw. */
function undo(
  store: string,
  { entry, moved, items }: {
    entry: PreparedEntry;
    moved: readonly Move[];
    items: readonly QuarantineItem[];
  },
  cause: unknown,
  options: EntryOptions & { fs: WriteFs },
): OperationError {
  const { fs } = options;
  const failure = toWriteError(cause, store);
  try {
    for (const { source, target } of moved.toReversed()) {
      moveAcrossDevices(target, source, { ...options, store });
    }
    const isHome = items.every(({ from }) => fs.look(join(store, from)) !== null);
    if (!isHome) throw cause;
  } catch {
    return new OperationError(
      failure.code,
      `${failure.message}; putting back failed too: ${basename(entry.directory)} in quarantine ` +
        "holds what is missing in the store",
      {
        path: failure.path ?? store,
        hint: `Nothing is lost. Once the disk can be written again: vecfsck quarantine restore ` +
          `${entry.id} ${store}`,
        cause,
      },
    );
  }
  removeQuietly(fs, entry);
  return failure;
}

/** The entry holds nothing; it can be purged where it cannot be removed now. */
function removeQuietly(fs: WriteFs, { directory, dataPath }: PreparedEntry): void {
  try {
    removeIfEmpty(fs, dataPath);
    if (fs.look(dataPath) === null) removeEntry(fs, readEntry(fs, directory));
  } catch {
    // The error of the move is the one to tell.
  }
}
