/**
 * The stamps of a store's files, by which is noticed that something has written to it.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../fs/work_directory.ts";
import type { EntryFacts, WriteFs } from "../fs/write_fs.ts";
import type { FileStamp } from "../model/store.ts";

/** How many things a message names. */
const MOST_NAMED = 3;

/** A place from which is known what stands there. */
interface Place {
  /** The name, relative to the store with forward slashes. */
  readonly name: string;
  /** The path. */
  readonly path: string;
}

/**
 * Takes the stamps of all files of a store. No file is opened: an engine may be locked out by a lock
 * that ends when its file is opened and closed again.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns The stamps, in the order of the names.
 */
export function stampStore(fs: WriteFs, store: string): FileStamp[] {
  const names = fs.list(store).filter((name) => name !== INNER_WORK_DIRECTORY_NAME);
  return stampEntries(fs, store, names);
}

/**
 * Takes the stamps of the files of some entries of a directory. Where an entry itself is a link, it
 * is followed.
 *
 * @param fs The file system.
 * @param directory The directory.
 * @param names The entries.
 * @returns The stamps; a name that cannot be looked at has one too.
 */
export function stampEntries(
  fs: WriteFs,
  directory: string,
  names: readonly string[],
): FileStamp[] {
  return names.flatMap((name) => {
    const path = join(directory, name);
    const isLink = fs.look(path)?.kind === "link";
    return stampBelow(fs, { name, path: isLink ? resolveOrSame(fs, path) : path });
  });
}

function resolveOrSame(fs: WriteFs, path: string): string {
  try {
    return fs.resolve(path);
  } catch {
    // It leads nowhere, and is all that there is.
    return path;
  }
}

function stampBelow(fs: WriteFs, { name, path }: Place): FileStamp[] {
  const facts = fs.look(path);
  if (facts?.kind !== "directory") return [toStamp(name, facts)];
  return fs.list(path).flatMap((child) =>
    stampBelow(fs, { name: `${name}/${child}`, path: join(path, child) })
  );
}

function toStamp(path: string, facts: EntryFacts | null): FileStamp {
  return {
    path,
    sizeBytes: facts?.sizeBytes ?? 0,
    modifiedMs: facts?.modifiedMs ?? 0,
    // A lock through a second name of the file changes it, and is none of an engine's doing.
    changedMs: null,
    inode: facts?.inode ?? null,
  };
}

/**
 * Finds the files that are no longer as they were.
 *
 * @param before Their stamps then.
 * @param now Their stamps now.
 * @returns The paths of those that have changed, have come or are gone.
 */
export function listChanged(
  before: readonly FileStamp[],
  now: readonly FileStamp[],
): string[] {
  const then = new Map(before.map((stamp) => [stamp.path, describe(stamp)]));
  const changed = now.filter((stamp) => {
    const known = then.get(stamp.path);
    then.delete(stamp.path);
    return known !== describe(stamp);
  });
  return [...changed.map(({ path }) => path), ...then.keys()].sort();
}

/**
 * Names the first of many things.
 *
 * @param names Their names.
 * @param more What the others are called where there is one, and where there are several.
 * @returns A few of them, and how many there are besides.
 */
export function nameFirst(names: readonly string[], ...more: [string, string?]): string {
  const others = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(", ");
  return others > 0 ? `${named} and ${formatCount(others, ...more)}` : named;
}

function describe({ sizeBytes, modifiedMs, inode }: FileStamp): string {
  return JSON.stringify([sizeBytes, modifiedMs, inode]);
}

/**
 * Holds a store against the stamps that were taken before.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param before The stamps.
 * @throws {OperationError} `busy`: something has written to it.
 */
export function requireUnchanged(
  fs: WriteFs,
  store: string,
  before: readonly FileStamp[],
): void {
  const changed = listChanged(before, stampStore(fs, store));
  if (changed.length === 0) return;
  throw new OperationError(
    "busy",
    `The store was written to meanwhile: ${nameFirst(changed, "more", "more")}`,
    {
      path: store,
      hint: "Stop every process that uses the store, keep supervisors from restarting them, and " +
        "try again; nothing was changed.",
    },
  );
}
