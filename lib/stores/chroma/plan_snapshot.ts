/**
 * What a backup copies of a Chroma store, besides what `lib/stores/snapshot_walk.ts` says:
 *
 * | entry                              | becomes                                               |
 * | ---------------------------------- | ----------------------------------------------------- |
 * | chroma.sqlite3                     | a database                                            |
 * | chroma.sqlite3-journal, -wal, -shm | nothing: the online backup of the database holds them |
 *
 * @module
 */

import type { Steps } from "../../base/turns.ts";
import type { DetectedStore, SnapshotPlan } from "../../model/store.ts";
import { type SnapshotRules, walkSnapshot } from "../snapshot_walk.ts";
import { CATALOGUE_NAME, COMPANION_SUFFIXES, isSegmentDirectoryName } from "./layout.ts";

const RULES: SnapshotRules = {
  mostEntries: 100_000,
  isEngines: (name) => name === CATALOGUE_NAME || isSegmentDirectoryName(name),
  kindOf(path) {
    if (path === CATALOGUE_NAME) return "database";
    return COMPANION_SUFFIXES.some((suffix) => path === CATALOGUE_NAME + suffix) ? null : "file";
  },
};

/**
 * Lists what a backup copies of a store.
 *
 * @param store The store.
 * @returns The files and directories, each with the outer ones first, and what is left out.
 * @throws {OperationError} The store's directory, or what an engine keeps in it, cannot be looked
 * at.
 */
export function planChromaSnapshot(store: DetectedStore): Steps<SnapshotPlan> {
  return walkSnapshot(store.path, RULES);
}
