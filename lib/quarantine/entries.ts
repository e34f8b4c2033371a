/**
 * Reading the quarantine of a store. Nothing is written here.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { QUARANTINE_DIRECTORY_NAME } from "../fs/confine.ts";
import { localFs } from "../fs/platform.ts";
import { walkTree } from "../fs/tree.ts";
import { findWorkDirectories } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import {
  isQuarantineId,
  LONGEST_MANIFEST_BYTES,
  MANIFEST_NAME,
  parseManifest,
  type QuarantineItem,
  type QuarantineManifest,
} from "./manifest.ts";

/** How the quarantine is read. */
export interface ReadOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** An entry of the quarantine. */
export interface QuarantineEntry {
  /** Its name. */
  readonly id: string;
  /** Its directory. */
  readonly directory: string;
  /** What its manifest says. */
  readonly manifest: QuarantineManifest;
}

/** Something in the quarantine whose manifest cannot be used. */
export interface UnreadableEntry {
  /** Its directory. */
  readonly directory: string;
  /** Why, as a sentence without its period. */
  readonly problem: string;
}

/** What lies in the quarantine of a store. */
export interface QuarantineListing {
  /** The entries, the oldest first. */
  readonly entries: readonly QuarantineEntry[];
  /** What is there besides. */
  readonly unreadable: readonly UnreadableEntry[];
}

/**
 * Finds the quarantines that a store has: one in each of its work directories.
 *
 * @param fs The file system.
 * @param store The store's directory; it may be missing.
 * @returns Their directories.
 */
export function findQuarantines(fs: WriteFs, store: string): string[] {
  return findWorkDirectories(fs, store)
    .map((workDirectory) => join(workDirectory, QUARANTINE_DIRECTORY_NAME))
    .filter((path) => fs.look(path)?.kind === "directory");
}

/**
 * Lists the quarantine of a store; nothing is written.
 *
 * @param store The store's directory; it may be missing.
 * @param options The file system.
 * @returns The entries, and what is there besides.
 * @throws {OperationError} The quarantine cannot be looked at.
 */
export function listEntries(
  store: string,
  { fs = localFs }: ReadOptions = {},
): QuarantineListing {
  const entries: QuarantineEntry[] = [];
  const unreadable: UnreadableEntry[] = [];
  for (const quarantine of findQuarantines(fs, store)) {
    for (const name of fs.list(quarantine)) {
      const directory = join(quarantine, name);
      if (!isQuarantineId(name) || fs.look(directory)?.kind !== "directory") continue;
      try {
        entries.push(readEntry(fs, directory));
      } catch (error) {
        // One that cannot be read must not hide the others.
        if (!(error instanceof OperationError)) throw error;
        unreadable.push({ directory, problem: error.message });
      }
    }
  }
  return { entries: entries.sort(byAge), unreadable };
}

function byAge({ manifest: first }: QuarantineEntry, { manifest: other }: QuarantineEntry): number {
  const age = Date.parse(first.createdAt) - Date.parse(other.createdAt);
  return age === 0 ? first.id.localeCompare(other.id, "en", { numeric: true }) : age;
}

/**
 * Finds an entry by its name.
 *
 * @param store The store's directory; it may be missing.
 * @param id The name.
 * @param options The file system.
 * @returns The entry.
 * @throws {OperationError} There is none, or its manifest cannot be used.
 */
export function findEntry(
  store: string,
  id: string,
  { fs = localFs }: ReadOptions = {},
): QuarantineEntry {
  const [directory] = isQuarantineId(id)
    ? findQuarantines(fs, store).map((quarantine) => join(quarantine, id))
      .filter((path) => fs.look(path)?.kind === "directory")
    : [];
  if (directory !== undefined) return readEntry(fs, directory);
  throw new OperationError("not-found", `There is no ${id} in the quarantine of ${store}`, {
    path: store,
    hint: `vecfsck quarantine list ${store}`,
  });
}

/**
 * Reads an entry.
 *
 * @param fs The file system.
 * @param directory Its directory.
 * @returns The entry.
 * @throws {OperationError} Its manifest is missing, damaged, or that of another entry.
 */
export function readEntry(fs: WriteFs, directory: string): QuarantineEntry {
  const manifest = readManifest(fs, directory);
  const id = basename(directory);
  if (manifest.id === id) return { id, directory, manifest };
  const path = join(directory, MANIFEST_NAME);
  throw new OperationError("read-failed", `${path} is the manifest of another entry`, { path });
}

/**
 * Reads the manifest of an entry, whatever the name of its directory.
 *
 * @param fs The file system.
 * @param directory The directory.
 * @returns The manifest.
 * @throws {OperationError} It is missing or damaged.
 */
export function readManifest(fs: WriteFs, directory: string): QuarantineManifest {
  const path = join(directory, MANIFEST_NAME);
  return parseManifest(readText(fs, path), path);
}

function readText(fs: WriteFs, path: string): string {
  const facts = fs.look(path);
  if (facts?.kind !== "file" || facts.sizeBytes > LONGEST_MANIFEST_BYTES) {
    const problem = facts === null ? "is missing" : "is none";
    throw new OperationError("read-failed", `The manifest ${path} ${problem}`, { path });
  }
  using file = fs.openForReading(path);
  const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, LONGEST_MANIFEST_BYTES)));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/**
 * Finds where an item of an entry is now: in the entry, or where `--to` has put it.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @param item The item.
 * @returns Its path, or null when the entry does not hold it: it never moved, or was put back.
 */
export function locateItem(
  fs: WriteFs,
  entry: QuarantineEntry,
  item: QuarantineItem,
): string | null {
  const places = [entry.directory, ...locationOf(fs, entry)];
  return places.map((place) => findBelow(fs, place, item.to)).find((path) => path !== null) ?? null;
}

/**
 * Finds the place outside that an entry names, if it is that of this entry: a manifest may be
 * hostile, and name any.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @returns The directory, or nothing.
 */
export function locationOf(
  fs: WriteFs,
  { directory, manifest }: Pick<QuarantineEntry, "directory" | "manifest">,
): string[] {
  const { location } = manifest;
  if (location === null || fs.look(location)?.kind !== "directory") return [];
  const path = join(location, MANIFEST_NAME);
  if (fs.look(path)?.kind !== "file") return [];
  return readText(fs, path) === readText(fs, join(directory, MANIFEST_NAME)) ? [location] : [];
}

/** Goes down a path without following a link on the way; null where it leads nowhere. */
function findBelow(fs: WriteFs, place: string, path: string): string | null {
  let current = place;
  for (const part of path.split("/")) {
    if (fs.look(current)?.kind !== "directory") return null;
    current = join(current, part);
  }
  return fs.look(current) === null ? null : current;
}

/**
 * Whether it can be told what an entry holds: the place outside, where it has one, is there.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @returns False when the disk with that place is not mounted, for instance.
 */
export function isReachable(fs: WriteFs, entry: QuarantineEntry): boolean {
  return entry.manifest.location === null || locationOf(fs, entry).length > 0;
}

/**
 * Whether nothing is in an entry, nor in its place outside, but its manifest: not even what somebody
 * else may have put there.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @returns False where there is a file, or anything else that is no directory.
 */
export function isHollow(fs: WriteFs, entry: QuarantineEntry): boolean {
  const places = [entry.directory, ...locationOf(fs, entry)];
  return places.every((place) =>
    [...walkTree(fs, place)].every(({ name, facts }) =>
      name === MANIFEST_NAME || facts.kind === "directory"
    )
  );
}

/** What an entry still holds of its items. */
export type Holding = "everything" | "part" | "nothing" | "unreachable";

/**
 * Tells what an entry still holds.
 *
 * @param fs The file system.
 * @param entry The entry.
 * @returns How much; `unreachable` where that cannot be told.
 */
export function holdingOf(fs: WriteFs, entry: QuarantineEntry): Holding {
  const { items } = entry.manifest;
  const held = items.filter((item) => locateItem(fs, entry, item) !== null);
  if (held.length === items.length) return "everything";
  if (!isReachable(fs, entry)) return "unreachable";
  return held.length === 0 ? "nothing" : "part";
}
