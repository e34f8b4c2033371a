/**
 * Writing into files of a copy: patches in place, and whole files and directories.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../../../lib/base/errors.ts";
import { BoundedFile } from "../../../lib/fs/read_fs.ts";
import type { SeededRandom } from "./random.ts";

const CHUNK_SIZE_BYTES = 1 << 20;

/** A file that is patched in place. */
export class PatchFile implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /**
   * Opens a file that exists.
   *
   * @param path The file.
   * @returns The open file.
   * @throws {OperationError} It cannot be opened for writing.
   */
  static open(path: string): PatchFile {
    return guarded(
      path,
      () => new PatchFile(Deno.openSync(path, { read: true, write: true }), path),
    );
  }

  /** How long the file is now. */
  get sizeBytes(): number {
    return guarded(this.#path, () => this.#file.statSync().size);
  }

  /** Reads `sizeBytes` bytes; fewer where the file ends. */
  read(offset: number, sizeBytes: number): Uint8Array {
    using file = BoundedFile.open(this.#path);
    return file.read(offset, sizeBytes);
  }

  /** Reads an unsigned 32-bit integer, or null where the file ends before it. */
  readU32(offset: number): number | null {
    const bytes = this.read(offset, 4);
    return bytes.byteLength < 4 ? null : viewOf(bytes).getUint32(0, true);
  }

  /** Writes bytes over those that stand there, and beyond the end where they reach it. */
  write(offset: number, bytes: Uint8Array): void {
    guarded(this.#path, () => {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let written = 0; written < bytes.byteLength;) {
        written += this.#file.writeSync(bytes.subarray(written));
      }
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
    guarded(this.#path, () => this.#file.truncateSync(sizeBytes));
  }

  /** Closes the file. */
  close(): void {
    this.#file.close();
  }

  /** Closes the file at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Removes a file or a directory with all that is in it. */
export function remove(path: string): void {
  guarded(path, () => Deno.removeSync(path, { recursive: true }));
}

/** Renames a file or a directory. */
export function rename(path: string, newPath: string): void {
  guarded(path, () => Deno.renameSync(path, newPath));
}

/** Makes a file of these bytes. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  guarded(path, () => Deno.writeFileSync(path, bytes));
}

/** Reads a file that memory has room for. */
export function readWhole(path: string): Uint8Array {
  return guarded(path, () => Deno.readFileSync(path));
}

/** Lists the regular files of a directory. */
export function listFileNames(path: string): string[] {
  return guarded(
    path,
    () =>
      Array.from(Deno.readDirSync(path)).filter((entry) => entry.isFile).map((entry) => entry.name),
  );
}

/** Copies the files of a directory into a new one. */
export function copyDirectory(path: string, newPath: string): void {
  guarded(path, () => {
    Deno.mkdirSync(newPath);
    for (const name of listFileNames(path)) {
      Deno.copyFileSync(join(path, name), join(newPath, name));
    }
  });
}

/** A view over bytes, wherever they stand in their buffer. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function encode(sizeBytes: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  write(viewOf(bytes));
  return bytes;
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw toOperationError(error, path);
  }
}
