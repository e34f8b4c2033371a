/**
 * The line of `--json` about a seal, described in `docs/json.md`.
 *
 * @module
 */

import { SCHEMA_VERSION } from "../model/report.ts";
import { BLOCK_SIZE_BYTES } from "../seal/block_sums.ts";
import type { SealFile } from "../seal/seal_file.ts";
import type { JsonLine } from "./json.ts";

/** A seal. */
export interface SealLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "seal";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The file of the seal. */
  readonly path: string;
  /** When the store was sealed. */
  readonly createdAt: string;
  /** Whether nothing was damaged then. */
  readonly sound: boolean;
  /** How many files were sealed. */
  readonly files: number;
  /** How many bytes they have. */
  readonly sizeBytes: number;
  /** How many bytes have one checksum. */
  readonly blockSizeBytes: number;
  /** How many bytes the seal has. */
  readonly sealSizeBytes: number;
  /** How many entries of the store were not sealed. */
  readonly leftOut: number;
}

/**
 * Turns a seal into its line.
 *
 * @param file The seal, and where it is.
 * @param leftOut How many entries of the store were not sealed.
 * @returns The line.
 */
export function toSealLine({ path, sizeBytes, seal }: SealFile, leftOut: number): SealLine {
  return {
    type: "seal",
    schema: SCHEMA_VERSION,
    store: seal.store,
    path,
    createdAt: seal.createdAt,
    sound: seal.isSound,
    files: seal.files.length,
    sizeBytes: seal.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    blockSizeBytes: BLOCK_SIZE_BYTES,
    sealSizeBytes: sizeBytes,
    leftOut,
  };
}
