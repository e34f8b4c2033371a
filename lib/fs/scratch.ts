/**
 * Private copies of files, in a directory of the system for temporary files: the only thing that a
 * check ever writes.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError, toOperationError } from "../base/errors.ts";
import { isZero } from "./copy.ts";
import { localFs } from "./platform.ts";
import { BoundedFile, CHUNK_SIZE_BYTES } from "./read_fs.ts";
import { removeTree } from "./tree.ts";
import type { WritableFile } from "./write_fs.ts";

/** What a system counts the room in that a file takes. */
const BLOCK_UNIT_BYTES = 512;

/** A directory of this process alone, removed with everything in it when it is released. */
export class ScratchDirectory implements Disposable {
  /** The directory. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes a directory that only this user can enter.
   *
   * @returns The directory; the caller removes it.
   * @throws {OperationError} There is no room or no permission.
   */
  static create(): ScratchDirectory {
    try {
      return new ScratchDirectory(localFs.makeTemporaryDirectory("vecfsck-"));
    } catch (error) {
      throw toScratchError(error, "the directory for temporary files");
    }
  }

  /**
   * Makes a directory within one that its owner removes.
   *
   * @param parent The other directory.
   * @param name Its name there.
   * @returns The directory; the caller removes it.
   * @throws {OperationError} There is no room or no permission.
   */
  static within(parent: string, name: string): ScratchDirectory {
    const path = join(parent, name);
    try {
      localFs.makeDirectory(path, 0o700);
      return new ScratchDirectory(path);
    } catch (error) {
      throw toScratchError(error, path);
    }
  }

  /**
   * Copies a file into the directory, as long as it was when the copy began. Where it has holes, the
   * copy has them too: a file of a few bytes may say that it is as long as the disk.
   *
   * @param source The file.
   * @param name Its name in the directory.
   * @param trailer Bytes that the copy gets at its end and the file does not have.
   * @returns The path of the copy, which its owner can write.
   * @throws {OperationError} The file cannot be read, or the copy cannot be written.
   */
  copyIn(source: string, name: string, trailer: Uint8Array = new Uint8Array()): string {
    const target = join(this.path, name);
    using file = BoundedFile.open(source);
    using copy = openTarget(target);
    const hasHoles = isSparse(source, file.sizeBytes);
    const buffer = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, file.sizeBytes));
    let offset = 0;
    while (offset < file.sizeBytes) {
      const wanted = Math.min(buffer.byteLength, file.sizeBytes - offset);
      const chunk = file.readAt(offset, buffer.subarray(0, wanted));
      if (chunk.byteLength === 0) break;
      offset += chunk.byteLength;
      if (hasHoles && isZero(chunk)) writing(target, () => copy.seek(offset));
      else writeAll(copy, chunk, target);
    }
    if (hasHoles) writing(target, () => copy.setSize(offset));
    writeAll(copy, trailer, target);
    return target;
  }

  /** Removes the directory and everything in it; does nothing the second time. */
  remove(): void {
    try {
      removeTree(localFs, this.path);
    } catch (error) {
      throw toScratchError(error, this.path);
    }
  }

  /** Removes the directory at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.remove();
  }
}

/** A new file in a scratch directory, for bytes that come one after another. */
export class ScratchFile implements Disposable {
  readonly #file: WritableFile;
  /** Where it is. */
  readonly path: string;

  private constructor(file: WritableFile, path: string) {
    this.#file = file;
    this.path = path;
  }

  /**
   * Makes a file.
   *
   * @param path Where: in a scratch directory, which its owner removes.
   * @returns The open file.
   * @throws {OperationError} There is no room or no permission.
   */
  static create(path: string): ScratchFile {
    return new ScratchFile(openTarget(path), path);
  }

  /**
   * Writes on.
   *
   * @param bytes What is written.
   * @throws {OperationError} There is no room, or the write failed.
   */
  write(bytes: Uint8Array): void {
    writeAll(this.#file, bytes, this.path);
  }

  /** Closes it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

function openTarget(path: string): WritableFile {
  try {
    return localFs.createFile(path, 0o600);
  } catch (error) {
    throw toScratchError(error, path);
  }
}

function writeAll(file: WritableFile, bytes: Uint8Array, path: string): void {
  writing(path, () => {
    for (let written = 0; written < bytes.byteLength;) {
      written += file.write(bytes.subarray(written));
    }
  });
}

function writing(path: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    throw toScratchError(error, path);
  }
}

/** Whether a file takes less room than it is long. */
function isSparse(path: string, sizeBytes: number): boolean {
  try {
    const { blocks } = Deno.statSync(path);
    return blocks !== null && blocks * BLOCK_UNIT_BYTES < sizeBytes;
  } catch {
    return false;
  }
}

function toScratchError(error: unknown, path: string): OperationError {
  const { code, message } = toOperationError(error, path);
  const noSpace = code === "no-space";
  return new OperationError(
    noSpace ? code : "write-failed",
    noSpace
      ? message
      : `Cannot write to ${path}: ${error instanceof Error ? error.message : error}`,
    {
      path,
      hint: "The check needs room there for a copy of what it reads; TMPDIR names another place.",
      cause: error,
    },
  );
}
