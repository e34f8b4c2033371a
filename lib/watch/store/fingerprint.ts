/**
 * By what is known whether anything was written to a store, without opening a file of it.
 *
 * @module
 */

import { createHash } from "../../base/node_library.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { stampStore } from "../../quarantine/store_stamps.ts";

/** The files of a store at a moment. */
export interface Fingerprint {
  /** Another one where a file has come, is gone, or was written. */
  readonly digest: string;
  /** The bytes of all files. */
  readonly sizeBytes: number;
  /** When a file was last written, in milliseconds since 1970. */
  readonly changedMs: number;
}

/**
 * Takes the fingerprint of a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns The fingerprint.
 * @throws {unknown} The store cannot be looked at.
 */
export function takeFingerprint(fs: WriteFs, store: string): Fingerprint {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let changedMs = 0;
  for (const stamp of stampStore(fs, store)) {
    hash.update(JSON.stringify([stamp.path, stamp.sizeBytes, stamp.modifiedMs, stamp.inode]));
    sizeBytes += stamp.sizeBytes;
    changedMs = Math.max(changedMs, stamp.modifiedMs);
  }
  return { digest: hash.digest("hex"), sizeBytes, changedMs };
}
