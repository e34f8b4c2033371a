/**
 * Reading and copying large files in steps, so that a signal gets its turn in between.
 *
 * @module
 */

import { createHash } from "../base/node_library.ts";
import { dirname } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { letOthersRun } from "../base/turns.ts";
import { copyAttributes, copyFile, requireSize, writeAll } from "../fs/copy.ts";
import { CHUNK_SIZE_BYTES } from "../fs/read_fs.ts";
import type { WriteFs } from "../fs/write_fs.ts";

/** A tenth of a second or two of work. */
const STEP_SIZE_BYTES = 64 << 20;

const PRIVATE_FILE_MODE = 0o600;

/**
 * Takes the SHA-256 of a file.
 *
 * @param fs The file system.
 * @param path The file.
 * @param signal Ends the work when it is aborted.
 * @returns 64 hexadecimal digits.
 * @throws {OperationError} It cannot be read.
 */
export async function digestInSteps(
  fs: WriteFs,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  await stream(fs, path, signal, (chunk) => void hash.update(chunk));
  return hash.digest("hex");
}

/**
 * Copies a file with its permissions and times. The copy is not synced.
 *
 * @param fs The file system.
 * @param source The file.
 * @param target The copy, which does not exist yet.
 * @param signal Ends the work when it is aborted.
 * @returns The SHA-256 of the bytes that were read.
 * @throws {OperationError} The file is gone, has become shorter, or cannot be read.
 */
export async function copyInSteps(
  fs: WriteFs,
  source: string,
  target: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const facts = fs.look(source);
  if (facts === null) throw createChangedError(source);
  // Holes are rare, and kept by the one who knows how.
  const isSparse = facts.allocatedBytes !== null && facts.allocatedBytes < facts.sizeBytes;
  if (isSparse) return copyFile(fs, source, target);
  const hash = createHash("sha256");
  using copy = fs.createFile(target, PRIVATE_FILE_MODE);
  const sizeBytes = await stream(fs, source, signal, (chunk) => {
    hash.update(chunk);
    writeAll(copy, chunk, target);
  });
  requireSize(copy, sizeBytes, target);
  copyAttributes(fs, facts, target);
  return hash.digest("hex");
}

async function stream(
  fs: WriteFs,
  path: string,
  signal: AbortSignal | undefined,
  take: (chunk: Uint8Array) => void,
): Promise<number> {
  using file = fs.openForReading(path);
  const buffer = new Uint8Array(Math.min(CHUNK_SIZE_BYTES, file.sizeBytes));
  let offset = 0;
  for (let step = STEP_SIZE_BYTES; offset < file.sizeBytes;) {
    const chunk = file.readAt(offset, buffer.subarray(0, file.sizeBytes - offset));
    if (chunk.byteLength === 0) throw createChangedError(path);
    take(chunk);
    offset += chunk.byteLength;
    if (offset < step) continue;
    step += STEP_SIZE_BYTES;
    await letOthersRun();
    signal?.throwIfAborted();
  }
  return offset;
}

function createChangedError(path: string): OperationError {
  return new OperationError("busy", `${path} was changed while it was read`, {
    path,
    hint: `Stop every process that uses ${dirname(path)} and try again; nothing was changed.`,
  });
}
