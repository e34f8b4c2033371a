/**
 * The collections of a database, as far as their metadata files tell them.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import {
  type CollectionFolder,
  documentFilesOf,
  type Extension,
  type GobFile,
  type Layout,
  METADATA_STEM,
  metadataFileOf,
  type SpecialEntry,
} from "./layout.ts";
import { type FileSize, type MetadataReading, readMetadata } from "./read_gob_file.ts";

/** A collection. */
export interface Collection {
  /** Its folder. */
  readonly folder: CollectionFolder;
  /** Its metadata file; where only one with the other extension is there, that one; or null. */
  readonly file: GobFile | null;
  /** What stands under the name of the metadata file and is no file, or null. */
  readonly special: SpecialEntry | null;
  /** What the metadata file holds; null where there is none, or it may not be read. */
  readonly reading: MetadataReading | null;
  /** Why the metadata file could not be read, or null. */
  readonly failure: OperationError | null;
  /** Its name; null where nothing that chromem-go decodes tells it. */
  readonly name: string | null;
  /** Whether chromem-go reads the metadata file: it has the extension of the database. */
  readonly isVisible: boolean;
  /** The extension of the database. */
  readonly extension: Extension;
  /** How many files of documents have the extension of the database. */
  readonly documents: number;
}

/**
 * Reads the metadata file of each collection.
 *
 * @param layout The directory.
 * @returns The collections, in the order of their folders; one that cannot be read hides no other.
 */
export function readCollections(layout: Layout): Collection[] {
  return layout.folders.map((folder) => readCollection(layout.path, folder, layout.extension));
}

/**
 * Reads the metadata file of one collection.
 *
 * @param storePath The database's directory.
 * @param folder The folder of the collection.
 * @param extension The extension of the database.
 * @returns The collection.
 */
export function readCollection(
  storePath: string,
  folder: CollectionFolder,
  extension: Extension,
): Collection {
  const own = metadataFileOf(folder, extension);
  const special = folder.special
    .find(({ path }) => path === `${folder.name}/${METADATA_STEM}${extension}`) ?? null;
  const file = own ?? (special === null ? metadataFileOf(folder, otherOf(extension)) : null);
  const { reading, failure } = tryReading(storePath, file);
  const name = reading?.fault === null ? reading.value.Name ?? "" : "";
  return {
    folder,
    file,
    special,
    reading,
    failure,
    name: name === "" ? null : name,
    isVisible: own !== null,
    extension,
    documents: documentFilesOf(folder, extension).length,
  };
}

/** The extension that a database does not have. */
export function otherOf(extension: Extension): Extension {
  return extension === ".gob" ? ".gob.gz" : ".gob";
}

/**
 * Reads a metadata file that may not be readable.
 *
 * @param storePath The database's directory.
 * @param file The file, or null where there is none.
 * @returns What it holds, or why it cannot be read.
 */
export function tryReading(
  storePath: string,
  file: FileSize | null,
): Pick<Collection, "reading" | "failure"> {
  if (file === null) return { reading: null, failure: null };
  try {
    return { reading: readMetadata(storePath, file), failure: null };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { reading: null, failure: error };
  }
}
