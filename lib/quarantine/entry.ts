/**
 * Entries of the quarantine of a store: `quarantine/<ID>/` in its work directory.
 *
 * | entry           | what it is                                                                 |
 * | --------------- | -------------------------------------------------------------------------- |
 * | `manifest.json` | what was moved, why and when (`manifest.ts`)                               |
 * | `data`          | what was moved; not there before it moves, or where it went to `--to DIR`  |
 *
 * An entry appears whole, by a rename, before anything moves, so a crash leaves one without data at
 * the worst; and it goes under a temporary name before anything in it is removed.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { findFreeTimeId } from "../base/time_id.ts";
import { OperationError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { QUARANTINE_DIRECTORY_NAME } from "../fs/confine.ts";
import { temporaryPathBeside } from "../fs/names.ts";
import { localFs } from "../fs/platform.ts";
import { removeTree, syncNames } from "../fs/tree.ts";
import {
  ensureDirectory,
  openWorkDirectory,
  removeIfEmpty,
  workPlacesOf,
} from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import { findQuarantines } from "./entries.ts";
import {
  DATA_NAME,
  encodeManifest,
  LONGEST_MANIFEST_BYTES,
  MANIFEST_NAME,
  parseManifest,
  type QuarantineDraft,
  type QuarantineManifest,
} from "./manifest.ts";
import { tidyQuarantine } from "./remove_entry.ts";

/** How an entry is made. */
export interface EntryOptions {
  /** The directory in which a place for the data is made instead of the entry; it exists. */
  to?: string | undefined;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/** An entry that is ready for its data. */
export interface PreparedEntry {
  /** Its name. */
  readonly id: string;
  /** Its directory. */
  readonly directory: string;
  /** Where the data goes: for a whole store this itself, else below it. It does not exist yet. */
  readonly dataPath: string;
}

/**
 * Makes an entry and puts it on the disk, before anything is moved into it. The caller holds the
 * store's lock.
 *
 * @param store The store's directory; it may be missing.
 * @param draft What is going to be moved.
 * @param options The clock.
 * @returns The entry, without data.
 * @throws {OperationError} It cannot be made; nothing is left of it.
 */
export function prepareEntry(
  store: string,
  draft: QuarantineDraft,
  { to, fs = localFs, now = () => new Date() }: EntryOptions = {},
): PreparedEntry {
  const workDirectory = openWorkDirectory(fs, store);
  const quarantine = join(workDirectory, QUARANTINE_DIRECTORY_NAME);
  const resolved = dirname(workPlacesOf(fs, store).inside);
  const made: string[] = [];
  try {
    tidyQuarantine(fs, store);
    ensureDirectory(fs, quarantine);
    const time = now();
    const placeOf = (id: string): string | null =>
      to === undefined ? null : join(to, `${basename(resolved)}.${id}`);
    const id = findFreeTimeId(time, (name) => isTaken(fs, store, name, placeOf(name)));
    const location = placeOf(id);
    const manifest: QuarantineManifest = {
      id,
      store: resolved,
      createdAt: time.toISOString(),
      vecfsckVersion: VERSION,
      ...draft,
      location,
    };
    const directory = join(quarantine, id);
    for (const place of location === null ? [directory] : [directory, location]) {
      made.push(place);
      makePlace(fs, place, manifest);
    }
    syncNames(fs, directory, dirname(workDirectory));
    return { id, directory, dataPath: join(location ?? directory, DATA_NAME) };
  } catch (error) {
    for (const place of made.reverse()) unlessRefused(() => removeDirectory(fs, place));
    removeIfEmpty(fs, quarantine, workDirectory);
    throw toWriteError(error, quarantine);
  }
}

/** Makes a directory with a manifest in it, which appears whole. */
function makePlace(fs: WriteFs, place: string, manifest: QuarantineManifest): void {
  const text = encodeManifest(manifest);
  const bytes = new TextEncoder().encode(text);
  if (bytes.byteLength > LONGEST_MANIFEST_BYTES) throw createLengthError(place);
  // What cannot be read again must not be relied on.
  parseManifest(text);
  const temporary = temporaryPathBeside(fs, place, "new");
  try {
    ensureDirectory(fs, temporary);
    writeAtomically(join(temporary, MANIFEST_NAME), bytes, { fs, mode: 0o600 });
    fs.rename(temporary, place);
  } catch (error) {
    unlessRefused(() => removeTree(fs, temporary));
    throw error;
  }
  fs.syncDirectory(dirname(place));
}

function createLengthError(path: string): OperationError {
  return new OperationError("write-failed", "Too many files would go to quarantine at once", {
    path,
    hint: "Nothing was changed. Take fewer at a time: one collection, for instance.",
  });
}

/** Tidies up after an error, which is the one to tell. */
function unlessRefused(tidy: () => void): void {
  try {
    tidy();
  } catch {
    // What stays holds nothing and says so: the next run removes it, or a purge.
  }
}

/** Removes a directory with everything in it, from under its name first. */
function removeDirectory(fs: WriteFs, directory: string): void {
  if (fs.look(directory) === null) return;
  const removed = temporaryPathBeside(fs, directory, "removed");
  fs.rename(directory, removed);
  fs.syncDirectory(dirname(directory));
  removeTree(fs, removed);
}

function isTaken(fs: WriteFs, store: string, id: string, place: string | null): boolean {
  return findQuarantines(fs, store).map((quarantine) => join(quarantine, id))
    .concat(place ?? []).some((path) => fs.look(path) !== null);
}
