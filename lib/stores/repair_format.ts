/**
 * What a store format implements to be repaired, so that neither the layers above nor the verbs know
 * any format.
 *
 * A repair runs in three steps, and the store itself is changed by none of them. `prepare` works on
 * private copies in a scratch directory and says exactly what will be done; a dry run ends there.
 * `stage` writes the entries that take the places of damaged ones. `verify` looks at the store as it
 * will be. Putting it into place is the business of `lib/repair`, for all formats alike.
 *
 * @module
 */

import type { ViewDirectories } from "../fs/store_view.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { Finding } from "../model/finding.ts";
import type { IndexStrategy, RepairDraft, RepairVerification } from "../model/repair.ts";
import type { DetectedStore } from "../model/store.ts";

/** An older copy of the store. */
export interface OlderCopy {
  /** What it is called, for people: `the backup 20260131T040000Z`. */
  readonly label: string;
  /** A directory that is laid out as the store is; only read. */
  readonly directory: string;
  /** When it was made, as ISO 8601 in UTC. */
  readonly createdAt: string;
  /**
   * Whether it is a whole store that passed a full check, or only parts: what was moved aside, or the
   * metadata alone.
   */
  readonly isWhole: boolean;
}

/** How far a part of a repair has come. */
export interface RepairProgress {
  /** What is being done, for people: `building the index of notes`. */
  readonly title: string;
  /** How much of it is done, from 0 to 1. */
  readonly done: number;
}

/** What a repair is asked to do. */
export interface RepairRequest {
  /** The findings of a full check of the store as it is. */
  readonly findings: readonly Finding[];
  /** Only findings with these codes are answered, those that mean no damage as well; or null. */
  readonly onlyCodes: ReadonlySet<string> | null;
  /** Only the collection of this name is repaired; or null. */
  readonly onlyCollection: string | null;
  /** How indexes come back. */
  readonly strategy: "auto" | IndexStrategy;
  /** Whether records without a vector stay in the store. */
  readonly keepUnsearchable: boolean;
  /** Whether vectors and texts of deleted records are erased from the files for real. */
  readonly eraseDeleted: boolean;
  /** A file with vectors of records, one JSON object per line (docs/repair.md); or null. */
  readonly vectorsPath: string | null;
  /** Names that collections may have whose own was lost. */
  readonly names: readonly string[];
  /** What becomes of a collection whose name nothing tells. */
  readonly unnamed: "rename" | "quarantine";
  /** What becomes of collections that share one name. */
  readonly shadowed: "apart" | "merge";
  /** Older copies of the store, the newest first. */
  readonly olderCopies: readonly OlderCopy[];
  /**
   * An empty directory for private copies. For a repair that is carried out it is on the file
   * system of the store.
   */
  readonly scratch: string;
  /** Runs a full check of a directory that is laid out as a store. */
  readonly check: (path: string) => Promise<readonly Finding[]>;
  /** How many threads may work. */
  readonly jobs: number;
  /** The most memory that building an index may take, in bytes; null for what the machine has. */
  readonly maxMemoryBytes: number | null;
  /** Ends the work while nothing has been changed. */
  readonly signal: AbortSignal | undefined;
  /** Is told how far it has come. */
  readonly onProgress: ((progress: RepairProgress) => void) | undefined;
  /** The file system. */
  readonly fs: WriteFs;
}

/** A file that holds what the store no longer holds. */
export interface SavedFile {
  /** Its name: `missing.jsonl`, `queue-rows.jsonl`, `conflicts.jsonl`, `export-<collection>.jsonl`. */
  readonly name: string;
  /** Where it is, in the scratch directory. */
  readonly path: string;
  /** How many lines it has. */
  readonly lines: number;
}

/** What was staged. */
export interface StagedRepair {
  /**
   * The names in the staging directory that replace entries of the store, or are new: `name`, or
   * `folder/name` for an entry of a directory that stays in the store. A directory and an entry of
   * it do not come or leave together.
   */
  readonly coming: readonly string[];
  /** Entries of the store, named so too, that leave, and nothing takes their place. */
  readonly leaving: readonly string[];
  /** Files for people; they are put where the report says before anything is replaced. */
  readonly saved: readonly SavedFile[];
}

/** A repair whose plan is known, with private copies that the caller disposes of. */
export interface PreparedRepair extends Disposable {
  /** The plan. */
  readonly draft: RepairDraft;
  /**
   * Carries the steps out, in a directory beside the store.
   *
   * @param directory An empty directory on the file system of the store and of the scratch.
   * @returns What takes the place of what; everything in the directory is on the disk.
   * @throws {OperationError} A file cannot be read or written, or the work was cancelled.
   */
  stage(directory: string): Promise<StagedRepair>;
  /**
   * Looks at the store as it will be.
   *
   * @param view A directory in which the staged entries stand among those that stay.
   * @returns What it shows.
   * @throws {OperationError} A file cannot be read.
   */
  verify(view: string): Promise<RepairVerification>;
}

/** How stores of one format are repaired. */
export interface StoreRepairer {
  /** How directories stand in the view in which a repaired store is looked at. */
  readonly viewDirectories: ViewDirectories;
  /**
   * Plans a repair; nothing in the store is changed.
   *
   * @param store The store.
   * @param request What is asked for.
   * @returns The plan, and what is needed to carry it out.
   * @throws {OperationError} The store cannot be read, is in use, or was written by an engine that
   * this version does not know; or what was handed in is wrong.
   */
  prepare(store: DetectedStore, request: RepairRequest): Promise<PreparedRepair>;
}
