/**
 * Writing what a repair changes into a directory that is laid out as the database.
 *
 * @module
 */

import { join } from "@std/path";
import { copyFile, copyTree, requireSize, writeAll } from "../../../fs/copy.ts";
import type { WriteFs } from "../../../fs/write_fs.ts";
import type { StagedRepair } from "../../repair_format.ts";
import { extensionOf, QUARANTINE_NAME } from "../layout.ts";
import { makeDocumentFile, makeMetadataFile } from "./gob_files.ts";
import type { Changes, FileSource, NewFolder, WorkingDatabase } from "./working_database.ts";

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Where changes are written. */
export interface Staging {
  /** The database as it is going to be. */
  readonly database: WorkingDatabase;
  /** The directory; it is empty. */
  readonly directory: string;
  /** The file system. */
  readonly fs: WriteFs;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Writes changes.
 *
 * @param changes What changes.
 * @param staging Where it is written.
 * @returns What comes and leaves.
 * @throws {OperationError} A file cannot be read or written.
 * @throws The system's error, unchanged.
 */
export function stageChanges(
  changes: Changes,
  staging: Staging,
): Pick<StagedRepair, "coming" | "leaving"> {
  const { database, directory, fs, signal } = staging;
  const made = new Set<string>();
  for (const [path, { source }] of changes.files) {
    signal?.throwIfAborted();
    makeFolder(fs, directory, path, made);
    writeSource(staging, source, path);
  }
  for (const folder of changes.folders) {
    makeFolder(fs, directory, folder.name, made);
    stageFolder(staging, folder);
  }
  for (const name of made) fs.syncDirectory(join(directory, name));
  fs.syncDirectory(directory);
  const hasQuarantine = fs.look(join(database.path, QUARANTINE_NAME))?.kind === "directory";
  const folders = changes.folders.map(({ name }) =>
    name.startsWith(`${QUARANTINE_NAME}/`) && !hasQuarantine ? QUARANTINE_NAME : name
  );
  return {
    coming: [...changes.files.keys(), ...new Set(folders)],
    leaving: changes.leaving,
  };
}

/** Makes the directory in which a path lies. */
function makeFolder(fs: WriteFs, directory: string, path: string, made: Set<string>): void {
  const end = path.indexOf("/");
  if (end === -1 || made.has(path.slice(0, end))) return;
  made.add(path.slice(0, end));
  fs.makeDirectory(join(directory, path.slice(0, end)), DIRECTORY_MODE);
}

function stageFolder(staging: Staging, { name, from, isCopy }: NewFolder): void {
  const { database, directory, fs, signal } = staging;
  const target = join(directory, name);
  const source = join(database.path, from.origin.name);
  fs.makeDirectory(target, DIRECTORY_MODE);
  for (const inner of isCopy ? [] : from.files) {
    signal?.throwIfAborted();
    writeSource(staging, inner[1].source, `${name}/${inner[0]}`);
  }
  for (const inner of fs.list(source)) {
    const kind = fs.look(join(source, inner))?.kind;
    const isOwn = !isCopy && kind !== "directory" && extensionOf(inner) !== null;
    // A pipe or a device has no bytes to copy; it stays in what is kept of the old folder.
    if (isOwn || kind === "other" || fs.look(join(target, inner)) !== null) continue;
    signal?.throwIfAborted();
    copyTree(fs, join(source, inner), join(target, inner));
  }
  fs.syncDirectory(target);
}

function writeSource(
  { database, directory, fs }: Staging,
  source: FileSource,
  path: string,
): void {
  const target = join(directory, path);
  // What is exchanged is synced as a whole before; one by one it would take twice as long.
  const options = { sync: false };
  if (source.kind === "copy") copyFile(fs, fs.resolve(source.path), target, options);
  else if (source.kind === "store") {
    copyFile(fs, fs.resolve(join(database.path, source.path)), target, options);
  } else {
    const bytes = makeBytes(source, path);
    using file = fs.createFile(target, FILE_MODE);
    writeAll(file, bytes, target);
    requireSize(file, bytes.byteLength, target);
  }
}

/**
 * Makes the bytes of a file that is written anew.
 *
 * @param source What they are made of.
 * @param path The file, whose extension tells whether it is compressed.
 * @returns The bytes.
 */
export function makeBytes(
  source: Extract<FileSource, { readonly kind: "document" | "metadata" }>,
  path: string,
): Uint8Array {
  const extension = extensionOf(path) ?? ".gob";
  return source.kind === "document"
    ? makeDocumentFile(source.load(), extension)
    : makeMetadataFile(source.metadata, extension);
}
