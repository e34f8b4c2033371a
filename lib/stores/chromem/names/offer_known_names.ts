/**
 * Names that are known before any document is read: those that are built in, those that the user
 * gives, and those of databases that stand beside this one.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import type { DetectedStore } from "../../../model/store.ts";
import { listEntries, statOrNull } from "../../directory.ts";
import { type Extension, METADATA_STEM } from "../layout.ts";
import { readMetadata } from "../read_gob_file.ts";
import { BUILT_IN_NAMES, BUILT_IN_SOURCE } from "./built_in.ts";
import type { NameMatches } from "./name_matches.ts";

/** What a name that the user gives is said to come from. */
export const GIVEN_SOURCE = "--names";

/** How many entries beside a database are looked at: it can stand in a directory of anything. */
const MOST_SIBLINGS = 1000;

const EXTENSIONS: readonly Extension[] = [".gob", ".gob.gz"];

/**
 * Tries the names that need no document.
 *
 * @param matches The folders that need a name.
 * @param store The database.
 * @param names The names that the user gives.
 */
export function offerKnownNames(
  matches: NameMatches,
  store: Pick<DetectedStore, "path">,
  names: readonly string[],
): void {
  if (matches.folders.length === 0) return;
  for (const name of names) matches.offer(name, GIVEN_SOURCE);
  for (const name of BUILT_IN_NAMES) matches.offer(name, BUILT_IN_SOURCE);
  for (const sibling of listSiblings(store.path)) {
    offerNamesIn(matches, join(dirname(store.path), sibling), `the database ../${sibling}`);
  }
}

/**
 * Tries the names of another database, or of an older copy of this one: a collection of the same
 * name has the same folder there.
 *
 * @param matches The folders that need a name.
 * @param directory A directory that is laid out as a database.
 * @param source What it is, for people.
 */
export function offerNamesIn(matches: NameMatches, directory: string, source: string): void {
  for (const folder of matches.folders) {
    for (const extension of EXTENSIONS) {
      matches.offer(readName(directory, `${folder}/${METADATA_STEM}${extension}`), source);
    }
  }
}

/** Reads a name that can be read; what cannot is no business of this database. */
function readName(directory: string, path: string): string {
  try {
    const info = statOrNull(join(directory, path));
    if (info?.isFile !== true) return "";
    return readMetadata(directory, { path, sizeBytes: info.size }).value.Name ?? "";
  } catch {
    return "";
  }
}

function listSiblings(path: string): string[] {
  try {
    return listEntries(dirname(path))
      .filter((entry) => !entry.isFile && entry.name !== basename(path))
      .slice(0, MOST_SIBLINGS)
      .map(({ name }) => name);
  } catch {
    return [];
  }
}
