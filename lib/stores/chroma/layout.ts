/**
 * The directory of a Chroma store:
 *
 * | path                         | what it is                                                    |
 * | ---------------------------- | ------------------------------------------------------------- |
 * | chroma.sqlite3               | catalogue, metadata, full text, write-ahead queue             |
 * | chroma.sqlite3-journal       | a transaction under way, or one that was interrupted          |
 * | chroma.sqlite3-wal, -shm     | only where somebody switched the journal mode to WAL          |
 * | <VECTOR segment uuid>/       | one directory for each vector segment, with the files below   |
 * | <uuid>/header.bin            | sizes, counts and the entry point of the index                |
 * | <uuid>/data_level0.bin       | neighbours on level 0, vectors, labels                        |
 * | <uuid>/link_lists.bin        | neighbours on the levels above                                |
 * | <uuid>/length.bin            | lengths of vectors before they were normalised                |
 * | <uuid>/index_metadata.pickle | which id has which label; absent until the first flush        |
 * | .vecfsck                     | what vecfsck keeps here, where nothing may be written beside  |
 *
 * @module
 */

import { join } from "@std/path";
import { INNER_WORK_DIRECTORY_NAME } from "../../fs/work_directory.ts";
import {
  listNames,
  statOrNull,
  type StoreFile,
  toForeignEntry,
  toStoreFile,
} from "../directory.ts";

/** The name of the catalogue. */
export const CATALOGUE_NAME = "chroma.sqlite3";

/** What SQLite puts behind the name of the catalogue for the files that it keeps beside it. */
export const COMPANION_SUFFIXES: readonly string[] = ["-journal", "-wal", "-shm"];

/** The files of an index; the engine cannot load it without the first four. */
export const SEGMENT_FILES = {
  header: "header.bin",
  data: "data_level0.bin",
  lengths: "length.bin",
  links: "link_lists.bin",
  idMap: "index_metadata.pickle",
} as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A directory that holds, or held, the index of a segment. */
export interface SegmentDirectory {
  /** Its name in the store. */
  readonly name: string;
  /** The segment's id: the name, or for one that was moved aside the UUID it begins with. */
  readonly segmentId: string;
  /** Whether it was moved aside: the name goes on after the UUID. */
  readonly movedAside: boolean;
  /** Its regular files by name. */
  readonly files: Readonly<Record<string, StoreFile>>;
  /** Names in it that are no regular files. */
  readonly irregular: readonly string[];
}

/** What stands in a store's directory. */
export interface Layout {
  /** The store's directory. */
  readonly path: string;
  /** The catalogue, or null when it is missing or no regular file. */
  readonly catalogue: StoreFile | null;
  /** The files that SQLite keeps beside the catalogue. */
  readonly companions: readonly StoreFile[];
  /** The directories of segments. */
  readonly segments: readonly SegmentDirectory[];
  /** UUIDs under which a file stands where a segment's directory belongs. */
  readonly segmentsNotDirectories: readonly string[];
  /** Everything else, each with the bytes below it. */
  readonly foreign: readonly StoreFile[];
  /** Names that cannot be looked at: links that lead nowhere, and names that are not UTF-8. */
  readonly unreachable: readonly string[];
}

/**
 * Lists a store's directory.
 *
 * @param path The store's directory.
 * @returns What stands there; nothing has been opened.
 * @throws {OperationError} The directory, or something in it, cannot be looked at.
 */
export function readLayout(path: string): Layout {
  let catalogue: StoreFile | null = null;
  const companions: StoreFile[] = [];
  const segments: SegmentDirectory[] = [];
  const segmentsNotDirectories: string[] = [];
  const foreign: StoreFile[] = [];
  const unreachable: string[] = [];
  for (const name of listNames(path)) {
    if (name === INNER_WORK_DIRECTORY_NAME) continue;
    const info = statOrNull(join(path, name));
    if (info?.isFile && name === CATALOGUE_NAME) {
      catalogue = toStoreFile(name, info);
    } else if (info?.isFile && name.startsWith(`${CATALOGUE_NAME}-`)) {
      companions.push(toStoreFile(name, info));
    } else if (info?.isDirectory && isSegmentDirectoryName(name)) {
      segments.push(readSegmentDirectory(path, name));
    } else if (UUID.test(name)) {
      segmentsNotDirectories.push(name);
      if (info !== null) foreign.push(toStoreFile(name, info));
    } else if (info === null) {
      unreachable.push(name);
    } else {
      foreign.push(toForeignEntry(path, name, info));
    }
  }
  return { path, catalogue, companions, segments, segmentsNotDirectories, foreign, unreachable };
}

/**
 * Whether a directory has anything that a store has, by the names alone.
 *
 * @param path The directory.
 * @returns False when there is nothing to look at more closely.
 * @throws {OperationError} The directory cannot be listed.
 */
export function hasStoreNames(path: string): boolean {
  return listNames(path).some((name) => name === CATALOGUE_NAME || UUID.test(name.slice(0, 36)));
}

/** Whether a text is an id as the engine makes them. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Whether a directory of that name holds an index, or one that was moved aside. */
export function isSegmentDirectoryName(name: string): boolean {
  return UUID.test(name.slice(0, 36)) && (name.length === 36 || name[36] === ".");
}

/** Every file of a layout, with the bytes of foreign directories as one entry each. */
export function listFiles(layout: Layout): StoreFile[] {
  return [
    ...(layout.catalogue === null ? [] : [layout.catalogue]),
    ...layout.companions,
    ...layout.segments.flatMap((segment) => Object.values(segment.files)),
    ...layout.foreign,
  ];
}

function readSegmentDirectory(storePath: string, name: string): SegmentDirectory {
  const files: Record<string, StoreFile> = {};
  const irregular: string[] = [];
  for (const fileName of listNames(join(storePath, name))) {
    const info = statOrNull(join(storePath, name, fileName));
    if (info?.isFile) files[fileName] = toStoreFile(`${name}/${fileName}`, info);
    else irregular.push(fileName);
  }
  return { name, segmentId: name.slice(0, 36), movedAside: name.length > 36, files, irregular };
}
