/**
 * Names held against the folders whose collections have lost theirs: a folder is named after the
 * hash of the name, so that a name can be tried, though never read off it.
 *
 * A name that fits by chance is one in 4,294,967,296. Where several fit, none is taken for the true
 * one, and all are told.
 *
 * @module
 */

import { isFolderName } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import { listCandidates } from "./candidates.ts";

/** How many names that fit one folder are kept: somebody can make up any number of them. */
const MOST_MATCHES = 16;

/** How many names are known to have been tried; ids of one collection begin alike. */
const MOST_REMEMBERED = 4096;

/** A name that fits a folder. */
export interface NameMatch {
  /** The folder. */
  readonly folder: string;
  /** The name. */
  readonly name: string;
  /** Where it comes from, for people: `built in`, `--names`, `the database ../other`. */
  readonly source: string;
}

/** Names, tried on the folders that need one. */
export class NameMatches {
  readonly #byFolder = new Map<string, NameMatch[]>();
  #tried = new Set<string>();

  /**
   * Takes the folders that need a name.
   *
   * @param folders Their names; those that are no hash are passed over.
   */
  constructor(folders: Iterable<string>) {
    for (const folder of folders) {
      if (isFolderName(folder)) this.#byFolder.set(folder, []);
    }
  }

  /** The folders that need a name and are named after a hash. */
  get folders(): readonly string[] {
    return [...this.#byFolder.keys()];
  }

  /**
   * Tries a name.
   *
   * @param name The name.
   * @param source Where it comes from, for people.
   */
  offer(name: string, source: string): void {
    if (name === "" || this.#byFolder.size === 0) return;
    const folder = hashName(name);
    if (this.#byFolder.has(folder)) this.add({ folder, name, source });
  }

  /**
   * Tries what a document tells of.
   *
   * @param id Its id.
   * @param metadata Its metadata.
   */
  offerDocument(id: string, metadata: Iterable<readonly [string, string]>): void {
    if (this.#byFolder.size === 0) return;
    for (const { name, source } of listCandidates(id, metadata)) {
      if (this.#tried.has(name)) continue;
      if (this.#tried.size >= MOST_REMEMBERED) this.#tried = new Set();
      this.#tried.add(name);
      this.offer(name, source);
    }
  }

  /**
   * Takes a match that was found elsewhere, for instance in another thread.
   *
   * @param match The match; it is passed over where the folder needs none, or the name is known.
   */
  add(match: NameMatch): void {
    const matches = this.#byFolder.get(match.folder);
    if (matches === undefined || matches.length >= MOST_MATCHES) return;
    if (!matches.some(({ name }) => name === match.name)) matches.push(match);
  }

  /** Lists all names that fit a folder. */
  list(): NameMatch[] {
    return [...this.#byFolder.values()].flat();
  }

  /** Lists the names that fit one folder; the first is the true one where there is no other. */
  matchesOf(folder: string): readonly NameMatch[] {
    return this.#byFolder.get(folder) ?? [];
  }
}
