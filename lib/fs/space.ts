/**
 * Looking for room before something large is written.
 *
 * The system's answer (statfs) needs a permission that vecfsck does not ask for. Without it the only
 * honest answer is to take the room and give it back: bytes that do not compress are written to a
 * temporary file, which is removed at once. Setting a length reserves nothing and is no answer.
 * Measured on ext4: 0.18 s for 430 MB on an idle machine, none of which reaches the disk, and eight
 * times as long on a busy one. What is larger than the most that is tried is tried in part; the copy
 * itself fails cleanly where the rest has no room.
 *
 * Either answer can be old when the copy begins, so every copy is written under a temporary name
 * and removed when it fails.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import { writeAll } from "./copy.ts";
import { temporaryPathBeside } from "./names.ts";
import { localFs } from "./platform.ts";
import { CHUNK_SIZE_BYTES } from "./read_fs.ts";
import type { WriteFs } from "./write_fs.ts";
import { toWriteError } from "./write_errors.ts";

/** How room is looked for. */
export interface SpaceOptions {
  /** The most that is written to try, in bytes; 128 MiB by default. */
  mostProbedBytes?: number;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** What is known of the room. */
export interface SpaceAnswer {
  /** Whether the system has told, or it was tried. */
  readonly how: "told" | "tried";
  /** How many bytes there is surely room for, or was at that moment. */
  readonly assuredBytes: number;
}

/**
 * So a full disk is found before anything is done, and one that is nearly full ends the copy. More
 * would take as long as the copy itself, and press out of memory what is going to be read.
 */
const MOST_PROBED_BYTES = 128 << 20;

/**
 * Makes sure that there is room, as far as that can be known.
 *
 * @param directory Where something will be written; it exists.
 * @param sizeBytes How much.
 * @param options How much is tried at the most.
 * @returns How it is known, and for how much.
 * @throws {OperationError} `no-space`, or nothing can be written there at all.
 *
 * @example
 * ```ts ignore
 * requireSpace("/backup", 430_000_000);
 * ```
 */
export function requireSpace(
  directory: string,
  sizeBytes: number,
  options: SpaceOptions = {},
): SpaceAnswer {
  const { fs = localFs, mostProbedBytes = MOST_PROBED_BYTES } = options;
  try {
    const freeBytes = fs.freeBytes(directory);
    if (freeBytes === null) {
      const probedBytes = Math.min(sizeBytes, mostProbedBytes);
      probe(fs, directory, probedBytes);
      return { how: "tried", assuredBytes: probedBytes };
    }
    if (freeBytes >= sizeBytes) return { how: "told", assuredBytes: freeBytes };
    throw createSpaceError(directory, sizeBytes, { freeBytes });
  } catch (error) {
    const failure = toWriteError(error, directory);
    if (failure.code !== "no-space" || error instanceof OperationError) throw failure;
    throw createSpaceError(directory, sizeBytes, { cause: error });
  }
}

function probe(fs: WriteFs, directory: string, sizeBytes: number): void {
  if (sizeBytes === 0) return;
  const path = temporaryPathBeside(fs, join(directory, "space"), "new");
  const bytes = createNoise(Math.min(sizeBytes, CHUNK_SIZE_BYTES));
  const file = fs.createFile(path, 0o600);
  try {
    for (let offset = 0; offset < sizeBytes; offset += bytes.byteLength) {
      writeAll(file, bytes.subarray(0, sizeBytes - offset), path);
    }
  } finally {
    file[Symbol.dispose]();
    fs.removeFile(path);
  }
}

/** Bytes that no file system makes smaller: most compress and join blocks of up to 128 KiB. */
function createNoise(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  // The system gives no more than 64 KiB at a time.
  for (let offset = 0; offset < sizeBytes; offset += 65_536) {
    crypto.getRandomValues(bytes.subarray(offset, offset + 65_536));
  }
  return bytes;
}

function createSpaceError(
  directory: string,
  sizeBytes: number,
  known: { freeBytes?: number; cause?: unknown },
): OperationError {
  const { freeBytes, cause } = known;
  const free = freeBytes === undefined ? "" : `; ${formatBytes(freeBytes)} are free`;
  return new OperationError(
    "no-space",
    `There is no room for ${formatBytes(sizeBytes)} in ${directory}${free}`,
    {
      path: directory,
      hint: "Free some space there, or choose another place; nothing was changed.",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
