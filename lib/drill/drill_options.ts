/**
 * How a store is drilled.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import type { RepairProgress } from "../stores/repair_format.ts";
import type { Damage } from "./damages/damage.ts";
import type { DrillResult, DrillStart, EngineAnswer } from "./drill_result.ts";

/**
 * Asks an engine about a store. It may write to it: an engine that opens a store does.
 *
 * @param directory The directory of the store.
 * @param signal Ends the asking.
 * @returns What it says.
 */
export type AskEngine = (
  directory: string,
  signal: AbortSignal | undefined,
) => Promise<EngineAnswer>;

/** How a store is drilled. */
export interface DrillOptions {
  /** The damages, in the order in which they are done; all to the format when left out. */
  readonly damages?: readonly Damage[];
  /** By which everything is chosen that a damage hits. */
  readonly seed: number;
  /** A directory, missing or empty, that keeps the repaired copies; none when left out. */
  readonly into?: string | undefined;
  /** Names that collections may have whose own was lost, as check and repair are given them. */
  readonly names?: readonly string[];
  /** Asks an engine about copies; null where none is asked. */
  readonly askEngine: AskEngine | null;
  /** Is told what is drilled, before the first damage is done. */
  readonly onStart?: (start: DrillStart) => Promise<void>;
  /** Is told of each damage what came of it. */
  readonly onResult?: (result: DrillResult) => Promise<void>;
  /** Is told how far the drill has come. */
  readonly onProgress?: (progress: RepairProgress) => void;
  /** Ends the drill. */
  readonly signal?: AbortSignal | undefined;
  /** The clock. */
  readonly now?: () => Date;
  /** The file system; this machine's by default. */
  readonly fs?: WriteFs;
}
