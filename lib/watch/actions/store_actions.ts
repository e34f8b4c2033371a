/**
 * What a watch does with one store, as it sees it: a few actions that end or throw. Tests put others
 * in their place.
 *
 * @module
 */

import type { OperationError } from "../../base/errors.ts";
import type { RecoveredChange } from "../../fs/recover.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import type { DoneCure } from "../../guard/cure.ts";
import type { CheckLevel } from "../../model/report.ts";
import type { SystemStatus } from "../../status/system_status.ts";
import type { StorePlan, WatchPolicy } from "../configuration/watch_configuration.ts";

/** What an action needs. */
export interface ActionContext {
  /** What is to be done with the store. */
  readonly plan: StorePlan;
  /** Ends the action. */
  readonly signal: AbortSignal;
  /** The directory for notes; null for the one beside the store. */
  readonly notesDirectory: string | null;
  /** The file in which checks note down what they find; beside the store where it is undefined. */
  readonly historyFile: string | undefined;
  /** Is told of changes that a crash of vecfsck had interrupted. */
  onRecovered(change: RecoveredChange): void;
}

/** What a check has shown. */
export interface CheckReport {
  /** How much was looked at. */
  readonly level: CheckLevel;
  /** Whether every part was looked at, now or before it last changed. */
  readonly isComplete: boolean;
  /** Whether something was writing to the store, so that a full check did not come to its end. */
  readonly isBusy: boolean;
  /** By what the same damage is known again; null where there is none. */
  readonly signature: string | null;
  /** The codes of the findings that are an error or worse. */
  readonly codes: readonly string[];
  /** One text for each code. */
  readonly findings: readonly string[];
  /** How many records or documents there are; null where they were not counted. */
  readonly records: number | null;
  /** The bytes of all files; null where they were not looked at. */
  readonly sizeBytes: number | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What came of a backup. */
export interface BackupReport {
  /** The backup; null where the store is damaged and none was made. */
  readonly backup: {
    /** Its name. */
    readonly id: string;
    /** Where it is. */
    readonly directory: string;
    /** The bytes of what it holds. */
    readonly sizeBytes: number;
  } | null;
  /** What is wrong with the store, one text for each code. */
  readonly findings: readonly string[];
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What came of removing the backups that the rules do not keep. */
export interface PruneReport {
  /** The names of those that were removed. */
  readonly removed: readonly string[];
  /** The names of those that turned out to be damaged. */
  readonly rejected: readonly string[];
}

/** What came of an optimisation. */
export interface OptimizeReport {
  /** What became of it. */
  readonly state: "nothing-to-do" | "damaged" | "optimized";
  /** The bytes of all files before. */
  readonly beforeBytes: number;
  /** The same after. */
  readonly afterBytes: number;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** Why a store cannot be optimised now. */
export interface UseReason {
  /** The reason, as words for people behind a colon. */
  readonly text: string;
  /** Whether it stays so until the permissions or the configuration are others. */
  readonly isLasting: boolean;
}

/** What can be done with one store. */
export interface StoreActions {
  /**
   * Checks the store: all of it where nothing writes to it, else what a quick check looks at.
   *
   * @throws {OperationError} The store is not there, or cannot be read.
   */
  check(context: ActionContext, options: { readonly isThorough: boolean }): Promise<CheckReport>;
  /**
   * Makes a backup.
   *
   * @throws {OperationError} It could not be made.
   */
  backUp(context: ActionContext): Promise<BackupReport>;
  /**
   * Removes the backups that the rules do not keep.
   *
   * @throws {OperationError} One could not be removed.
   */
  prune(context: ActionContext): Promise<PruneReport>;
  /**
   * Optimises the store.
   *
   * @throws {OperationError} It could not be done; the store is as it was.
   */
  optimize(context: ActionContext): Promise<OptimizeReport>;
  /**
   * Does something about damage.
   *
   * @throws {OperationError} It could not be done.
   */
  cure(policy: Exclude<WatchPolicy, "alert">, context: ActionContext): Promise<DoneCure>;
  /** Says why the store cannot be optimised now; null where nothing uses it. */
  explainUse(context: ActionContext): UseReason | null;
  /** Tells when the newest good backup was made, in milliseconds since 1970; null without one. */
  newestBackupMs(context: ActionContext): Promise<number | null>;
  /** Tells how many bytes are free where the store and its backups are; null where unknown. */
  freeBytes(context: ActionContext): number | null;
  /**
   * Reads the state of the store.
   *
   * @throws {OperationError} It cannot be read.
   */
  readStatus(context: ActionContext): Promise<SystemStatus>;
}

/** The world in which actions are done. */
export interface ActionWorld {
  /** The file system. */
  readonly fs: WriteFs;
  /** The time of day. */
  readonly now: () => Date;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs: () => number;
  /** How to wait. */
  readonly pause: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** How many threads a check has at the most; as many as there are cores where it is undefined. */
  readonly jobs: number | undefined;
}

/** Whether an error says that the store was in use. */
export function isBusy(error: OperationError): boolean {
  return error.code === "busy";
}
