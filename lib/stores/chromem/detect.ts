/**
 * Recognising a chromem-go database by its content.
 *
 * Programs of all kinds write gob files. What only chromem-go writes is a directory named with eight
 * hexadecimal digits and in it files that are named so too: the metadata file, whose digits are all
 * zero, is enough. Without one, at least one file must decode as a document, or all must be damaged.
 *
 * @module
 */

import { join } from "@std/path";
import { formatCount } from "../../base/format.ts";
import type { DetectedStore } from "../../model/store.ts";
import { listEntries, lstatOrNull, statOrNull } from "../directory.ts";
import { type Extension, extensionOf, isFolderName, METADATA_STEM, stemOf } from "./layout.ts";
import { readDocument } from "./read_gob_file.ts";

const EXTENSIONS: readonly Extension[] = [".gob", ".gob.gz"];

/** How many files of a folder are looked into. */
const MOST_OPENED = 16;

/**
 * Recognises a directory as a chromem-go database, however damaged.
 *
 * @param path A directory.
 * @returns The database, or null when it is none.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function detectChromem(path: string): DetectedStore | null {
  const folders = listEntries(path).filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name);
  const own = folders.filter(isFolderName);
  const count = own.filter((name) => isCollection(path, name)).length;
  const evidence = count > 0
    ? formatCount(count, "folder of a collection", "folders of collections")
    : findRenamed(path, folders);
  return evidence === null ? null : { path: Deno.realPathSync(path), format: "chromem", evidence };
}

/** A folder may have been renamed, where its metadata file tells that it is one. */
function findRenamed(path: string, folders: readonly string[]): string | null {
  const folder = folders.find((name) => hasMetadata(path, name));
  return folder === undefined ? null : `a metadata file in ${folder}`;
}

function hasMetadata(storePath: string, folder: string): boolean {
  return EXTENSIONS.some((extension) => {
    const info = lstatOrNull(join(storePath, folder, METADATA_STEM + extension));
    return info !== null && !info.isDirectory;
  });
}

function isCollection(storePath: string, folder: string): boolean {
  // Where it is there, thousands of documents need not be listed.
  if (hasMetadata(storePath, folder)) return true;
  const names = listEntries(join(storePath, folder))
    .filter(({ isDirectory }) => !isDirectory).map(({ name }) => name).filter(isGobName);
  const answers = names.slice(0, MOST_OPENED)
    .map((name) => isDocument(storePath, `${folder}/${name}`));
  return answers.includes(true) || (answers.length > 0 && !answers.includes(false));
}

function isGobName(name: string): boolean {
  const extension = extensionOf(name);
  return extension !== null && isFolderName(stemOf({ name, extension }));
}

/** Whether a file is a document; null where it is too damaged to tell. */
function isDocument(storePath: string, path: string): boolean | null {
  const info = statOrNull(join(storePath, path));
  if (info?.isFile !== true) return null;
  const { fault, value } = readDocument(storePath, { path, sizeBytes: info.size });
  if (fault === null) return value.ID !== undefined || value.Embedding !== undefined;
  return fault.kind === "type-mismatch" ? false : null;
}
