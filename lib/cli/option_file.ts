/**
 * Reading a small file that an option names. It may be a pipe, such as `<(program)` of a shell.
 *
 * @module
 */

import { concatenate } from "../base/concatenate.ts";
import { OperationError, toOperationError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";

/** A file that an option names. */
export interface OptionFile {
  /** What stands in it. */
  readonly bytes: Uint8Array;
  /** Whether everybody on this machine may read it; false where the system does not tell. */
  readonly isPublic: boolean;
}

/** What is read at a time. */
const CHUNK_SIZE_BYTES = 1 << 16;

/** The bit of a file's mode that lets everybody read it. */
const READ_BY_OTHERS = 0o004;

/**
 * Reads a file to its end.
 *
 * @param option The option, for messages: `--names`.
 * @param path The file.
 * @param mostBytes How many bytes it may have at the most.
 * @returns What stands in it.
 * @throws {OperationError} It cannot be read, is a directory, or has more bytes.
 */
export function readOptionFile(option: string, path: string, mostBytes: number): OptionFile {
  using file = openFile(option, path);
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    const { mode, isFile } = file.statSync();
    for (;;) {
      const chunk = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, mostBytes - sizeBytes + 1));
      const count = file.readSync(chunk);
      if (count === null) break;
      sizeBytes += count;
      if (sizeBytes > mostBytes) throw tooLarge(option, path, mostBytes);
      chunks.push(chunk.subarray(0, count));
    }
    const isPublic = isFile && mode !== null && (mode & READ_BY_OTHERS) !== 0;
    return { bytes: concatenate(chunks), isPublic };
  } catch (error) {
    throw toOperationError(error, path);
  }
}

function openFile(option: string, path: string): Deno.FsFile {
  try {
    if (!Deno.statSync(path).isDirectory) return Deno.openSync(path, { read: true });
  } catch (error) {
    const { code, message } = toOperationError(error, path);
    throw new OperationError(code, message, {
      path,
      hint: `Look at the path behind ${option}; nothing was done.`,
      cause: error,
    });
  }
  throw new OperationError("read-failed", `A directory and no file: ${path}`, {
    path,
    hint: `Name a file behind ${option}; nothing was done.`,
  });
}

function tooLarge(option: string, path: string, mostBytes: number): OperationError {
  return new OperationError("read-failed", `More than ${formatBytes(mostBytes)}: ${path}`, {
    path,
    hint: `Is it the right file behind ${option}? Nothing was done.`,
  });
}
