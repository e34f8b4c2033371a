/**
 * What a check can be told, and what it tells on its way.
 *
 * @module
 */

import type { CheckLevel } from "../model/report.ts";

/** What a check can be told. */
export interface CheckOptions {
  /** How much is looked at; `full` when left out. */
  level?: CheckLevel;
  /** From which age of the index on its distance to the catalogue is named; 3600 seconds. */
  staleSeconds?: number;
  /** Names that collections may have whose own was lost; they are tried, and nothing is written. */
  names?: readonly string[];
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** Ends the check; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** Is told how far a check of level `full` has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
}

/** How far a check has come. */
export interface CheckProgress {
  /** Bytes that were read so far. */
  readonly checkedBytes: number;
  /** Bytes that will be read in all. */
  readonly totalBytes: number;
}
