/**
 * The error of a guarded write.
 *
 * @module
 */

import {
  OperationError,
  type OperationErrorCode,
  type OperationErrorOptions,
} from "../../base/errors.ts";
import type { FindingEvent } from "../../model/report.ts";
import type {
  RecordCounts,
  RollbackOutcome,
  TransactionErrorFacts,
  TransactionFailure,
  TransactionState,
  Unrestored,
} from "./transaction_options.ts";

const CODES: Readonly<Record<TransactionFailure, OperationErrorCode>> = {
  failed: "write-failed",
  timeout: "cancelled",
  aborted: "cancelled",
  damage: "write-failed",
  unchecked: "write-failed",
  uncommitted: "write-failed",
};

/**
 * A guarded write was not accepted. What the action has thrown is the `cause`; `state` says what the
 * store is now.
 *
 * @example Telling what has become of the store
 * ```ts
 * import { detectStore, TransactionError, withTransactionGuard } from "@vecfsck/vecfsck";
 *
 * async function write(store: string): Promise<void> {
 *   try {
 *     await withTransactionGuard(store, () => {
 *       throw new Error("the writer has failed");
 *     }, { rollback: "files" });
 *   } catch (error) {
 *     if (error instanceof TransactionError) console.log(error.state, error.cause);
 *     else throw error;
 *   }
 * }
 * if (detectStore(".") !== null) await write(".");
 * ```
 */
export class TransactionError extends OperationError implements TransactionErrorFacts {
  /** Why the write was not accepted. */
  readonly reason: TransactionFailure;
  /** By which way it was taken back; null where nothing had to be taken back, or nothing was. */
  readonly rolledBack: RollbackOutcome["rolledBack"];
  /** What the store is now. */
  readonly state: TransactionState;
  /** Damage that was not there before. */
  readonly damage: readonly FindingEvent[];
  /** Whether the action is still running: then nothing was taken back. */
  readonly isActionRunning: boolean;
  /** The entry of the quarantine that holds the files as the action left them, or null. */
  readonly quarantined: string | null;
  /** The directory of the backup that holds the store as it was; null where it is not needed. */
  readonly backup: string | null;
  /** Why nothing was taken back, or not all; null where everything was. */
  readonly rollbackFailure: OperationError | null;
  /** What could not be put back as it was. */
  readonly unrestored: readonly Unrestored[];
  /** How many records were put back. */
  readonly records: RecordCounts;

  /** Makes an error from a message without a final period, and what is known. */
  constructor(message: string, facts: TransactionErrorFacts, options: OperationErrorOptions) {
    super(CODES[facts.reason], message, options);
    this.name = "TransactionError";
    this.reason = facts.reason;
    this.rolledBack = facts.rolledBack;
    this.state = facts.state;
    this.damage = facts.damage;
    this.isActionRunning = facts.isActionRunning;
    this.quarantined = facts.quarantined;
    this.backup = facts.backup;
    this.rollbackFailure = facts.rollbackFailure;
    this.unrestored = facts.unrestored;
    this.records = facts.records;
  }
}
