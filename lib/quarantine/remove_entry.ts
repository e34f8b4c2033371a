/**
 * Removing entries of the quarantine. First the entry gets a temporary name, and with it stops being
 * one; then its data goes, wherever it is. What a crash leaves is known by that name, and the next
 * run removes it.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { isTemporaryName, temporaryPathBeside } from "../fs/names.ts";
import { removeTree } from "../fs/tree.ts";
import { removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import {
  findQuarantines,
  isHollow,
  locationOf,
  type QuarantineEntry,
  readManifest,
} from "./entries.ts";
import { DATA_NAME, MANIFEST_NAME } from "./manifest.ts";

/**
 * Removes an entry with everything that it still holds. The caller holds the store's lock.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @throws The system's error, unchanged.
 */
export function removeEntry(fs: WriteFs, entry: QuarantineEntry): void {
  const quarantine = dirname(entry.directory);
  const removed = temporaryPathBeside(fs, entry.directory, "removed");
  fs.rename(entry.directory, removed);
  finishRemoval(fs, removed);
  removeIfEmpty(fs, quarantine, dirname(quarantine));
}

/**
 * Whether a removal was begun and not ended, so that there is something to remove for
 * {@linkcode tidyQuarantine}.
 *
 * @param fs The file system.
 * @param store The store's directory; it may be missing.
 * @returns Whether anything has a temporary name in the quarantine.
 */
export function hasUnfinishedRemoval(fs: WriteFs, store: string): boolean {
  return findQuarantines(fs, store).some((quarantine) => fs.list(quarantine).some(isTemporaryName));
}

/**
 * Removes what runs that were killed have left in the quarantine of a store. The caller holds the
 * store's lock.
 *
 * @param fs The file system.
 * @param store The store's directory; it may be missing.
 * @throws The system's error, unchanged.
 */
export function tidyQuarantine(fs: WriteFs, store: string): void {
  for (const quarantine of findQuarantines(fs, store)) {
    for (const name of fs.list(quarantine)) {
      const directory = join(quarantine, name);
      if (isTemporaryName(name)) finishRemoval(fs, directory);
      else removeBesidePlace(fs, directory);
    }
    removeIfEmpty(fs, quarantine, dirname(quarantine));
  }
}

function removeBesidePlace(fs: WriteFs, directory: string): void {
  const location = readManifestOrNull(fs, directory)?.location ?? null;
  if (location !== null) removeBeside(fs, location);
}

/** Removes an entry that has its temporary name, and before it the place that it had outside. */
function finishRemoval(fs: WriteFs, directory: string): void {
  // It must have this name on the disk before anything of it goes.
  fs.syncDirectory(dirname(directory));
  const manifest = readManifestOrNull(fs, directory);
  if (manifest !== null) removePlace(fs, { directory, manifest });
  removeTree(fs, directory);
  fs.syncDirectory(dirname(directory));
}

function readManifestOrNull(fs: WriteFs, directory: string): QuarantineEntry["manifest"] | null {
  try {
    return readManifest(fs, directory);
  } catch {
    // Without its manifest nothing is known of a place outside; without data it holds none.
    return null;
  }
}

function removeAllBut(fs: WriteFs, directory: string, kept: string): void {
  for (const name of fs.list(directory)) {
    if (name !== kept) removeTree(fs, join(directory, name));
  }
  fs.syncDirectory(directory);
}

function removePlace(fs: WriteFs, entry: Pick<QuarantineEntry, "directory" | "manifest">): void {
  const { location } = entry.manifest;
  if (location === null || fs.look(dirname(location))?.kind !== "directory") return;
  for (const place of locationOf(fs, entry)) {
    const data = join(place, DATA_NAME);
    if (fs.look(data) !== null) {
      fs.rename(data, temporaryPathBeside(fs, data, "removed"));
      fs.syncDirectory(place);
    }
    removeAllBut(fs, place, MANIFEST_NAME);
    // Last of all, for by its manifest the place is known.
    fs.removeFile(join(place, MANIFEST_NAME));
    fs.syncDirectory(place);
  }
  removeIfEmpty(fs, location);
  removeBeside(fs, location);
  fs.syncDirectory(dirname(location));
}

/** Removes what a run that was killed has begun to make, or to remove, of a place outside. */
function removeBeside(fs: WriteFs, location: string): void {
  const parent = dirname(location);
  if (fs.look(parent)?.kind !== "directory") return;
  const prefix = `.${basename(location)}.vecfsck-`;
  for (const name of fs.list(parent)) {
    if (isTemporaryName(name) && name.startsWith(prefix)) removeTree(fs, join(parent, name));
  }
}

/**
 * Removes an entry of which everything is back. One that stays holds nothing and says so, and the
 * next purge removes it: that is no failure of what was put back.
 *
 * @param fs The file system.
 * @param entry The entry; one that still holds something stays.
 */
export function removeIfHollow(fs: WriteFs, entry: QuarantineEntry): void {
  try {
    if (isHollow(fs, entry)) removeEntry(fs, entry);
  } catch {
    // The next purge removes it.
  }
}
