/**
 * Showing a database as the steps so far leave it, so that it can be checked: links to what stays, and
 * files of what is written anew.
 *
 * @module
 */

import { join } from "@std/path";
import { writeAll } from "../../../fs/copy.ts";
import { showEntry } from "../../../fs/store_view.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import { makeBytes } from "./stage_changes.ts";
import type { WorkingFile } from "./working_database.ts";

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Makes a preview in the scratch directory.
 *
 * @param repair The repair so far.
 * @param number Which preview it is.
 * @returns Its directory.
 * @throws {OperationError} A file cannot be read or written.
 */
export function makePreview(
  { database, request: { fs, scratch, signal } }: ChromemRepair,
  number: number,
): string {
  const directory = join(scratch, `preview-${number}`);
  fs.makeDirectory(directory, DIRECTORY_MODE);
  for (const folder of database.folders) {
    if (folder.fate !== "stays") continue;
    const path = join(directory, folder.name);
    if (fs.look(path) === null) fs.makeDirectory(path, DIRECTORY_MODE);
    for (const [name, file] of folder.files) {
      signal?.throwIfAborted();
      show(database.path, file, join(path, name));
    }
  }
  return directory;

  function show(storePath: string, { source }: WorkingFile, path: string): void {
    if (source.kind === "store") showEntry(fs, join(fs.resolve(storePath), source.path), path);
    else if (source.kind === "copy") showEntry(fs, fs.resolve(source.path), path);
    else {
      using file = fs.createFile(path, FILE_MODE);
      writeAll(file, makeBytes(source, path), path);
    }
  }
}
