/**
 * What a chromem-go database holds in numbers, for `status`: from the names and lengths of all files
 * and what the metadata files say. No document is read, and no file is looked at once more.
 *
 * @module
 */

import { join } from "@std/path";
import type {
  CollectionStatistics,
  MovedAsideStatistics,
  SizeStatistics,
  StoreStatistics,
} from "../../model/statistics.ts";
import type { DetectedStore, FileStamp } from "../../model/store.ts";
import { listEntries, listNames, statOrNull } from "../directory.ts";
import {
  type Extension,
  extensionOf,
  type GobFile,
  isMetadataFile,
  QUARANTINE_NAME,
  type SpecialEntry,
} from "./layout.ts";
import { type Collection, otherOf, readCollection } from "./read_collections.ts";

/**
 * Reads what a database holds.
 *
 * @param store The database, which may be damaged in any way.
 * @param files Its files.
 * @returns The numbers; it has no index and no queue.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function readChromemStatistics(
  { path }: DetectedStore,
  files: readonly FileStamp[],
): StoreStatistics {
  const tally = new FileTally();
  for (const file of files) tally.add(file);
  const extension = tally.extension;
  for (const special of listSpecial(path)) tally.addSpecial(special);
  const folders = [...tally.folders.values()]
    .map((folder) => judgeFolder(path, folder, extension));
  return {
    collections: folders.map(({ collection }) => collection),
    vectors: null,
    pendingWrites: null,
    driftSeconds: null,
    queue: null,
    movedAside: readMovedAside(path, files),
    sizes: tally.sizes,
    isRefused: folders.some(({ isRefused }) => isRefused),
  };
}

/** How many files of documents there are with one extension. */
interface DocumentCount {
  count: number;
  /** How many of them have no bytes. */
  empty: number;
}

/** The files of a folder in numbers. */
interface FolderTally {
  readonly name: string;
  readonly metadata: GobFile[];
  readonly special: SpecialEntry[];
  readonly documents: Readonly<Record<Extension, DocumentCount>>;
}

/** Adds up the files of a database. */
class FileTally {
  readonly folders = new Map<string, FolderTally>();
  #databaseBytes = 0;
  #documentBytes = 0;
  #foreignBytes = 0;

  add(stamp: FileStamp): void {
    const [folder = "", name, ...below] = stamp.path.split("/");
    const extension = name === undefined || below.length > 0 || stamp.aggregate
      ? null
      : extensionOf(name);
    if (name === undefined || extension === null) {
      this.#foreignBytes += stamp.sizeBytes;
      return;
    }
    const { metadata, documents } = this.#folder(folder);
    const file = { ...stamp, name, extension };
    if (isMetadataFile(file)) {
      this.#databaseBytes += stamp.sizeBytes;
      metadata.push(file);
    } else {
      this.#documentBytes += stamp.sizeBytes;
      documents[extension].count++;
      if (stamp.sizeBytes === 0) documents[extension].empty++;
    }
  }

  addSpecial(entry: SpecialEntry): void {
    const [folder = ""] = entry.path.split("/");
    this.#folder(folder).special.push(entry);
  }

  /** The extension that most files have. */
  get extension(): Extension {
    const count = (extension: Extension): number =>
      [...this.folders.values()].reduce(
        (sum, { documents, metadata }) =>
          sum + documents[extension].count +
          metadata.filter((file) => file.extension === extension).length,
        0,
      );
    return count(".gob.gz") > count(".gob") ? ".gob.gz" : ".gob";
  }

  get sizes(): SizeStatistics {
    return {
      databaseBytes: this.#databaseBytes,
      indexBytes: null,
      documentBytes: this.#documentBytes,
      foreignBytes: this.#foreignBytes,
    };
  }

  #folder(name: string): FolderTally {
    let folder = this.folders.get(name);
    if (folder === undefined) {
      const documents = { ".gob": { count: 0, empty: 0 }, ".gob.gz": { count: 0, empty: 0 } };
      folder = { name, metadata: [], special: [], documents };
      this.folders.set(name, folder);
    }
    return folder;
  }
}

/** Lists what stands under the name of a gob file and is no file: the engine stumbles over it. */
function* listSpecial(path: string): Generator<SpecialEntry, void, undefined> {
  for (const { name: folder, isDirectory } of listEntries(path)) {
    if (!isDirectory) continue;
    for (const entry of Deno.readDirSync(join(path, folder))) {
      const extension = entry.isFile || entry.isDirectory ? null : extensionOf(entry.name);
      const inner = `${folder}/${entry.name}`;
      if (extension === null || statOrNull(join(path, inner))?.isFile) continue;
      yield { path: inner, extension, kind: "unreachable" };
    }
  }
}

/** A collection, and whether the engine refuses the whole database for it. */
interface JudgedFolder {
  readonly collection: CollectionStatistics;
  readonly isRefused: boolean;
}

function judgeFolder(path: string, folder: FolderTally, extension: Extension): JudgedFolder {
  const { metadata, special, documents } = folder;
  const collection = readCollection(
    path,
    { name: folder.name, files: metadata, special, leftovers: [], foreign: [] },
    extension,
  );
  const isRefused = isRefusedFor(collection, documents[extension]);
  const isPassedOver = documents[otherOf(extension)].count > 0 ||
    metadata.some((file) => file.extension !== extension);
  const { name, failure, reading } = collection;
  const isSpoilt = failure !== null || (reading !== null && reading.gzip !== null);
  return {
    collection: {
      name: name ?? folder.name,
      // What has the other extension is there and is not found: it counts, for it is not lost.
      records: documents[".gob"].count + documents[".gob.gz"].count,
      isBroken: isSpoilt || isPassedOver || isRefused,
    },
    isRefused,
  };
}

/** Whether the engine refuses the whole database, as far as metadata, names and lengths tell. */
function isRefusedFor(
  { folder, reading, isVisible, name, extension }: Collection,
  documents: DocumentCount,
): boolean {
  if (isVisible && reading !== null && reading.fault !== null) return true;
  // The engine passes over a folder in which it finds neither a name nor a document.
  if (documents.count > 0 && (name === null || !isVisible)) return true;
  return documents.empty > 0 || folder.special.some((entry) => entry.extension === extension);
}

/** What a repair has moved aside, folder by folder. */
function readMovedAside(path: string, files: readonly FileStamp[]): MovedAsideStatistics {
  const place = files.find((file) => file.path === QUARANTINE_NAME && file.aggregate);
  if (place === undefined) return { entries: 0, sizeBytes: 0 };
  return { entries: listNames(join(path, QUARANTINE_NAME)).length, sizeBytes: place.sizeBytes };
}
