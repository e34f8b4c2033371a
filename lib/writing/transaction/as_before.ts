/**
 * Whether a store is what a backup of it says, without reading a byte of what it holds.
 *
 * @module
 */

import type { BackupFile, BackupManifest } from "../../backup/manifest.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import type { FileStamp } from "../../model/store.ts";
import { stampStore } from "../../quarantine/store_stamps.ts";

/**
 * Tells whether nothing was written to a store since a backup was made of it, or since it was
 * restored from that.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param manifest What the backup holds.
 * @returns Whether every file has the length and the time of one of the two, and there is no other.
 */
export function isAsBefore(fs: WriteFs, store: string, manifest: BackupManifest): boolean {
  if (fs.look(store)?.kind !== "directory") return false;
  const known = new Map(manifest.files.map((file) => [file.path, file]));
  const leftOut = new Set(manifest.leftOut.map(({ path }) => path));
  for (const stamp of stampStore(fs, store)) {
    const file = known.get(stamp.path);
    if (file === undefined && isLeftOut(stamp.path, leftOut)) continue;
    if (file === undefined || !isSame(file, stamp)) return false;
    known.delete(stamp.path);
  }
  return known.size === 0;
}

function isLeftOut(path: string, leftOut: ReadonlySet<string>): boolean {
  const parts = path.split("/");
  return parts.some((_, index) => leftOut.has(parts.slice(0, index + 1).join("/")));
}

function isSame(file: BackupFile, { sizeBytes, modifiedMs }: FileStamp): boolean {
  return [file.source, file].some((known) =>
    known.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs
  );
}
