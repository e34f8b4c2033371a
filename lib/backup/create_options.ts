/**
 * How a backup is made, and what comes of it.
 *
 * @module
 */

import type { CheckProgress } from "../engine/check_options.ts";
import type { RecoveredChange } from "../fs/recover.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { FindingEvent, SummaryEvent } from "../model/report.ts";
import type { holdDatabase } from "../sqlite/online_backup.ts";
import type { ListedBackup } from "./catalogue.ts";
import type { BackupScope } from "./manifest.ts";

/** How a backup is made. */
export interface BackupSettings {
  /** The directory that gets the backup; `STORE.backups` beside the store by default. */
  to?: string | undefined;
  /** Whether a damaged store is backed up too, in a backup that is marked as not good. */
  force?: boolean;
  /** Whether the backup is read again from the disk before it counts. */
  verify?: boolean;
  /** How long a store that never rests is tried again, in milliseconds; a minute by default. */
  patienceMs?: number;
  /** Ends the work when it is aborted; nothing of the backup is left then. */
  signal?: AbortSignal;
  /** Is told how far the check has come. */
  onProgress?: (progress: CheckProgress) => void;
}

/** How a backup is made within this program. */
export interface CreateBackupOptions extends BackupSettings {
  /** What of the store it holds: all by default. */
  scope?: BackupScope;
  /** Is told of changes that a crash of vecfsck had interrupted. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The time of day. */
  now?: () => Date;
  /** How to wait, in milliseconds. */
  pause?: (durationMs: number) => Promise<void>;
  /** How a database is held while it is copied. */
  holdDatabase?: typeof holdDatabase;
}

/** What came of making a backup. */
export interface BackupOutcome {
  /** The backup; null where the store is damaged and nothing was kept. */
  readonly backup: ListedBackup | null;
  /** Whether that is the one before, which holds the same: no other was made. */
  readonly isUnchanged: boolean;
  /** Files of metadata that the backup before has and the store no longer. */
  readonly lost: readonly string[];
  /** What the check of the copy has found. */
  readonly findings: readonly FindingEvent[];
  /** What the findings add up to; null where nothing was copied. */
  readonly summary: SummaryEvent | null;
  /** How often the store was copied until nothing had changed meanwhile. */
  readonly tries: number;
  /** How long it took to copy, in milliseconds. */
  readonly copyElapsedMs: number;
}
