/**
 * What older copies of a database tell: names and metadata of collections, and whole documents.
 *
 * A backup may hold the metadata files alone; what was moved aside may hold any part.
 *
 * @module
 */

import { join } from "@std/path";
import { statOrNull } from "../../directory.ts";
import type { OlderCopy } from "../../repair_format.ts";
import { isNormalised, judgeVector } from "../judge_vector.ts";
import { type Extension, METADATA_STEM } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import type { NameMatches } from "../names/name_matches.ts";
import { offerNamesIn } from "../names/offer_known_names.ts";
import { type DocumentReading, readDocument, readMetadata } from "../read_gob_file.ts";
import type { GobDocument, GobMetadata } from "../shapes.ts";

/** How many files of a folder are looked for in a copy. */
const MOST_ASKED = 64;

const EXTENSIONS: readonly Extension[] = [".gob", ".gob.gz"];

/** Metadata of a collection in an older copy. */
export interface OlderMetadata {
  /** The name and the values. */
  readonly metadata: GobMetadata;
  /** Which copy has them, for people. */
  readonly label: string;
  /** The file. */
  readonly path: string;
}

/** A document in an older copy. */
export interface OlderDocument {
  /** The document. */
  readonly reading: DocumentReading;
  /** Which copy has it, for people. */
  readonly label: string;
  /** The file. */
  readonly path: string;
}

/** Older copies of a database. */
export class OlderDatabases {
  readonly #copies: readonly OlderCopy[];

  /**
   * Takes copies.
   *
   * @param copies The copies, the newest first.
   */
  constructor(copies: readonly OlderCopy[]) {
    this.#copies = copies;
  }

  /**
   * Tries the names that the copies know.
   *
   * @param matches The folders that need a name.
   */
  offerNames(matches: NameMatches): void {
    for (const { directory, label } of this.#copies) offerNamesIn(matches, directory, label);
  }

  /**
   * Finds the metadata of a collection.
   *
   * @param folder The folder in which it stands, or stood.
   * @param name Its name; null for whatever stands in the folder.
   * @returns What the newest copy has that has any, or null.
   */
  findMetadata(folder: string, name: string | null): OlderMetadata | null {
    const folders = new Set(name === null ? [folder] : [folder, hashName(name)]);
    for (const { directory, label } of this.#copies) {
      for (const path of listPaths(folders, METADATA_STEM)) {
        const { value, fault, gzip } = readOrNull(directory, path, readMetadata) ?? UNREADABLE;
        if (value?.Name === undefined || fault !== null || gzip !== null) continue;
        if (name === null || value.Name === name) {
          return { metadata: value, label, path: join(directory, path) };
        }
      }
    }
    return null;
  }

  /**
   * Finds the folder in which a good backup has most of some files.
   *
   * @param folders The folders that may be it.
   * @param names The names of the files.
   * @returns The one folder, or null where none or more than one has most of them.
   */
  findFolder(folders: readonly string[], names: readonly string[]): string | null {
    const asked = names.slice(0, MOST_ASKED);
    for (const { directory, isWhole } of this.#copies) {
      const found = !isWhole || asked.length === 0
        ? []
        : [...new Set(folders)].filter((folder) =>
          2 * asked.filter((name) => isFile(join(directory, folder, name))).length > asked.length
        );
      if (found.length === 1) return found[0] ?? null;
    }
    return null;
  }

  /**
   * Finds a document that a good backup has whole.
   *
   * @param folders The folders in which its collection stands, or stood.
   * @param stem The hash of its id.
   * @param isRight Whether it is what is looked for.
   * @returns What the newest backup has that has it, or null.
   */
  findDocument(
    folders: Iterable<string>,
    stem: string,
    isRight: (reading: DocumentReading) => boolean,
  ): OlderDocument | null {
    const paths = [...listPaths(folders, stem)];
    for (const { directory, label, isWhole } of this.#copies) {
      if (!isWhole) continue;
      for (const path of paths) {
        const reading = readOrNull(directory, path, readDocument);
        if (reading === null || reading.fault !== null || reading.gzip !== null) continue;
        if (hashName(reading.value.ID ?? "") === stem && isRight(reading)) {
          return { reading, label, path: join(directory, path) };
        }
      }
    }
    return null;
  }
}

/**
 * Whether a document can be searched for among those of its collection.
 *
 * @param document The document.
 * @param dimension How many dimensions the others have, or null.
 */
export function isServable(
  { Embedding: embedding = new Float32Array() }: GobDocument,
  dimension: number | null,
): boolean {
  if (embedding.length === 0 || (dimension !== null && embedding.length !== dimension)) {
    return false;
  }
  const { notFinite, length } = judgeVector(embedding);
  return notFinite === 0 && isNormalised(length, embedding.length);
}

const UNREADABLE = { value: null, fault: null, gzip: null };

function* listPaths(folders: Iterable<string>, stem: string): Generator<string, void, undefined> {
  for (const folder of folders) {
    for (const extension of EXTENSIONS) yield `${folder}/${stem}${extension}`;
  }
}

function isFile(path: string): boolean {
  try {
    return statOrNull(path)?.isFile === true;
  } catch {
    return false;
  }
}

/** A copy that cannot be read tells nothing. */
function readOrNull<Reading>(
  directory: string,
  path: string,
  read: (storePath: string, file: { path: string; sizeBytes: number }) => Reading,
): Reading | null {
  try {
    const info = statOrNull(join(directory, path));
    return info?.isFile === true ? read(directory, { path, sizeBytes: info.size }) : null;
  } catch {
    return null;
  }
}
