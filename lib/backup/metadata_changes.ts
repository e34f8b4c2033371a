/**
 * What of the metadata in a backup a store lacks, or has otherwise: all that a restore of the
 * metadata touches.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { digestFile } from "../fs/copy.ts";
import { lookAtName } from "../fs/entry_names.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { detectStore } from "../stores/registry.ts";
import type { ListedBackup } from "./catalogue.ts";
import { type BackupFile, FILES_DIRECTORY_NAME } from "./manifest.ts";
import { planCopy } from "./scope.ts";

/** A file of metadata that a restore puts back. */
export interface MetadataChange {
  /** The file, relative to the store with forward slashes. */
  readonly path: string;
  /** The name of the collection, or null where the backup does not tell. */
  readonly collection: string | null;
  /**
   * `missing`: the store has no such file. `differs`: it has another, which goes to quarantine.
   * `no-directory`: it has nothing of that collection, which comes back without records.
   */
  readonly change: "missing" | "differs" | "no-directory";
}

/** A change, and the file in the backup. */
export interface BoundChange {
  /** The change. */
  readonly change: MetadataChange;
  /** The file. */
  readonly file: BackupFile;
}

/** Where a path lies that is in no directory. */
const ROOT = ".";

/**
 * Holds the metadata in a backup against a store. The records of the store are not looked at.
 *
 * @param fs The file system.
 * @param store The store.
 * @param backup A backup, of the metadata or of all.
 * @returns What differs, in the order of the paths.
 * @throws {OperationError} The backup is of another format, or something cannot be looked at.
 */
export function findMetadataChanges(
  fs: WriteFs,
  store: DetectedStore,
  backup: ListedBackup,
): BoundChange[] {
  const listed = listMetadata(store, backup);
  const names = new Map(backup.manifest.collections.map(({ id, name }) => [id, name]));
  // Of which collection the store has such a file, under whatever name.
  const described = new Set(planCopy(store, "metadata").files.map(({ path }) => dirname(path)));
  return listed.flatMap((file) => {
    const directory = dirname(file.path);
    const change = compareFile(fs, store.path, file, described.has(directory));
    if (change === null) return [];
    return [{
      change: { path: file.path, collection: names.get(directory) ?? null, change },
      file,
    }];
  });
}

/** The files of a backup that hold metadata: all, where it has nothing else. */
function listMetadata(store: DetectedStore, backup: ListedBackup): readonly BackupFile[] {
  const { directory, manifest: { format, scope, files } } = backup;
  if (format !== store.format) {
    throw new OperationError(
      "usage",
      `The backup ${backup.id} is of the format ${format}, and the store of ${store.format}`,
      { path: directory, hint: "Name a backup of this store with --from." },
    );
  }
  if (scope === "metadata") return files;
  const path = join(directory, FILES_DIRECTORY_NAME);
  const held = detectStore(path) ?? { ...store, path };
  const names = new Set(planCopy(held, "metadata").files.map((file) => file.path));
  return files.filter((file) => names.has(file.path));
}

function compareFile(
  fs: WriteFs,
  store: string,
  file: BackupFile,
  isDescribed: boolean,
): MetadataChange["change"] | null {
  const directory = dirname(file.path);
  const kind = directory === ROOT ? "directory" : fs.look(join(store, directory))?.kind ?? null;
  if (kind === null) return "no-directory";
  if (kind !== "directory") throw createKindError(join(store, directory));
  if (lookAtName(fs, store, file.path) !== null) {
    return isSame(fs, join(store, file.path), file) ? null : "differs";
  }
  // An engine that was told to compress, or no longer to, has its files under other names.
  return isDescribed ? null : "missing";
}

function isSame(fs: WriteFs, path: string, { sizeBytes, sha256 }: BackupFile): boolean {
  try {
    const resolved = fs.resolve(path);
    const facts = fs.look(resolved);
    return facts?.kind === "file" && facts.sizeBytes === sizeBytes &&
      digestFile(fs, resolved) === sha256;
  } catch (error) {
    // A link that leads nowhere, and what cannot be read, is not what the backup has.
    if (error instanceof Deno.errors.NotFound || error instanceof OperationError) return false;
    throw error;
  }
}

function createKindError(path: string): OperationError {
  return new OperationError("not-a-directory", `Not a directory: ${path}`, {
    path,
    hint: "Nothing was changed. Move it out of the way, or put a directory in its place.",
  });
}
