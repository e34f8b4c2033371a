/**
 * Writing a file so that it has its old content or its new one at every moment, after a power cut
 * too: a temporary file in the same directory, write, check of the length, fsync, rename, fsync of
 * the directory.
 *
 * @module
 */

import { dirname } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { copyPermissions, requireSize, writeAll } from "./copy.ts";
import { temporaryPathBeside } from "./names.ts";
import { localFs } from "./platform.ts";
import type { WriteFs } from "./write_fs.ts";
import { toWriteError } from "./write_errors.ts";

/** How a file is written. */
export interface AtomicOptions {
  /** The permissions of a file that did not exist, less the umask; 0o644 by default. */
  mode?: number;
  /** Whether the file gets exactly these permissions, whatever the umask and the old ones. */
  isExact?: boolean;
  /**
   * Whether a symbolic link at the path is followed, and stays: for a file that the operator has
   * named. Else the file is vecfsck's own: it takes the place of a link, which somebody may have
   * planted, and one that is new belongs to whoever owns the directory.
   */
  followsLink?: boolean;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/**
 * Writes a file whole or not at all. A file that is replaced keeps its owner and its permissions;
 * where the owner cannot be kept, the new file is open to fewer users, never to more.
 *
 * @param path The file.
 * @param content Its bytes, in one piece or in many.
 * @param options The permissions of a new file.
 * @throws {OperationError} It could not be written; the old file is there as it was.
 *
 * @example
 * ```ts ignore
 * writeAtomically("/var/lib/metrics/store.prom", new TextEncoder().encode(text));
 * ```
 */
export function writeAtomically(
  path: string,
  content: Uint8Array | Iterable<Uint8Array>,
  options: AtomicOptions = {},
): void {
  const { fs = localFs, mode = 0o644, isExact = false, followsLink = false } = options;
  let temporary: string | null = null;
  try {
    const target = followsLink ? followLink(fs, path) : path;
    temporary = temporaryPathBeside(fs, target, "new");
    writeTemporary(fs, { target, temporary, mode, isExact, isOwn: !followsLink }, content);
    fs.rename(temporary, target);
    temporary = null;
    fs.syncDirectory(dirname(target));
  } catch (error) {
    if (temporary !== null) removeIfPossible(fs, temporary);
    throw toWriteError(error, path);
  }
}

/**
 * Tells where a link leads that whoever owns its target, or root, has made: in a directory that
 * others can write to, a link may lead to a file that is theirs to read and ours to overwrite.
 */
function followLink(fs: WriteFs, path: string): string {
  const link = fs.look(path);
  if (link?.kind !== "link") return path;
  const target = fs.resolve(path);
  const owner = fs.look(target)?.userId ?? null;
  if (link.userId === null || link.userId === 0 || link.userId === owner) return target;
  throw new OperationError("permission-denied", `${path} is a link to a file of another user`, {
    path,
    hint: `Nothing was written. Name the file itself if you mean it: ${target}`,
  });
}

function writeTemporary(
  fs: WriteFs,
  how: {
    target: string;
    temporary: string;
    mode: number;
    isExact: boolean;
    isOwn: boolean;
  },
  content: Uint8Array | Iterable<Uint8Array>,
): void {
  const { target, temporary, mode, isExact, isOwn } = how;
  const replaced = fs.look(target);
  using file = fs.createFile(temporary, replaced === null ? mode : 0o600);
  let sizeBytes = 0;
  for (const chunk of content instanceof Uint8Array ? [content] : content) {
    writeAll(file, chunk, temporary);
    sizeBytes += chunk.byteLength;
  }
  requireSize(file, sizeBytes, temporary);
  if (replaced !== null) copyPermissions(fs, replaced, temporary);
  else if (isOwn) giveToOwnerOf(fs, dirname(target), temporary);
  if (isExact) fs.setMode(temporary, mode);
  file.sync();
}

/** What root makes beside a store must be of use to the store's user. */
function giveToOwnerOf(fs: WriteFs, directory: string, path: string): void {
  const [owner, own] = [fs.look(directory), fs.look(path)];
  if (owner === null || own === null || owner.userId === own.userId) return;
  copyPermissions(fs, { ...owner, kind: "file", mode: own.mode }, path);
}

/** Removes what a failed operation has begun; its error is told, not one of tidying up. */
function removeIfPossible(fs: WriteFs, path: string): void {
  try {
    fs.removeFile(path);
  } catch {
    // Its name says what it is, and the next run removes it.
  }
}
