/**
 * What a transaction guard is asked, and what it answers.
 *
 * @module
 */

import type { OperationError } from "../../base/errors.ts";
import type { CheckProgress } from "../../engine/check_options.ts";
import type { RecoveredChange } from "../../fs/recover.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import type { StoreHolders } from "../../machine/store_holders.ts";
import type { FindingEvent, SummaryEvent } from "../../model/report.ts";
import type { RecordsClient } from "./records_client.ts";

/**
 * How what an action has written is taken back.
 *
 * | way            | what it says of the store                                   | what is done              |
 * | -------------- | ----------------------------------------------------------- | ------------------------- |
 * | `files`        | no process has it open once the action has ended            | its files are put back    |
 * | `{ client }`   | a server serves it, and this client writes through it       | its records are put back  |
 * | `auto`         | nothing: the open files of all processes are looked at       | its files, if none has it |
 */
export type RollbackWay = "auto" | "files" | { readonly client: RecordsClient };

/** How a guarded write is carried out. */
export interface TransactionSettings {
  /**
   * How what the action has written is taken back; `auto` when left out, which needs every
   * permission and Linux, and refuses to begin where it cannot tell who has the store open.
   */
  rollback?: RollbackWay;
  /** How long the action may take, in milliseconds; 30,000 when left out. */
  timeoutMs?: number;
  /**
   * How long an action that was told to end is waited for, in milliseconds; 5,000 when left out.
   * Nothing is taken back while it may still be writing.
   */
  graceMs?: number;
  /** Whether a damaged store is written to as well; only new damage counts then. */
  allowDamage?: boolean;
  /** Where the copy of the store lies meanwhile; in `STORE.backups` when left out. */
  backups?: string | undefined;
  /** How long a store that never rests is tried again, in milliseconds; a minute when left out. */
  patienceMs?: number;
  /** How many threads check at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Aborts the action, as the end of its time does; what it has written is taken back. */
  signal?: AbortSignal | undefined;
  /** Is told how far a check has come. */
  onProgress?: (progress: CheckProgress) => void;
}

/** How a guarded write is carried out within this program. */
export interface TransactionOptions extends TransactionSettings {
  /** Is told of every change that a crash had interrupted, and what became of it. */
  onRecovered?: (change: RecoveredChange) => void;
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** How to wait, in milliseconds; it may end sooner when the signal is aborted. */
  pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Lists the processes that have files of a store open, as far as that can be known. */
  listHolders?: (store: string) => StoreHolders;
}

/** What the action is given. */
export interface TransactionContext {
  /** Is aborted when the time is over, or by the caller; the action ends as soon as it can then. */
  readonly signal: AbortSignal;
  /** The store, as an absolute path without links. */
  readonly store: string;
}

/** What is done while the store is guarded. */
export type TransactionAction<Result> = (context: TransactionContext) => Promise<Result> | Result;

/** A guarded write that went well. */
export interface GuardedWrite<Result> {
  /** What the action has returned. */
  readonly result: Result;
  /** The store, as an absolute path without links. */
  readonly store: string;
  /** Nothing was taken back. */
  readonly rolledBack: null;
  /** What the check before the action has found. */
  readonly before: SummaryEvent;
  /** What the check after it has found. */
  readonly after: SummaryEvent;
  /** What keeps the next guarded write from being quicker, as sentences. */
  readonly notices: readonly string[];
  /** How long the action itself took, in milliseconds. */
  readonly actionMs: number;
  /** How long all of it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** Why a guarded write was not accepted. */
export type TransactionFailure =
  /** The action has thrown. */
  | "failed"
  /** Its time was over. */
  | "timeout"
  /** The caller has aborted it. */
  | "aborted"
  /** The check after it has found damage that was not there before. */
  | "damage"
  /** The store could not be checked after it: it is away, or cannot be read. */
  | "unchecked"
  /** Its record could not be removed, so that it would be taken for interrupted. */
  | "uncommitted";

/**
 * What has become of the store.
 *
 * | state        | what the store is                                                              |
 * | ------------ | ------------------------------------------------------------------------------ |
 * | `unchanged`  | what it was before: the action had written nothing                             |
 * | `rolledBack` | what it was before: that was put back                                          |
 * | `written`    | what the action has made of it: nothing was taken back                         |
 * | `partly`     | in between: putting it back was interrupted, and the next run goes on          |
 */
export type TransactionState = "unchanged" | "rolledBack" | "written" | "partly";

/** Something that could not be put back as it was. */
export interface Unrestored {
  /** The name of the collection. */
  readonly collection: string;
  /** What is wrong, as a clause. */
  readonly problem: string;
  /** The ids of the records, where it is about records. */
  readonly ids: readonly string[];
}

/** What was taken back, and how. */
export interface RollbackOutcome {
  /** By which way; null where nothing had to be taken back, or nothing was. */
  readonly rolledBack: "files" | "records" | null;
  /** What the store is now. */
  readonly state: TransactionState;
  /** The entry of the quarantine that holds the files as the action left them, or null. */
  readonly quarantined: string | null;
  /** The directory of the backup that holds the store as it was; null where it is not needed. */
  readonly backup: string | null;
  /** Why nothing was taken back, or not all; null where everything was. */
  readonly rollbackFailure: OperationError | null;
  /** What could not be put back as it was. */
  readonly unrestored: readonly Unrestored[];
  /** How many records were removed, put back as they were, and added again. */
  readonly records: RecordCounts;
}

/** How many records were put back. */
export interface RecordCounts {
  /** Records that the action had added and that were removed. */
  readonly removed: number;
  /** Records that it had changed and that are as they were. */
  readonly changed: number;
  /** Records that it had removed and that are there again. */
  readonly added: number;
}

/** How a guarded write that was interrupted is brought to an end. */
export interface RecoverTransactionSettings
  extends Pick<TransactionSettings, "rollback" | "graceMs" | "signal" | "onProgress"> {
  /** Whether what stands in the store is kept; taken back when left out. */
  keep?: boolean;
}

/** The same within this program. */
export type RecoverTransactionOptions =
  & RecoverTransactionSettings
  & Pick<TransactionOptions, "onRecovered" | "fs" | "now" | "pause" | "listHolders">;

/** What became of a guarded write that was interrupted. */
export interface RecoveredTransaction extends RollbackOutcome {
  /** When it was begun, as ISO 8601 in UTC; null where its record was damaged. */
  readonly startedAt: string | null;
}

/** What the error of a guarded write says besides its message. */
export interface TransactionErrorFacts extends RollbackOutcome {
  /** Why the write was not accepted. */
  readonly reason: TransactionFailure;
  /** Damage that was not there before; empty where the check found none, or was not reached. */
  readonly damage: readonly FindingEvent[];
  /** Whether the action is still running: then nothing was taken back. */
  readonly isActionRunning: boolean;
}
