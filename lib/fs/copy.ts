/**
 * Copying files and trees: streamed, with holes, permissions and times kept, and digests taken on
 * both sides.
 *
 * A hole is found by its zeros, for the runtime cannot ask for it, and only in a file that takes
 * less room than its length: zeros that were written are written again. Times are kept to the
 * millisecond, which is as fine as the runtime tells them.
 *
 * @module
 */

import { createHash, type Hash } from "../base/node_library.ts";
import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { CHUNK_SIZE_BYTES } from "./read_fs.ts";
import { type TreeEntry, walkTree } from "./tree.ts";
import type { EntryFacts, WritableFile, WriteFs } from "./write_fs.ts";
import { isRefusal } from "./write_errors.ts";

/** Holes begin and end at multiples of this on every common file system. */
const BLOCK_SIZE_BYTES = 4096;

/** Who may enter before the permissions of the original are set. */
const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_DIRECTORY_MODE = 0o700;

/**
 * Writes bytes whole, however few the system takes at a time.
 *
 * @param file The file.
 * @param bytes What is written on.
 * @param path The path, for messages.
 * @throws {OperationError} The system takes no more and gives no reason.
 */
export function writeAll(file: WritableFile, bytes: Uint8Array, path: string): void {
  for (let written = 0; written < bytes.byteLength;) {
    const count = file.write(bytes.subarray(written));
    if (count <= 0) throw createShortError(path);
    written += count;
  }
}

/**
 * Holds the length of a written file against what it must be.
 *
 * @throws {OperationError} The system has lost some of it without an error.
 */
export function requireSize(file: WritableFile, sizeBytes: number, path: string): void {
  if (file.look().sizeBytes !== sizeBytes) throw createShortError(path);
}

function createShortError(path: string): OperationError {
  return new OperationError("write-failed", `Not everything was written to ${path}`, {
    path,
    hint: "Look at the free space there, and into the kernel's log for errors of the disk.",
  });
}

/**
 * Takes the SHA-256 of a file.
 *
 * @param fs The file system.
 * @param path The file.
 * @returns 64 hexadecimal digits.
 * @throws {OperationError} It cannot be read.
 */
export function digestFile(fs: WriteFs, path: string): string {
  const hash = createHash("sha256");
  streamFile(fs, path, (chunk) => void hash.update(chunk));
  return hash.digest("hex");
}

/** How a file is copied. */
export interface CopyFileOptions {
  /** Whether the copy is on the disk at the end; true when left out. */
  readonly sync?: boolean;
}

/**
 * Copies a file, syncs the copy, and takes the digest of what was read.
 *
 * @param fs The file system.
 * @param source The file.
 * @param target The copy, which does not exist yet.
 * @param options Whether it is synced: of very many, somebody else may do that for all at once.
 * @returns The SHA-256 of the bytes that were read.
 */
export function copyFile(
  fs: WriteFs,
  source: string,
  target: string,
  { sync = true }: CopyFileOptions = {},
): string {
  const facts = requireFacts(fs, source);
  const sparse = facts.allocatedBytes !== null && facts.allocatedBytes < facts.sizeBytes;
  const hash = createHash("sha256");
  using copy = fs.createFile(target, PRIVATE_FILE_MODE);
  const sizeBytes = streamFile(fs, source, (chunk, offset) => {
    hash.update(chunk);
    if (sparse) writeData(copy, offset, chunk, target);
    else writeAll(copy, chunk, target);
  });
  if (sparse) copy.setSize(sizeBytes);
  requireSize(copy, sizeBytes, target);
  copyAttributes(fs, facts, target);
  if (sync) copy.sync();
  return hash.digest("hex");
}

function streamFile(
  fs: WriteFs,
  path: string,
  take: (chunk: Uint8Array, offset: number) => void,
): number {
  using file = fs.openForReading(path);
  const buffer = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, file.sizeBytes));
  let offset = 0;
  while (offset < file.sizeBytes) {
    const chunk = file.readAt(offset, buffer.subarray(0, file.sizeBytes - offset));
    if (chunk.byteLength === 0) throw createChangedError(path);
    take(chunk, offset);
    offset += chunk.byteLength;
  }
  return offset;
}

/** Writes the blocks of a chunk that are not all zeros; the chunk begins at a block. */
function writeData(file: WritableFile, offset: number, chunk: Uint8Array, path: string): void {
  const write = (start: number, end: number): void => {
    if (start === end) return;
    file.seek(offset + start);
    writeAll(file, chunk.subarray(start, end), path);
  };
  let start = 0;
  for (let position = 0; position < chunk.byteLength; position += BLOCK_SIZE_BYTES) {
    const end = Math.min(position + BLOCK_SIZE_BYTES, chunk.byteLength);
    if (!isZero(chunk.subarray(position, end))) continue;
    write(start, position);
    start = end;
  }
  write(start, chunk.byteLength);
}

/** Whether there is nothing but zeros in bytes, which begin at a multiple of four in their memory. */
export function isZero(block: Uint8Array): boolean {
  const words = new Uint32Array(block.buffer, block.byteOffset, block.byteLength >>> 2);
  return words.every((word) => word === 0) &&
    block.subarray(words.byteLength).every((byte) => byte === 0);
}

/**
 * Gives an entry the owner, the permissions and the times of another. Where the owner or the group
 * cannot be kept, nobody else gains by it: what they were allowed is taken away.
 *
 * @param fs The file system.
 * @param original What is known of the other.
 * @param path The entry.
 */
export function copyAttributes(fs: WriteFs, original: EntryFacts, path: string): void {
  copyPermissions(fs, original, path);
  unlessRefused(() => fs.setTimes(path, original.accessedMs, original.modifiedMs));
}

/** Gives an entry the owner and the permissions of another, or less. */
export function copyPermissions(fs: WriteFs, original: EntryFacts, path: string): void {
  const { userId, groupId, mode } = original;
  if (userId === null || groupId === null || mode === null) return;
  const own = requireFacts(fs, path);
  let kept = own;
  if (own.userId !== userId || own.groupId !== groupId) {
    unlessRefused(() => fs.setOwner(path, userId, groupId));
    kept = requireFacts(fs, path);
  }
  if (original.kind === "link") return;
  // Users of a group that is not kept are among the others now, who may have been allowed more.
  const lostWithGroup = 0o2070 | (~(mode >>> 3) & 0o007);
  const lost = (kept.userId === userId ? 0 : 0o4000) |
    (kept.groupId === groupId ? 0 : lostWithGroup);
  unlessRefused(() => fs.setMode(path, mode & ~lost));
}

/** File systems without owners or permissions, and users who may not set them, are no failure. */
function unlessRefused(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/**
 * Copies a file, a link or a directory with everything in it, syncs the copy, and compares it with
 * the original by the digests of what is in them.
 *
 * @param fs The file system.
 * @param source The original.
 * @param target The copy, which does not exist yet.
 * @throws {OperationError} The original has changed while it was copied, the copy is not the same,
 * or something in it is neither file, nor link, nor directory.
 */
export function copyTree(fs: WriteFs, source: string, target: string): void {
  const before = stampTree(fs, source);
  const originalDigest = copyEntries(fs, source, target);
  const copyDigest = digestTree(fs, target);
  if (stampTree(fs, source) !== before) throw createChangedError(source);
  if (copyDigest !== originalDigest) {
    throw new OperationError("write-failed", `The copy of ${source} is not the same`, {
      path: target,
      hint: "Look into the kernel's log for errors of the disk or the memory.",
    });
  }
}

function copyEntries(fs: WriteFs, source: string, target: string): string {
  const hash = createHash("sha256");
  const directories: { path: string; facts: EntryFacts }[] = [];
  for (const entry of walkTree(fs, source)) {
    const path = entry.name === "" ? target : join(target, entry.name);
    addToDigest(hash, entry, copyEntry(fs, entry, path));
    if (entry.facts.kind === "directory") directories.push({ path, facts: entry.facts });
  }
  // Last of all, for every entry that is made changes the times of its directory.
  for (const { path, facts } of directories.reverse()) {
    copyAttributes(fs, facts, path);
    fs.syncDirectory(path);
  }
  return hash.digest("hex");
}

/** Copies one entry and returns what its content is known by. */
function copyEntry(fs: WriteFs, { path: source, facts }: TreeEntry, path: string): string {
  switch (facts.kind) {
    case "file":
      return copyFile(fs, source, path);
    case "directory":
      fs.makeDirectory(path, PRIVATE_DIRECTORY_MODE);
      return "";
    case "link": {
      const destination = fs.readLink(source);
      fs.makeSymbolicLink(destination, path);
      copyAttributes(fs, facts, path);
      return destination;
    }
    case "other":
      throw new OperationError("write-failed", `${source} is no file and cannot be copied`, {
        path: source,
        hint: "Remove the socket, pipe or device; a store has none. Nothing was changed.",
      });
  }
}

/**
 * Takes a digest of everything that is in a file, a link or a directory: names, kinds, contents.
 *
 * @param fs The file system.
 * @param root The entry.
 * @returns 64 hexadecimal digits.
 * @throws {OperationError} Something cannot be read.
 */
export function digestTree(fs: WriteFs, root: string): string {
  const hash = createHash("sha256");
  for (const entry of walkTree(fs, root)) {
    const { kind } = entry.facts;
    const content = kind === "file"
      ? digestFile(fs, entry.path)
      : kind === "link"
      ? fs.readLink(entry.path)
      : "";
    addToDigest(hash, entry, content);
  }
  return hash.digest("hex");
}

function addToDigest(hash: Hash, { name, facts }: TreeEntry, content: string): void {
  hash.update(`${JSON.stringify([name, facts.kind, content])}\n`);
}

/** What changes when anything in a tree is written to. */
function stampTree(fs: WriteFs, root: string): string {
  const stamps = Array.from(walkTree(fs, root), ({ name, facts }) => {
    const { kind, sizeBytes, modifiedMs, inode } = facts;
    return [name, kind, kind === "directory" ? 0 : sizeBytes, modifiedMs, inode];
  });
  return JSON.stringify(stamps);
}

function requireFacts(fs: WriteFs, path: string): EntryFacts {
  const facts = fs.look(path);
  if (facts === null) throw createChangedError(path);
  return facts;
}

function createChangedError(path: string): OperationError {
  return new OperationError("busy", `${path} was changed while it was copied`, {
    path,
    hint: `Stop every process that uses ${dirname(path)} and try again; nothing was changed.`,
  });
}
