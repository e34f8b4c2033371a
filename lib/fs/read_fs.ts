/**
 * Reading files of a store: bounded, in chunks, and with a second try before a read has failed.
 *
 * @module
 */

import { OperationError, toOperationError } from "../base/errors.ts";
import { nodeFs } from "../base/node_library.ts";
import type { FileStamp } from "../model/store.ts";

/** How many bytes one chunk of a streamed file holds at the most. */
export const CHUNK_SIZE_BYTES = 1 << 20;

/** A file that is open for reading; no read passes the size that it had when it was opened. */
export class BoundedFile implements Disposable {
  readonly #file: Deno.FsFile;
  /** The path, for messages. */
  readonly path: string;
  /** The length in bytes when the file was opened. */
  readonly sizeBytes: number;

  private constructor(file: Deno.FsFile, path: string, sizeBytes: number) {
    this.#file = file;
    this.path = path;
    this.sizeBytes = sizeBytes;
  }

  /**
   * Opens a file for reading.
   *
   * @param path The file.
   * @returns The open file.
   * @throws {OperationError} It does not exist, is not readable, or is no regular file.
   */
  static open(path: string): BoundedFile {
    try {
      requireFile(Deno.statSync(path), path);
      const file = Deno.openSync(path, { read: true });
      return new BoundedFile(file, path, file.statSync().size);
    } catch (error) {
      throw toOperationError(error, path);
    }
  }

  /**
   * Fills `target` from `offset` on.
   *
   * @param offset Where to read, in bytes from the start of the file.
   * @param target Where the bytes go.
   * @returns The part of `target` that was filled; shorter only where the file ends.
   * @throws {OperationError} The read failed twice.
   */
  readAt(offset: number, target: Uint8Array): Uint8Array {
    try {
      return this.#readAt(offset, target);
    } catch {
      // Transient errors of disks and network file systems are not damage: one more try.
      try {
        return this.#readAt(offset, target);
      } catch (error) {
        throw toOperationError(error, this.path);
      }
    }
  }

  /** Reads `sizeBytes` bytes from `offset` on into a fresh array; fewer where the file ends. */
  read(offset: number, sizeBytes: number): Uint8Array {
    const available = Math.max(0, Math.min(sizeBytes, this.sizeBytes - offset));
    return this.readAt(offset, new Uint8Array(available));
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }

  #readAt(offset: number, target: Uint8Array): Uint8Array {
    this.#file.seekSync(offset, Deno.SeekMode.Start);
    let filled = 0;
    while (filled < target.byteLength) {
      const count = this.#file.readSync(target.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return target.subarray(0, filled);
  }
}

/**
 * Makes sure that something is a file before it is opened: who opens a pipe waits until somebody
 * writes to it, and a device may never end.
 *
 * @param info What the system says of it; links were followed.
 * @param path Where it is, for messages.
 * @throws {OperationError} It is a directory, a pipe, a device or a socket.
 */
export function requireFile(info: Deno.FileInfo, path: string): void {
  if (info.isFile) return;
  const what = info.isDirectory ? "a directory" : info.isFifo ? "a pipe" : "a device or a socket";
  throw new OperationError("read-failed", `Not a file but ${what}: ${path}`, {
    path,
    hint: "Nothing was read from it. Name a file, or move away what stands in the place of one.",
  });
}

/**
 * Reads the beginning of a file into a buffer; for thousands of small files it is what costs least.
 *
 * @param path The file.
 * @param target Where the bytes go; no more are read than it takes.
 * @returns The part of it that was filled; shorter where the file ends.
 * @throws {OperationError} The file cannot be read; it was tried twice.
 */
export function readInto(path: string, target: Uint8Array): Uint8Array {
  try {
    return tryReadInto(path, target);
  } catch {
    // Transient errors of disks and network file systems are not damage: one more try.
    using file = BoundedFile.open(path);
    return file.readAt(0, target);
  }
}

/** Measured: it takes two thirds of the time that the runtime's own calls take. */
function tryReadInto(path: string, target: Uint8Array): Uint8Array {
  const { closeSync, constants, openSync, readSync } = nodeFs();
  // A pipe that has taken the place of a file is empty then, and no reader waits at it for ever.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    let filled = 0;
    while (filled < target.byteLength) {
      const count = readSync(file, target, filled, target.byteLength - filled, null);
      if (count === 0) break;
      filled += count;
    }
    return target.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/**
 * Takes the stamp by which a change of a file is noticed.
 *
 * @param path The file on the disk.
 * @param name The file as the stamp names it: relative to the store, with forward slashes.
 * @returns The stamp, or null when there is no such file.
 * @throws {OperationError} The file cannot be looked at.
 */
export function stampFile(path: string, name: string): FileStamp | null {
  try {
    return toFileStamp(name, Deno.statSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw toOperationError(error, path);
  }
}

/** Makes the stamp of an entry, which is named as {@linkcode stampFile} names it. */
export function toFileStamp(name: string, info: Deno.FileInfo): FileStamp {
  return {
    path: name,
    sizeBytes: info.size,
    modifiedMs: info.mtime?.getTime() ?? 0,
    changedMs: info.ctime?.getTime() ?? null,
    inode: info.ino,
  };
}
