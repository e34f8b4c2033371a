/**
 * What is asked of a repair, and what became of it.
 *
 * @module
 */

import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { SeverityCounts, Verdict } from "../model/finding.ts";
import type { IndexStrategy, RepairPlan, RepairVerification } from "../model/repair.ts";
import type { RepairProgress } from "../stores/repair_format.ts";

/** How a repair is planned. */
export interface RepairPlanSettings {
  /** Only findings with these codes are answered. */
  only?: readonly string[];
  /** Only the collection of this name is repaired. */
  collection?: string | undefined;
  /** How indexes come back; `auto` when left out. */
  strategy?: "auto" | IndexStrategy;
  /** A file with vectors of records, one JSON object per line. */
  vectorsPath?: string | undefined;
  /** Names that collections may have whose own was lost, besides those that are always tried. */
  names?: readonly string[];
  /**
   * What becomes of a collection whose name nothing tells: it gets a name by which it can be found,
   * or goes to quarantine; `rename` when left out.
   */
  unnamed?: "rename" | "quarantine";
  /** What becomes of collections that share one name; `apart` when left out. */
  shadowed?: "apart" | "merge";
  /** Whether records without a vector stay in the store. */
  keepUnsearchable?: boolean;
  /** Whether what is deleted is erased from the files for real. */
  eraseDeleted?: boolean;
  /** The most memory that building an index may take, in bytes. */
  maxMemoryBytes?: number | undefined;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Ends the work while nothing has been changed. */
  signal?: AbortSignal | undefined;
  /** Is told how far it has come. */
  onProgress?: (progress: RepairProgress) => void;
}

/** How a repair is planned within this program. */
export interface RepairPlanOptions extends RepairPlanSettings {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** How a repair is carried out. */
export interface RepairSettings extends RepairPlanSettings {
  /** Where the records go that leave the store, besides the work directory; or none. */
  missingPath?: string | undefined;
  /**
   * Whether what was replaced is kept when nothing was lost; true when left out. Where something
   * was lost, it is kept all the same.
   */
  keepReplaced?: boolean;
  /** Is shown the plan, and says whether it is carried out; it is when left out. */
  confirm?: (plan: RepairPlan) => Promise<boolean>;
  /** The clock. */
  now?: () => Date;
}

/** How a repair is carried out within this program. */
export interface RepairOptions extends RepairSettings, RepairPlanOptions {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
}

/** What a full check says of a store, in short. */
export interface StoreState {
  /** May the engine open it? */
  readonly verdict: Verdict;
  /** How many findings there are of each severity. */
  readonly counts: SeverityCounts;
  /** The codes of its errors and of worse. */
  readonly damage: readonly string[];
}

/** A file that holds what left the store. */
export interface KeptFile {
  /** What it is: `missing.jsonl`, `queue-rows.jsonl`, … */
  readonly name: string;
  /** Where it is, as an absolute path. */
  readonly path: string;
  /** How many lines it has. */
  readonly lines: number;
}

/** What became of a repair. */
export interface RepairOutcome {
  /** The plan. */
  readonly plan: RepairPlan;
  /**
   * `nothing-to-do`: no finding asks for it, and no byte was changed. `declined`: it was not agreed
   * to. `repaired`: the plan was carried out, and the store in its place is better than before.
   */
  readonly state: "nothing-to-do" | "declined" | "repaired";
  /** What a full check said before. */
  readonly before: StoreState;
  /** What it says now; null when nothing was done. */
  readonly after: StoreState | null;
  /** What else was looked at before the store took its place; null when nothing was done. */
  readonly verification: RepairVerification | null;
  /** The name of the entry of the quarantine that holds what was replaced; `undo` takes it. */
  readonly quarantined: string | null;
  /** Files that hold what left the store. */
  readonly kept: readonly KeptFile[];
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
