/**
 * What a restore can be told, and what it tells when it is done.
 *
 * @module
 */

import type { CheckProgress } from "../engine/check_options.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { RestorePlan } from "./plan_restore.ts";

/** How a restore is carried out. */
export interface RestoreBackupOptions {
  /** Whether damage that the backup is known to have is taken over. */
  force?: boolean;
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
  /** Is told how far the check of the staged store has come. */
  onProgress?: (progress: CheckProgress) => void;
  /** Ends the work while nothing has been changed. */
  signal?: AbortSignal | undefined;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
}

/** What a restore has done. */
export interface RestoredStore {
  /** The plan that was carried out. */
  readonly plan: RestorePlan;
  /** The name of the entry of the quarantine that holds what stood there; null when nothing did. */
  readonly quarantined: string | null;
}
