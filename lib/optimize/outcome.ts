/**
 * What is asked of optimising a store, and what became of it.
 *
 * @module
 */

import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { OptimizationAction, OptimizationDraft } from "../model/optimization.ts";
import type { FileStamp } from "../model/store.ts";
import type { JournalMode, StoreOptimizer } from "../stores/optimize_format.ts";
import type { RepairProgress } from "../stores/repair_format.ts";

/** How it is planned. */
export interface OptimizationPlanSettings {
  /** The journal mode that the database gets; the one that it has when left out. */
  journalMode?: JournalMode | undefined;
  /** Whether every index with deleted slots is compacted, however few they are. */
  compactIndexes?: boolean;
  /** The most memory that building an index may take, in bytes. */
  maxMemoryBytes?: number | undefined;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Ends the work while nothing has been changed. */
  signal?: AbortSignal | undefined;
  /** Is told how far it has come. */
  onProgress?: (progress: RepairProgress) => void;
}

/** How it is planned within this program. */
export interface OptimizationPlanOptions extends OptimizationPlanSettings {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** What optimises the store; that of its format when left out. */
  optimizer?: StoreOptimizer;
}

/** How it is carried out. */
export interface OptimizationSettings extends OptimizationPlanSettings {
  /** The directory of backups; `STORE.backups` beside the store by default. */
  backups?: string | undefined;
  /**
   * Whether a backup is made first, unless there is one already that holds the same; true when left
   * out. Without one, what is replaced stays in quarantine.
   */
  makesBackup?: boolean;
  /** Is shown the plan, and says whether it is carried out; it is when left out. */
  confirm?: (plan: OptimizationPlan) => Promise<boolean>;
  /** The clock. */
  now?: () => Date;
}

/** How it is carried out within this program. */
export interface OptimizationOptions extends OptimizationSettings, OptimizationPlanOptions {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
}

/** A plan, bound to the store that it was made from. */
export interface OptimizationPlan extends OptimizationDraft {
  /** The store, as an absolute path. */
  readonly store: string;
  /** The engine that wrote it last, as far as the store tells. */
  readonly engine: string | null;
  /** The codes of its errors and of worse: with any, nothing is done. */
  readonly damage: readonly string[];
  /** The files from which it was made, as they were; the plan holds only while they are so. */
  readonly stamps: readonly FileStamp[];
}

/** The backup that holds what was replaced. */
export interface UsedBackup {
  /** Its name. */
  readonly id: string;
  /** Where it is. */
  readonly directory: string;
  /** Whether it was there already. */
  readonly isOlder: boolean;
}

/** What became of it. */
export interface OptimizationOutcome {
  /** The plan. */
  readonly plan: OptimizationPlan;
  /**
   * `nothing-to-do`: nothing would be better by it. `damaged`: the store has to be repaired first.
   * `declined`: it was not agreed to. Of these, no byte was changed. `optimized`: it is done.
   */
  readonly state: "nothing-to-do" | "damaged" | "declined" | "optimized";
  /** What was done, with the numbers that came of it; none unless it is done. */
  readonly actions: readonly OptimizationAction[];
  /** How long the files of the store are all together, before, in bytes. */
  readonly beforeBytes: number;
  /** The same after. */
  readonly afterBytes: number;
  /** The backup that holds what was replaced; null where none was asked for, or nothing done. */
  readonly backup: UsedBackup | null;
  /** The entry of the quarantine that holds what was replaced, which `undo` takes; or null. */
  readonly quarantined: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
