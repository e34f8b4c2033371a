/**
 * Putting back what an entry of the quarantine holds: the part that is about files alone, and so
 * runs on any file system. Nobody else may use the store meanwhile.
 *
 * Nothing is overwritten. Where something new stands in the place, it goes into an entry of its own,
 * which is on the disk before the swap begins. An index that is back is no longer in the entry, so
 * after an interruption the next run does what is left.
 *
 * @module
 */

import { dirname, join, relative } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { digestTree } from "../fs/copy.ts";
import type { StoreLock } from "../fs/lock.ts";
import { moveAcrossDevices } from "../fs/move.ts";
import { listInterruptedChanges } from "../fs/recover.ts";
import { swapDirectory } from "../fs/swap.ts";
import { swapEntries } from "../fs/swap_entries.ts";
import { hasInnerWorkDirectory, swapStore } from "../fs/swap_store.ts";
import { ensureDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { isReachable, locateItem, type QuarantineEntry } from "./entries.ts";
import { type PreparedEntry, prepareEntry } from "./entry.ts";
import { measureTree } from "./list_quarantine.ts";
import { DATA_NAME, type QuarantineItem, WHOLE_STORE } from "./manifest.ts";
import { removeIfHollow } from "./remove_entry.ts";

/** What is known of an index that stands where another is put back. */
export type IndexNumbers = Pick<QuarantineItem, "collection" | "records" | "onlyCopies">;

/** How something is put back. */
export interface PutBackOptions {
  /** The file system. */
  fs: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** Tells what is known of an index that has to make room. */
  describe: (path: string) => IndexNumbers;
  /** The lock of the store, which has to cover a store that is put in its place. */
  lock?: StoreLock;
  /** The name of the database of a whole store that comes back, or null where it has none. */
  database?: string | null;
}

/** What was put back. */
export interface PutBack {
  /** The paths, relative to the store; `.` for the whole store. */
  readonly restored: readonly string[];
  /** The name of the entry that holds what stood there, or null when nothing did. */
  readonly replacedBy: string | null;
}

/** An item and where it is. */
interface HeldItem {
  readonly item: QuarantineItem;
  readonly source: string;
  readonly target: string;
}

/**
 * Puts back everything that an entry holds, and removes the entry.
 *
 * @param store The store's directory.
 * @param entry The entry.
 * @param options The clock, and what is known of the store.
 * @returns What was put back.
 * @throws {OperationError} The entry holds nothing, what it holds is not what was put there, or
 * something failed: then what is not back is still in the entry.
 */
export function putBack(store: string, entry: QuarantineEntry, options: PutBackOptions): PutBack {
  const { fs } = options;
  const held = findHeld(fs, store, entry);
  for (const each of held) requireUnchanged(fs, entry, each);
  const taken = held.filter(({ target }) => fs.look(target) !== null);
  const room = taken.length === 0 ? null : prepareRoom(store, entry, taken, options);
  for (const each of held) {
    if (room !== null && taken.includes(each)) exchange(store, { entry, room, each }, options);
    else bringHome(store, each, options);
  }
  removeIfHollow(fs, entry);
  return { restored: held.map(({ item }) => item.from), replacedBy: room?.id ?? null };
}

function findHeld(fs: WriteFs, store: string, entry: QuarantineEntry): HeldItem[] {
  if (!isReachable(fs, entry)) throw createUnreachableError(entry);
  const held = entry.manifest.items.flatMap((item) => {
    const source = locateItem(fs, entry, item);
    return source === null ? [] : [{ item, source, target: join(store, item.from) }];
  });
  if (held.length > 0) return held;
  throw new OperationError("not-found", `${entry.id} holds nothing that could be put back`, {
    path: entry.directory,
    hint: "Nothing has moved there, or it was put back. `vecfsck quarantine purge` removes the " +
      "empty entry.",
  });
}

/**
 * Makes the error for an entry whose data is at a place that is not there.
 *
 * @param entry The entry.
 * @returns The error.
 */
function createUnreachableError({ id, manifest }: QuarantineEntry): OperationError {
  return new OperationError("not-found", `What ${id} holds is in ${manifest.location}`, {
    ...(manifest.location === null ? {} : { path: manifest.location }),
    hint: "Nothing of that entry is there now. Is the disk mounted?",
  });
}

function requireUnchanged(fs: WriteFs, entry: QuarantineEntry, { item, source }: HeldItem): void {
  if (item.sha256 === null || digestTree(fs, source) === item.sha256) return;
  throw new OperationError(
    "read-failed",
    `${source} is not what was put there: its digest is not the one in the manifest`,
    {
      path: source,
      hint:
        `Nothing was changed. Somebody has written to it, or the disk has lost bits: look into ` +
        `the kernel's log. To use it all the same, move it by hand; ${entry.directory} has the ` +
        "manifest.",
    },
  );
}

/** Makes the entry for what stands in the places of the items. */
function prepareRoom(
  store: string,
  entry: QuarantineEntry,
  taken: readonly HeldItem[],
  { fs, now, describe }: PutBackOptions,
): PreparedEntry {
  const isStore = entry.manifest.kind === "store";
  // The work directory of a store that stays where it is would be part of the digest.
  const isFixed = isStore && (!isBeside(store, entry) || hasInnerWorkDirectory(fs, store));
  return prepareEntry(store, {
    kind: entry.manifest.kind,
    reason: `it made room for what ${entry.id} held`,
    findings: [],
    items: taken.map(({ item, target }) => ({
      from: item.from,
      to: isStore ? DATA_NAME : `${DATA_NAME}/${item.from}`,
      sizeBytes: measureTree(fs, target),
      sha256: isFixed ? null : digestTree(fs, target),
      ...describe(item.from),
    })),
  }, { fs, ...(now === undefined ? {} : { now }) });
}

/** Moves an item to its place, which is free. */
function bringHome(store: string, { source, target }: HeldItem, options: PutBackOptions): void {
  moveAcrossDevices(source, target, { ...withClock(options), store });
}

/** Puts an item in the place of what stands there, which goes into the new entry. */
function exchange(
  store: string,
  { entry, room, each }: { entry: QuarantineEntry; room: PreparedEntry; each: HeldItem },
  options: PutBackOptions,
): void {
  const { fs, lock } = options;
  const { item } = each;
  const inside = join(entry.directory, item.to);
  if (each.source !== inside) {
    // A swap stays within a file system: first everything of it comes over.
    ensureDirectory(fs, dirname(inside));
    moveAcrossDevices(each.source, inside, { ...withClock(options), store });
    requireSettled(fs, store);
  }
  const isStore = item.from === WHOLE_STORE;
  if (isStore && !isBeside(store, entry)) {
    const { database = null } = options;
    swapEntries(store, inside, { ...withClock(options), store, database, aside: room.dataPath });
    return;
  }
  if (isStore) {
    const { database = null } = options;
    swapStore(store, inside, { ...withClock(options), lock, database, aside: room.dataPath });
    return;
  }
  const aside = join(dirname(room.dataPath), DATA_NAME, item.from);
  swapDirectory(each.target, inside, { ...withClock(options), store, aside });
}

/** A record of the move that could not be removed would not fit what the swap makes of it. */
function requireSettled(fs: WriteFs, store: string): void {
  if (listInterruptedChanges(store, { fs }).length === 0) return;
  throw new OperationError("write-failed", `The journal of ${store} cannot be written`, {
    path: store,
    hint: "Nothing is lost. Look into the kernel's log for errors of the disk, and try again.",
  });
}

/** Whether the store's directory can be renamed; a mount point has its quarantine inside. */
function isBeside(store: string, entry: QuarantineEntry): boolean {
  return relative(store, entry.directory).startsWith("..");
}

function withClock({ fs, now }: PutBackOptions): { fs: WriteFs; now?: () => Date } {
  return { fs, ...(now === undefined ? {} : { now }) };
}
