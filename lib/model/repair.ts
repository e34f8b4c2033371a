/**
 * The plan of a repair, and what became of it: plain data that output and verbs show, whatever the
 * format of the store.
 *
 * A plan is made from the findings of a full check. Its steps stand in the order in which they are
 * carried out; each names the findings that it answers, what it reads, what it replaces, what will
 * be lost, and the space that it needs.
 *
 * @module
 */

import type { Severity } from "./codes.ts";
import type { FileStamp } from "./store.ts";

/** How the index of a collection comes back: built by vecfsck, or by the engine from its queue. */
export type IndexStrategy = "index" | "queue";

/** What a step does; the words of `--json`. */
export type RepairStepKind =
  /** The database is made anew of all rows that the damaged one still holds. */
  | "rebuild-database"
  /** The database comes from a backup. */
  | "restore-database"
  /** What can still be read of a store without a database is written into files. */
  | "export-records"
  /** Rows of the catalogue are put right: tenants, collections, segments, watermarks, settings. */
  | "correct-catalogue"
  /** Records, metadata and rows of the queue are put right. */
  | "correct-records"
  /** The full text is made anew from the documents. */
  | "rebuild-fulltext"
  /** An index is built of vectors that were saved. */
  | "build-index"
  /** An index is built around the healthy part of the old one. */
  | "extend-index"
  /** Vectors that were saved go into the queue, of which the engine builds its index. */
  | "queue-vectors"
  /** Records are put into the store that were handed in. */
  | "add-records"
  /** A copy takes the place of a file that takes more room than it has bytes. */
  | "copy-file"
  /** Entries are moved aside that belong to nothing. */
  | "set-aside"
  /** Files get the extension that the engine looks for. */
  | "rename-files"
  /** The file with the name and the metadata of a collection is written again. */
  | "restore-metadata"
  /** A collection gets a name that it did not have: its own is lost, or another one has it. */
  | "name-collection"
  /** The folder of a collection gets the name that belongs to it. */
  | "rename-folder"
  /** Two folders of one collection become one. */
  | "merge-collections"
  /** A collection is moved where the engine does not look, within the store. */
  | "quarantine-collection"
  /** Files of documents get the places that belong to them. */
  | "place-documents"
  /** Documents come from a backup. */
  | "restore-documents"
  /** Documents are written again with what was wrong in them put right. */
  | "correct-documents"
  /** Documents leave the store that cannot be read, or have no vector that can be used. */
  | "take-out-documents";

/** A finding that a step answers: as many of them as there are with the same code and place. */
export interface AnsweredFinding {
  /** The code, for instance `VF2205`. */
  readonly code: string;
  /** Its name. */
  readonly name: string;
  /** Its severity. */
  readonly severity: Severity;
  /** The file, or null. */
  readonly path: string | null;
}

/** What is lost of a record. */
export type LossKind =
  /** The vector; what becomes of the record says {@linkcode RepairLoss.outcome}. */
  | "vector"
  /** The length that the vector had before it was normalised. */
  | "length"
  /** A newer version of the vector may have existed. */
  | "newer-version"
  /** A newer version of the whole record may have existed. */
  | "newer-record"
  /** One of two versions of a record. */
  | "version"
  /** The document. */
  | "document"
  /** Values of the metadata. */
  | "metadata"
  /** The whole record: nothing but its id is known any more. */
  | "record"
  /** The name of a collection. */
  | "collection-name"
  /** The metadata of a collection itself. */
  | "collection-metadata"
  /** A row of the queue that no engine can apply. */
  | "queue-row"
  /** A row of another table. */
  | "row";

/** What becomes of that of which something is lost. */
export type LossOutcome =
  /** It is taken out of the store; everything that was left of it is in a file. */
  | "taken-out"
  /** It stays in the store, where no query finds it. */
  | "kept-unsearchable"
  /** It stays, without what was lost. */
  | "kept"
  /** It is moved within the store to where no engine looks. */
  | "moved-aside"
  /** It is gone. */
  | "gone";

/** Something that is lost, for one reason, of one or of many. */
export interface RepairLoss {
  /** What is lost. */
  readonly kind: LossKind;
  /** What becomes of the rest. */
  readonly outcome: LossOutcome;
  /** Why, for people: one clause without a final period. */
  readonly reason: string;
  /** The name of the collection, or null where it belongs to none. */
  readonly collection: string | null;
  /** The table, for rows; else null. */
  readonly table: string | null;
  /** How many. */
  readonly count: number;
  /** Their ids, all of them; fewer than `count` only where no id is known. */
  readonly ids: readonly string[];
}

/** What a step brings back. */
export interface RepairGain {
  /** What it is, for people: `vectors`, `records`, `documents`. */
  readonly what: string;
  /** How many. */
  readonly count: number;
  /** Where they come from, for people: `the index`, `the queue`, `a backup of 2026-01-31`. */
  readonly source: string;
}

/** One step of a repair. */
export interface RepairStep {
  /** What it does. */
  readonly kind: RepairStepKind;
  /** The same for people: one clause that begins with a verb, without a final period. */
  readonly title: string;
  /** What it does in detail, for people: one clause each, without a final period. */
  readonly details: readonly string[];
  /** The name of the collection, or null where it belongs to none or to several. */
  readonly collection: string | null;
  /** The id of the segment, or null. */
  readonly segment: string | null;
  /** Which way was chosen for an index, and why; null for every other step. */
  readonly strategy: { readonly chosen: IndexStrategy; readonly reason: string } | null;
  /** The findings that it answers. */
  readonly answers: readonly AnsweredFinding[];
  /** What it reads: entries of the store, relative to it, or paths of backups and other files. */
  readonly reads: readonly string[];
  /** The entries of the store that it replaces, adds or moves aside, relative to the store. */
  readonly replaces: readonly string[];
  /** What it brings back. */
  readonly gains: readonly RepairGain[];
  /** What will be lost. */
  readonly losses: readonly RepairLoss[];
  /** How much room the files need that it writes, in bytes. */
  readonly sizeBytes: number;
}

/** A finding that no step answers. */
export interface UnansweredFinding extends AnsweredFinding {
  /** The name of the collection, or null. */
  readonly collection: string | null;
  /** Why nothing is done about it, for people: one sentence with a final period. */
  readonly reason: string;
  /** Whether the store is worse for it: a finding that says that nothing has to be done is not. */
  readonly isDamage: boolean;
}

/** A plan, before it is bound to a store. */
export interface RepairDraft {
  /** The steps, in the order in which they are carried out. */
  readonly steps: readonly RepairStep[];
  /** What no step answers. */
  readonly unanswered: readonly UnansweredFinding[];
}

/** A plan, bound to the store that it was made from. */
export interface RepairPlan extends RepairDraft {
  /** The store, as an absolute path. */
  readonly store: string;
  /** The engine that wrote it last, as far as the store tells. */
  readonly engine: string | null;
  /** The files from which it was made, as they were; the plan holds only while they are so. */
  readonly stamps: readonly FileStamp[];
  /** How much room all steps together need, in bytes. */
  readonly sizeBytes: number;
}

/** How well the searches of a new index find what an exact search finds. */
export interface RecallSample {
  /** The collection. */
  readonly collection: string;
  /** How many vectors were searched for. */
  readonly queries: number;
  /** Of how many nearest neighbours the share was taken. */
  readonly neighbours: number;
  /** The candidates that a search keeps (`ef`). */
  readonly efSearch: number;
  /** The share of the true nearest neighbours that were found, from 0 to 1. */
  readonly recall: number;
}

/** What the check of a repaired store has shown, before it took its place. */
export interface RepairVerification {
  /** How well new indexes find. */
  readonly recall: readonly RecallSample[];
  /** How many vectors of the new indexes were held against those that were saved. */
  readonly vectorsCompared: number;
  /** What is not as it was planned, for people: a repair with any is not put into place. */
  readonly problems: readonly string[];
}
