/**
 * Writing into files of a copy: patches in place, and whole files and directories.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../../base/errors.ts";
import { copyFile, writeAll } from "../../fs/copy.ts";
import { CHUNK_SIZE_BYTES } from "../../fs/read_fs.ts";
import { removeTree } from "../../fs/tree.ts";
import type { WritableFile, WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { DamageNotApplicable } from "./damage.ts";
import type { SeededRandom } from "../../base/seeded_random.ts";

/** The most that is read of a file whose content is changed as a whole. */
const MOST_WHOLE_BYTES = 256 << 20;

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** A file that is patched in place. */
export class PatchFile implements Disposable {
  readonly #fs: WriteFs;
  readonly #file: WritableFile;
  readonly #path: string;

  private constructor(fs: WriteFs, file: WritableFile, path: string) {
    this.#fs = fs;
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens a file that exists.
   *
   * @param fs The file system.
   * @param path The file.
   * @returns The open file.
   * @throws {OperationError} It cannot be opened for writing, or is no file.
   */
  static open(fs: WriteFs, path: string): PatchFile {
    return writing(path, () => new PatchFile(fs, fs.openForPatching(path), path));
  }

  /** How long the file is now. */
  get sizeBytes(): number {
    return writing(this.#path, () => this.#file.look().sizeBytes);
  }

  /** Reads `sizeBytes` bytes; fewer where the file ends. */
  read(offset: number, sizeBytes: number): Uint8Array {
    using file = this.#fs.openForReading(this.#path);
    const availableBytes = Math.max(0, Math.min(sizeBytes, file.sizeBytes - offset));
    return file.readAt(offset, new Uint8Array(availableBytes));
  }

  /** Reads an unsigned 32-bit integer, or null where the file ends before it. */
  readU32(offset: number): number | null {
    const bytes = this.read(offset, 4);
    return bytes.byteLength < 4 ? null : viewOf(bytes).getUint32(0, true);
  }

  /** Writes bytes over those that stand there, and beyond the end where they reach it. */
  write(offset: number, bytes: Uint8Array): void {
    writing(this.#path, () => {
      this.#file.seek(offset);
      writeAll(this.#file, bytes, this.#path);
    });
  }

  /** Writes an unsigned 16-bit integer. */
  writeU16(offset: number, value: number): void {
    this.write(offset, encode(2, (view) => view.setUint16(0, value, true)));
  }

  /** Writes an unsigned 32-bit integer. */
  writeU32(offset: number, value: number): void {
    this.write(offset, encode(4, (view) => view.setUint32(0, value, true)));
  }

  /** Writes a signed 32-bit integer. */
  writeI32(offset: number, value: number): void {
    this.write(offset, encode(4, (view) => view.setInt32(0, value, true)));
  }

  /** Writes an unsigned 64-bit integer. */
  writeU64(offset: number, value: bigint): void {
    this.write(offset, encode(8, (view) => view.setBigUint64(0, value, true)));
  }

  /** Flips one bit; nothing is done beyond the end. */
  flipBit(offset: number, bit: number): void {
    this.write(offset, this.read(offset, 1).map((byte) => byte ^ (1 << bit)));
  }

  /** Overwrites a range with zeros, or with random bytes where a generator is given. */
  fill(offset: number, sizeBytes: number, random?: SeededRandom): void {
    for (let done = 0; done < sizeBytes;) {
      const chunk = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, sizeBytes - done));
      this.write(offset + done, random === undefined ? chunk : random.fill(chunk));
      done += chunk.byteLength;
    }
  }

  /** Cuts the file to a length. */
  truncate(sizeBytes: number): void {
    writing(this.#path, () => this.#file.setSize(sizeBytes));
  }

  /** Closes the file at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/**
 * Removes a file or a directory with all that is in it.
 *
 * @param fs The file system.
 * @param path The file or directory.
 */
export function remove(fs: WriteFs, path: string): void {
  writing(path, () => removeTree(fs, path));
}

/**
 * Renames a file or a directory.
 *
 * @param fs The file system.
 * @param path What is renamed.
 * @param newPath What it is called from then on.
 */
export function rename(fs: WriteFs, path: string, newPath: string): void {
  writing(path, () => fs.rename(path, newPath));
}

/**
 * Makes a file of these bytes, in the place of what stands there.
 *
 * @param fs The file system.
 * @param path The file.
 * @param bytes What is in it.
 */
export function writeWhole(fs: WriteFs, path: string, bytes: Uint8Array): void {
  writing(path, () => {
    removeTree(fs, path);
    using file = fs.createFile(path, FILE_MODE);
    writeAll(file, bytes, path);
  });
}

/**
 * Reads a file that memory has room for.
 *
 * @param fs The file system.
 * @param path The file.
 * @returns Its bytes.
 * @throws {DamageNotApplicable} It is larger than a damage to its whole content reads.
 */
export function readWhole(fs: WriteFs, path: string): Uint8Array {
  using file = fs.openForReading(path);
  if (file.sizeBytes > MOST_WHOLE_BYTES) {
    throw new DamageNotApplicable(`${path} is too large to be changed as a whole`);
  }
  return file.readAt(0, new Uint8Array(file.sizeBytes));
}

/**
 * Lists the regular files of a directory.
 *
 * @param fs The file system.
 * @param path The directory.
 * @returns Their names, sorted.
 */
export function listFileNames(fs: WriteFs, path: string): string[] {
  return reading(
    path,
    () => fs.list(path).filter((name) => fs.look(join(path, name))?.kind === "file"),
  );
}

/**
 * Copies the files of a directory into a new one.
 *
 * @param fs The file system.
 * @param path The directory.
 * @param newPath The new one.
 */
export function copyDirectory(fs: WriteFs, path: string, newPath: string): void {
  writing(newPath, () => {
    fs.makeDirectory(newPath, DIRECTORY_MODE);
    for (const name of listFileNames(fs, path)) {
      copyFile(fs, join(path, name), join(newPath, name));
    }
  });
}

/**
 * Gives a view over bytes, wherever they stand in their buffer.
 *
 * @param bytes The bytes.
 * @returns The view.
 */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encode(sizeBytes: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  write(viewOf(bytes));
  return bytes;
}

function writing<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toWriteError(error, path);
  }
}

function reading<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toOperationError(error, path);
  }
}
