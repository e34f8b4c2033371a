/**
 * The only caller of write operations in the whole project.
 *
 * {@linkcode WriteFs} is a plain record of functions, so that another world is a spread with some of
 * them replaced: `platform.ts` adapts it to the operating system, tests put memory, faults and power
 * cuts beneath it. Errors of the system pass through it unchanged; `write_errors.ts` reads them.
 *
 * @module
 */

import { nodeFs } from "../base/node_library.ts";
import { BoundedFile } from "./read_fs.ts";

/** What an entry of a directory is; links are not followed. */
export type EntryKind = "file" | "directory" | "link" | "other";

/** What is known of an entry without opening it. */
export interface EntryFacts {
  /** What it is. */
  readonly kind: EntryKind;
  /** The length in bytes. */
  readonly sizeBytes: number;
  /** Bytes that it takes on the disk, or null where the system does not tell. */
  readonly allocatedBytes: number | null;
  /** The twelve bits of its permissions, or null where the system has none. */
  readonly mode: number | null;
  /** The owner, or null where the system has none. */
  readonly userId: number | null;
  /** The group, or null where the system has none. */
  readonly groupId: number | null;
  /** When it was last read, in milliseconds; the runtime tells no finer. */
  readonly accessedMs: number;
  /** When it was last written, in milliseconds; the runtime tells no finer. */
  readonly modifiedMs: number;
  /** The file system that it is on. */
  readonly device: number;
  /** Its number there, or null where the system has none. */
  readonly inode: number | null;
}

/** A file that is open for reading. */
export interface ReadableFile extends Disposable {
  /** The length in bytes when it was opened. */
  readonly sizeBytes: number;
  /** Fills `target` from `offset` on and returns the part that was filled. */
  readAt(offset: number, target: Uint8Array): Uint8Array;
}

/** A new file that is open for writing. */
export interface WritableFile extends Disposable {
  /** Writes on and returns how many bytes were written, which may be fewer than given. */
  write(bytes: Uint8Array): number;
  /** Goes to where the next bytes are written; what is passed over is a hole. */
  seek(offset: number): void;
  /** Sets the length; what is added is a hole. */
  setSize(sizeBytes: number): void;
  /** Looks at the open file. */
  look(): EntryFacts;
  /** Waits until data and attributes are on the disk. */
  sync(): void;
}

/** A lock that ends by itself when its process does. */
export interface HeldLock {
  /** Looks at what was locked, wherever it is now. */
  look(): EntryFacts;
  /** Ends the lock; does nothing the second time. */
  release(): void;
}

/** Where files are written. Every function throws the system's error, unless it says otherwise. */
export interface WriteFs {
  /** Looks at an entry without following a link; null when there is none. */
  readonly look: (path: string) => EntryFacts | null;
  /** Lists the names in a directory, sorted. */
  readonly list: (path: string) => string[];
  /** Reads where a symbolic link leads. */
  readonly readLink: (path: string) => string;
  /** Resolves every link in the path of an entry that exists. */
  readonly resolve: (path: string) => string;
  /** Opens a file for reading; throws an `OperationError`. */
  readonly openForReading: (path: string) => ReadableFile;
  /** Makes a file that does not exist yet; the system takes its umask from the mode. */
  readonly createFile: (path: string, mode: number) => WritableFile;
  /**
   * Opens a file that exists to write over parts of it: for private copies alone, for whoever is
   * interrupted leaves neither the old bytes nor the new ones. A link is refused.
   */
  readonly openForPatching: (path: string) => WritableFile;
  /**
   * Opens a file to write on at its end, whoever else does so, or makes it: for logs alone. The
   * system takes its umask from the mode.
   */
  readonly openForAppending: (path: string, mode: number) => WritableFile;
  /** Makes a directory that does not exist yet; the system takes its umask from the mode. */
  readonly makeDirectory: (path: string, mode: number) => void;
  /** Makes a directory for temporary files that only this user can enter. */
  readonly makeTemporaryDirectory: (prefix: string) => string;
  /** Makes a symbolic link. */
  readonly makeSymbolicLink: (target: string, path: string) => void;
  /** Gives a file a second name that does not exist yet. */
  readonly linkFile: (existing: string, path: string) => void;
  /** Renames; what has the new name already is replaced where the system allows it. */
  readonly rename: (from: string, to: string) => void;
  /** Removes a file or a link. */
  readonly removeFile: (path: string) => void;
  /** Removes an empty directory. */
  readonly removeDirectory: (path: string) => void;
  /** Sets the permissions. */
  readonly setMode: (path: string, mode: number) => void;
  /** Sets owner and group, of the link itself where it is one. */
  readonly setOwner: (path: string, userId: number, groupId: number) => void;
  /** Sets the times, of the link itself where it is one. */
  readonly setTimes: (path: string, accessedMs: number, modifiedMs: number) => void;
  /** Waits until a file's data and attributes are on the disk. */
  readonly syncFile: (path: string) => void;
  /** The same, while others run: many files that wait together wait for far fewer commits. */
  readonly syncFileInBackground: (path: string) => Promise<void>;
  /** Waits until the names in a directory are on the disk. */
  readonly syncDirectory: (path: string) => void;
  /** Takes the lock of a file or a directory without waiting; null while another holds it. */
  readonly tryLock: (path: string) => HeldLock | null;
  /** Tells how many bytes this user can still write, or null where that may not be asked. */
  readonly freeBytes: (path: string) => number | null;
  /** Makes up 16 hexadecimal digits that were never used. */
  readonly makeId: () => string;
}

/** Windows syncs only what may be written. */
const SYNC_FILE_OPTIONS: Deno.OpenOptions = { read: true, write: Deno.build.os === "windows" };

/** The files of this machine, as Deno gives them. Callers take `localFs` of `platform.ts`. */
export const denoFs: WriteFs = {
  look: (path) => unlessMissing(() => toEntryFacts(Deno.lstatSync(path))),
  list: (path) => Array.from(Deno.readDirSync(path), (entry) => entry.name).sort(),
  readLink: (path) => Deno.readLinkSync(path),
  resolve: (path) => Deno.realPathSync(path),
  openForReading: (path) => BoundedFile.open(path),
  createFile: (path, mode) =>
    new DenoWritableFile(Deno.openSync(path, { write: true, createNew: true, mode })),
  openForPatching: (path) => {
    if (!Deno.lstatSync(path).isFile) throw new Deno.errors.FilesystemLoop(`Not a file: ${path}`);
    return new DenoWritableFile(Deno.openSync(path, { write: true }));
  },
  openForAppending: (path, mode) =>
    new DenoWritableFile(Deno.openSync(path, { append: true, create: true, mode })),
  makeDirectory: (path, mode) => Deno.mkdirSync(path, { mode }),
  makeTemporaryDirectory: (prefix) => Deno.makeTempDirSync({ prefix }),
  makeSymbolicLink: (target, path) => Deno.symlinkSync(target, path),
  linkFile: (existing, path) => Deno.linkSync(existing, path),
  rename: (from, to) => Deno.renameSync(from, to),
  removeFile: (path) => Deno.removeSync(path),
  removeDirectory: (path) => Deno.removeSync(path),
  setMode: (path, mode) => Deno.chmodSync(path, mode),
  setOwner: (path, userId, groupId) => nodeFs().lchownSync(path, userId, groupId),
  setTimes: (path, accessedMs, modifiedMs) =>
    nodeFs().lutimesSync(path, new Date(accessedMs), new Date(modifiedMs)),
  syncFile: (path) => syncOpened(path, SYNC_FILE_OPTIONS),
  syncFileInBackground: async (path) => {
    using file = Deno.openSync(path, SYNC_FILE_OPTIONS);
    await file.sync();
  },
  syncDirectory: (path) => syncOpened(path, { read: true }),
  tryLock: tryLockOpened,
  freeBytes: readFreeBytes,
  makeId: () => {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  },
};

class DenoWritableFile implements WritableFile {
  readonly #file: Deno.FsFile;

  constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  write(bytes: Uint8Array): number {
    return this.#file.writeSync(bytes);
  }

  seek(offset: number): void {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
  }

  setSize(sizeBytes: number): void {
    this.#file.truncateSync(sizeBytes);
  }

  look(): EntryFacts {
    return toEntryFacts(this.#file.statSync());
  }

  sync(): void {
    this.#file.syncSync();
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

function toEntryFacts(info: Deno.FileInfo): EntryFacts {
  return {
    kind: info.isFile ? "file" : info.isDirectory ? "directory" : info.isSymlink ? "link" : "other",
    sizeBytes: info.size,
    allocatedBytes: info.blocks === null ? null : info.blocks * 512,
    mode: info.mode === null ? null : info.mode & 0o7777,
    userId: info.uid,
    groupId: info.gid,
    accessedMs: info.atime?.getTime() ?? 0,
    modifiedMs: info.mtime?.getTime() ?? 0,
    device: info.dev,
    inode: info.ino,
  };
}

function unlessMissing<T>(action: () => T): T | null {
  try {
    return action();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function syncOpened(path: string, options: Deno.OpenOptions): void {
  using file = Deno.openSync(path, options);
  file.syncSync();
}

function tryLockOpened(path: string): HeldLock | null {
  // Network file systems lock only what is open for writing; a directory never is.
  const write = Deno.lstatSync(path).isFile;
  const file = Deno.openSync(path, { read: true, write });
  let held = false;
  try {
    held = file.tryLockSync(true);
  } finally {
    if (!held) file.close();
  }
  if (!held) return null;
  return {
    look: () => toEntryFacts(file.statSync()),
    release: () => {
      if (!held) return;
      held = false;
      unlockOpened(file);
      file.close();
    },
  };
}

/** A program that is being started has the file open too for a moment: closing it is not enough. */
function unlockOpened(file: Deno.FsFile): void {
  try {
    file.unlockSync();
  } catch {
    // Then the lock ends with the last of those who have it open.
  }
}

function readFreeBytes(path: string): number | null {
  const permission = Deno.permissions.querySync({ name: "sys", kind: "statfs" });
  if (permission.state !== "granted") return null;
  const { bavail, bsize } = nodeFs().statfsSync(path);
  return bavail * bsize;
}
