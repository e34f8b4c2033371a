/**
 * What older copies there are of a store, or of parts of it: its backups, and what was moved aside.
 *
 * @module
 */

import { join } from "@std/path";
import { isTrusted, listBackups, type ListedBackup, selectOwn } from "../backup/catalogue.ts";
import { FILES_DIRECTORY_NAME } from "../backup/manifest.ts";
import { backupPlaceOf } from "../backup/place.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { listEntries, locationOf, type QuarantineEntry } from "../quarantine/entries.ts";
import { DATA_NAME } from "../quarantine/manifest.ts";
import type { OlderCopy } from "../stores/repair_format.ts";

/**
 * Finds the older copies of a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns The copies, the newest first. Of backups only those that are known to be good.
 * @throws {OperationError} They cannot be listed.
 */
export function findOlderCopies(fs: WriteFs, store: string): OlderCopy[] {
  const place = backupPlaceOf(fs, store);
  const backups = selectOwn(fs, listBackups(place.directory, { fs }).backups, place);
  const entries = listEntries(store, { fs }).entries;
  return [
    ...backups.filter(isTrusted).map(toCopyOfBackup),
    ...entries.flatMap((entry) => toCopiesOfEntry(fs, entry)),
  ].sort((first, second) => Date.parse(second.createdAt) - Date.parse(first.createdAt));
}

function toCopyOfBackup({ id, directory, manifest }: ListedBackup): OlderCopy {
  return {
    label: `${manifest.scope === "all" ? "the backup" : "the backup of metadata"} ${id}`,
    directory: join(directory, FILES_DIRECTORY_NAME),
    createdAt: manifest.createdAt,
    isWhole: manifest.scope === "all",
  };
}

function toCopiesOfEntry(fs: WriteFs, entry: QuarantineEntry): OlderCopy[] {
  return [entry.directory, ...locationOf(fs, entry)]
    .map((place) => join(place, DATA_NAME))
    .filter((directory) => fs.look(directory)?.kind === "directory")
    .map((directory) => ({
      label: `the quarantine ${entry.id}`,
      directory,
      createdAt: entry.manifest.createdAt,
      isWhole: false,
    }));
}
