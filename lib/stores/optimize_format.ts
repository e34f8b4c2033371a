/**
 * What a store format implements to be optimised, so that neither the layers above nor the verbs
 * know any format.
 *
 * Nothing in the store is changed here. `survey` only reads, and says what will be done; `stage`
 * writes the entries that take the places of others beside the store, and reads them back. Looking at
 * the store as it will be, and putting it into place, is the business of `lib/optimize`.
 *
 * @module
 */

import type { ViewDirectories } from "../fs/store_view.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { Finding } from "../model/finding.ts";
import type { OptimizationAction, OptimizationDraft } from "../model/optimization.ts";
import type { DetectedStore } from "../model/store.ts";
import type { RepairProgress } from "./repair_format.ts";

/** Journal modes of a database that stay in its file. */
export type JournalMode = "wal" | "delete";

/** What is asked for. */
export interface OptimizationRequest {
  /** The findings of a full check of the store, none of them an error or worse. */
  readonly findings: readonly Finding[];
  /** The journal mode that the database gets; null for the one that it has. */
  readonly journalMode: JournalMode | null;
  /** Whether every index with deleted slots is compacted, however few they are. */
  readonly compactIndexes: boolean;
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

/** Where it is worked; both directories are empty, and on the file system of the store. */
export interface OptimizationArea {
  /** The directory for the entries that come. */
  readonly staged: string;
  /** The directory for private copies. */
  readonly scratch: string;
}

/** What was staged. */
export interface StagedOptimization {
  /** The names in the staging directory that replace entries of the store. */
  readonly coming: readonly string[];
  /** Entries of the store that leave, and nothing takes their place. */
  readonly leaving: readonly string[];
  /** What was done, with the numbers that came of it. */
  readonly actions: readonly OptimizationAction[];
}

/** A plan that is ready to be carried out. */
export interface SurveyedStore {
  /** The plan. */
  readonly draft: OptimizationDraft;
  /**
   * Carries it out beside the store.
   *
   * @param area Where.
   * @returns What takes the place of what; everything staged is on the disk.
   * @throws {OperationError} A file cannot be read or written, or the work was cancelled.
   */
  stage(area: OptimizationArea): Promise<StagedOptimization>;
}

/** How stores of one format are optimised. */
export interface StoreOptimizer {
  /** How directories stand in the view in which the store is looked at. */
  readonly viewDirectories: ViewDirectories;
  /**
   * Finds out what there is to do; nothing is written.
   *
   * @param store The store, which is healthy.
   * @param request What is asked for.
   * @returns The plan, and what carries it out.
   * @throws {OperationError} The store cannot be read, or is in use.
   */
  survey(store: DetectedStore, request: OptimizationRequest): Promise<SurveyedStore>;
}
