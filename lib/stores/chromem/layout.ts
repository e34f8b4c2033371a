/**
 * The directory of a chromem-go database:
 *
 * | path                       | what it is                                                        |
 * | -------------------------- | ----------------------------------------------------------------- |
 * | <folder>/                  | one directory for each collection, named after the hash of its name |
 * | <folder>/00000000.gob      | name and metadata of the collection                               |
 * | <folder>/<8 hex>.gob       | a document, named after the hash of its id                        |
 * | … .gob.gz                  | the same where the database is opened with compression            |
 * | .quarantine/<folder>/      | what vecfsck has moved aside                                      |
 * | .vecfsck                   | what vecfsck keeps here, where nothing may be written beside      |
 *
 * The engine takes every directory that holds files with its extension for a collection, whatever
 * its name; it passes over links to directories, over directories in a folder, and over files with
 * any other name. It follows links to files.
 *
 * @module
 */

import { join } from "@std/path";
import { runAtOnce, type Steps } from "../../base/turns.ts";
import { isTemporaryName } from "../../fs/names.ts";
import { toFileStamp } from "../../fs/read_fs.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../../fs/work_directory.ts";
import type { FileStamp } from "../../model/store.ts";
import {
  listEntries,
  lstatOrNull,
  statOrNull,
  type StoreFile,
  toForeignEntry,
} from "../directory.ts";

/** How the name of a gob file ends; which of the two the engine reads is a flag of the program. */
export type Extension = ".gob" | ".gob.gz";

/** What the name of the metadata file of a collection begins with. */
export const METADATA_STEM = "00000000";

/** The directory in a database in which vecfsck keeps folders that it has moved aside. */
export const QUARANTINE_NAME = ".quarantine";

/** What the copy of a metadata file that was replaced adds to its name. */
export const BACKUP_SUFFIX = ".backup";

const EIGHT_DIGITS = /^[0-9a-f]{8}$/;
const LEFTOVER = /\.gob(?:\.gz)?.*(?:\.tmp|\.temp|\.bak|\.backup|\.orig|\.old|~)$/;

/** A gob file of a collection, by its name. */
export interface GobFile extends FileStamp {
  /** Its name in the folder. */
  readonly name: string;
  /** How the name ends. */
  readonly extension: Extension;
}

/** What stands under the name of a gob file and is none. */
export interface SpecialEntry {
  /** Its path, relative to the store. */
  readonly path: string;
  /** How the name ends. */
  readonly extension: Extension;
  /** What it is; `pipe` is one at which a reader waits for a writer. */
  readonly kind: "directory" | "pipe" | "device" | "dangling" | "unreachable";
}

/** The folder of a collection. */
export interface CollectionFolder {
  /** Its name in the store. */
  readonly name: string;
  /** Its gob files with either extension, metadata files among them, in the order of their names. */
  readonly files: readonly GobFile[];
  /** Entries with the name of a gob file that are no regular files. */
  readonly special: readonly SpecialEntry[];
  /** Files that an interrupted write or a rescue has left. */
  readonly leftovers: readonly FileStamp[];
  /** Everything else, each with the bytes below it. */
  readonly foreign: readonly StoreFile[];
}

/** How many files have each extension. */
export type ExtensionVotes = Readonly<Record<Extension, number>>;

/** What stands in the directory of a database. */
export interface Layout {
  /** The database's directory. */
  readonly path: string;
  /** The extension that most gob files have, and the engine has to be told of by its flag. */
  readonly extension: Extension;
  /** How many files have each. */
  readonly votes: ExtensionVotes;
  /** The folders of collections: those that hold gob files, and empty ones that are named so. */
  readonly folders: readonly CollectionFolder[];
  /** Links to directories with gob files, and what else has the name of a folder and is none. */
  readonly notFolders: readonly string[];
  /** Files at the top of the database that an interrupted write has left. */
  readonly leftovers: readonly FileStamp[];
  /** Everything else at the top, each with the bytes below it. */
  readonly foreign: readonly StoreFile[];
}

/**
 * Tells the extension of a gob file.
 *
 * @param name The name of a file.
 * @returns The extension, or null when it is that of no gob file.
 */
export function extensionOf(name: string): Extension | null {
  return name.endsWith(".gob") ? ".gob" : name.endsWith(".gob.gz") ? ".gob.gz" : null;
}

/** The name of a gob file without its extension. */
export function stemOf({ name, extension }: Pick<GobFile, "name" | "extension">): string {
  return name.slice(0, -extension.length);
}

/** Whether a name is one that the engine gives to folders: eight hexadecimal digits. */
export function isFolderName(name: string): boolean {
  return EIGHT_DIGITS.test(name);
}

/** Whether a file in a folder is a leftover by its name. */
export function isLeftoverName(name: string): boolean {
  return LEFTOVER.test(name) || isTemporaryName(name);
}

/** Whether a gob file is the metadata file of its collection, by its name. */
export function isMetadataFile(file: Pick<GobFile, "name" | "extension">): boolean {
  return file.name === METADATA_STEM + file.extension;
}

/** The metadata file of a folder with an extension, or null. */
export function metadataFileOf(folder: CollectionFolder, extension: Extension): GobFile | null {
  return folder.files.find((file) => file.extension === extension && isMetadataFile(file)) ?? null;
}

/** The files of documents in a folder that have an extension. */
export function documentFilesOf(folder: CollectionFolder, extension: Extension): GobFile[] {
  return folder.files.filter((file) => file.extension === extension && !isMetadataFile(file));
}

/**
 * Lists the directory of a database.
 *
 * @param path The database's directory.
 * @returns What stands there; nothing has been opened.
 * @throws {OperationError} The directory, or something in it, cannot be looked at.
 */
export function readLayout(path: string): Layout {
  return runAtOnce(readLayoutInSteps(path));
}

/**
 * Lists the directory of a database as {@linkcode readLayout} does, entry by entry.
 *
 * @param path The database's directory.
 * @yields After each entry.
 * @returns What stands there; nothing has been opened.
 * @throws {OperationError} The directory, or something in it, cannot be looked at.
 */
export function* readLayoutInSteps(path: string): Steps<Layout> {
  const folders: CollectionFolder[] = [];
  const notFolders: string[] = [];
  const leftovers: FileStamp[] = [];
  const foreign: StoreFile[] = [];
  for (const entry of listEntries(path)) {
    const { name } = entry;
    if (name === INNER_WORK_DIRECTORY_NAME) continue;
    if (entry.isDirectory) {
      const folder = yield* readFolderInSteps(path, name);
      if (isCollection(folder)) {
        folders.push(folder);
        continue;
      }
    }
    const info = entry.isSymlink ? statOrNull(join(path, name)) : lstatOrNull(join(path, name));
    if (info === null) continue;
    if (entry.isSymlink && info.isDirectory) {
      if (holdsGobFiles(join(path, name))) notFolders.push(name);
      foreign.push(toForeignEntry(path, name, info));
    } else if (info.isFile && isLeftoverName(name)) leftovers.push(toFileStamp(name, info));
    else {
      if (isFolderName(name) && !info.isDirectory) notFolders.push(name);
      foreign.push(toForeignEntry(path, name, info));
    }
  }
  const votes = countVotes(folders);
  const extension = votes[".gob.gz"] > votes[".gob"] ? ".gob.gz" : ".gob";
  return { path, extension, votes, folders, notFolders, leftovers, foreign };
}

/** Every file of a layout, with the bytes of foreign directories as one entry each. */
export function listFiles(layout: Layout): FileStamp[] {
  return [
    ...layout.folders.flatMap(({ files, leftovers, foreign }) => [
      ...files,
      ...leftovers,
      ...foreign,
    ]),
    ...layout.leftovers,
    ...layout.foreign,
  ];
}

/** A directory that only holds what other programs wrote is none, even under such a name. */
function isCollection({ name, files, special, foreign }: CollectionFolder): boolean {
  return files.length + special.length > 0 || (isFolderName(name) && foreign.length === 0);
}

/**
 * Lists the folder of a collection.
 *
 * @param storePath The database's directory.
 * @param name The name of the folder.
 * @returns What stands there; nothing has been opened.
 * @throws {OperationError} The folder, or something in it, cannot be looked at.
 */
export function readFolder(storePath: string, name: string): CollectionFolder {
  return runAtOnce(readFolderInSteps(storePath, name));
}

function* readFolderInSteps(storePath: string, name: string): Steps<CollectionFolder> {
  const files: GobFile[] = [];
  const special: SpecialEntry[] = [];
  const leftovers: FileStamp[] = [];
  const foreign: StoreFile[] = [];
  for (const entry of listEntries(join(storePath, name))) {
    yield;
    const path = `${name}/${entry.name}`;
    const extension = extensionOf(entry.name);
    const info = statOrNull(`${storePath}/${path}`);
    // The engine passes over directories, and stumbles over links to them.
    if (extension !== null && !entry.isDirectory) {
      if (info?.isFile) {
        const { sizeBytes, modifiedMs, changedMs, inode } = toFileStamp(path, info);
        files.push({ path, sizeBytes, modifiedMs, changedMs, inode, name: entry.name, extension });
        continue;
      }
      const kind = kindOf(entry, info);
      if (kind !== null) special.push({ path, extension, kind });
    } else if (info?.isFile && isLeftoverName(entry.name)) leftovers.push(toFileStamp(path, info));
    else if (info !== null) foreign.push(toForeignEntry(storePath, path, info));
  }
  return { name, files, special, leftovers, foreign };
}

/** Tells what an entry is that is no regular file; null for one that has just gone. */
function kindOf(entry: Deno.DirEntry, info: Deno.FileInfo | null): SpecialEntry["kind"] | null {
  if (info !== null) return info.isDirectory ? "directory" : info.isFifo ? "pipe" : "device";
  if (entry.isSymlink) return "dangling";
  // The runtime lists a name that is not UTF-8 with U+FFFD in it, and then does not find it.
  return entry.name.includes("\ufffd") ? "unreachable" : null;
}

function holdsGobFiles(path: string): boolean {
  return listEntries(path).some(({ name }) => extensionOf(name) !== null);
}

function countVotes(folders: readonly CollectionFolder[]): ExtensionVotes {
  const votes = { ".gob": 0, ".gob.gz": 0 };
  for (const { files } of folders) {
    for (const { extension } of files) votes[extension]++;
  }
  return votes;
}
