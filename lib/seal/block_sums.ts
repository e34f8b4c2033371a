/**
 * Checksums of a file, block by block.
 *
 * The checksum is CRC-32, as gzip and PNG have it (docs/decisions/0005-checksums-of-a-seal.md): it
 * finds every change within 32 consecutive bits of a block and every change of one or two bits, and
 * misses one in 2^32 of all others.
 *
 * @module
 */

import { crc32 } from "../base/node_library.ts";
import { letOthersRun } from "../base/turns.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";
import { CHUNK_SIZE_BYTES } from "../fs/read_fs.ts";
import type { ReadableFile } from "../fs/write_fs.ts";

/** How many bytes have one checksum; the last block of a file can be shorter. */
export const BLOCK_SIZE_BYTES = 1 << 16;

/** How many bytes are read before others get their turn. */
const TURN_BYTES = 32 << 20;

/** How blocks are read. */
export interface ReadBlocksOptions {
  /** Ends the reading when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Is told how many bytes were read. */
  readonly onRead?: ((sizeBytes: number) => void) | undefined;
}

/** Tells how many blocks a file has. */
export function countBlocks(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_SIZE_BYTES);
}

/**
 * Computes the checksum of every block of a file.
 *
 * @param file The file.
 * @param options What ends it, and who is told of progress.
 * @returns One checksum for each block; fewer where the file has become shorter meanwhile.
 * @throws {OperationError} The file cannot be read, or the signal was aborted.
 */
export async function sumBlocks(
  file: ReadableFile,
  { signal, onRead }: ReadBlocksOptions = {},
): Promise<Uint32Array> {
  const sums = new Uint32Array(countBlocks(file.sizeBytes));
  const buffer = new Uint8Array(CHUNK_SIZE_BYTES);
  let filled = 0;
  let sinceTurnBytes = 0;
  for (let offset = 0; offset < file.sizeBytes; offset += CHUNK_SIZE_BYTES) {
    const wanted = Math.min(CHUNK_SIZE_BYTES, file.sizeBytes - offset);
    const chunk = file.readAt(offset, buffer.subarray(0, wanted));
    for (let start = 0; start < chunk.byteLength; start += BLOCK_SIZE_BYTES) {
      sums[filled++] = crc32(chunk.subarray(start, start + BLOCK_SIZE_BYTES));
    }
    onRead?.(chunk.byteLength);
    sinceTurnBytes += chunk.byteLength;
    if (chunk.byteLength < wanted) break;
    if (sinceTurnBytes < TURN_BYTES) continue;
    sinceTurnBytes = 0;
    await letOthersRun();
    throwIfCancelled(signal);
  }
  return sums.subarray(0, filled);
}
