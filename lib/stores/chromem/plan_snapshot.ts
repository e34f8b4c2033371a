/**
 * What a backup copies of a chromem-go database: every file (`lib/stores/snapshot_walk.ts`), or of
 * the collections their folders and metadata files alone. The latter are a database too: the same
 * collections without documents.
 *
 * @module
 */

import { join } from "@std/path";
import type { Steps } from "../../base/turns.ts";
import { toFileStamp } from "../../fs/read_fs.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../../fs/work_directory.ts";
import type { DetectedStore, SnapshotFile, SnapshotPlan } from "../../model/store.ts";
import { type SnapshotRules, walkSnapshot } from "../snapshot_walk.ts";
import { listEntries, statOrNull } from "../directory.ts";
import { type Extension, isFolderName, METADATA_STEM } from "./layout.ts";

const EXTENSIONS: readonly Extension[] = [".gob", ".gob.gz"];

const RULES: SnapshotRules = {
  // A document is a file, and databases of a million documents are in use.
  mostEntries: 10_000_000,
  isEngines: isFolderName,
  kindOf: () => "file",
};

/**
 * Lists what a backup copies of a database.
 *
 * @param store The database.
 * @returns The files and directories, each with the outer ones first, and what is left out.
 * @throws {OperationError} The directory, or a folder of a collection, cannot be looked at.
 */
export function planChromemSnapshot(store: DetectedStore): Steps<SnapshotPlan> {
  return walkSnapshot(store.path, RULES);
}

/**
 * Lists what alone tells the names of the collections and their metadata. Documents are not looked
 * at, and not even listed: a database may have a million of them.
 *
 * @param store The database.
 * @returns The metadata files with either extension, and the folders that have one.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function planChromemMetadataSnapshot({ path }: DetectedStore): SnapshotPlan {
  const directories: string[] = [];
  const files: SnapshotFile[] = [];
  for (const { name, isDirectory } of listEntries(path)) {
    if (!isDirectory || name === INNER_WORK_DIRECTORY_NAME) continue;
    const metadata = EXTENSIONS.map((extension) => `${name}/${METADATA_STEM}${extension}`)
      .flatMap((file): SnapshotFile[] => {
        const info = statOrNull(join(path, file));
        return info?.isFile ? [{ ...toFileStamp(file, info), kind: "file" }] : [];
      });
    if (metadata.length === 0) continue;
    directories.push(name);
    files.push(...metadata);
  }
  return { files, directories, leftOut: [] };
}
