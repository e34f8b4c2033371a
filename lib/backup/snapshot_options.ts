/**
 * What copying a store takes and gives.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import type { LeftOut } from "../model/store.ts";
import type { holdDatabase } from "../sqlite/online_backup.ts";
import type { ListedBackup } from "./catalogue.ts";
import type { BackupDirectory, BackupFile, BackupScope } from "./manifest.ts";

/** How a store is copied. */
export interface SnapshotOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** What of the store is copied. */
  readonly scope: BackupScope;
  /** The backup whose unchanged files are shared, or null. */
  readonly previous: ListedBackup | null;
  /** The directory in which room is looked for. */
  readonly directory: string;
  /** Whether engines are held off from the first try on. */
  readonly holdFirst: boolean;
  /** How long a store that never rests is tried again, in milliseconds. */
  readonly patienceMs: number;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** The time of day. */
  readonly now: () => Date;
  /** Waits. */
  readonly pause: (durationMs: number) => Promise<void>;
  /** Takes hold of a database. */
  readonly holdDatabase: typeof holdDatabase;
}

/** A store as it was at one instant. */
export interface Snapshot {
  /** The instant. */
  readonly createdAt: Date;
  /** The files, sorted by their paths. */
  readonly files: readonly BackupFile[];
  /** The directories, the outer ones first. */
  readonly directories: readonly BackupDirectory[];
  /** What was not copied, and why. */
  readonly leftOut: readonly LeftOut[];
  /** How often was tried. */
  readonly tries: number;
}
