/**
 * One guarded write from its beginning to its end, for a caller that holds the store's lock.
 *
 * The record of the write is on the disk before the action begins and until its end is decided, so
 * whoever comes after a crash finds it, and the backup that it names. Its removal is the moment at
 * which what was written counts.
 *
 * @module
 */

import type { ListedBackup } from "../../backup/catalogue.ts";
import { type BackupOutcome, createOwnedBackup } from "../../backup/create.ts";
import { OperationError, toOperationError } from "../../base/errors.ts";
import { readTransactionRecord, writeTransactionRecord } from "../../engine/transaction_record.ts";
import type { StoreLock } from "../../fs/lock.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { isDamage } from "../../model/finding.ts";
import type { FindingEvent, SummaryEvent } from "../../model/report.ts";
import { requireStore } from "../../stores/registry.ts";
import { type AfterCheck, checkAfter } from "./check_after.ts";
import { describeFailure } from "./describe_failure.ts";
import {
  abandonTransaction,
  acceptTransaction,
  createStillRunning,
  NOTHING_DONE,
  rollBack,
  type RollbackRequest,
  tidyBackups,
} from "./roll_back.ts";
import { requireClient, requireWay } from "./rollback_way.ts";
import { runAction } from "./run_action.ts";
import { TransactionError } from "./transaction_error.ts";
import type {
  GuardedWrite,
  RollbackOutcome,
  TransactionAction,
  TransactionFailure,
  TransactionOptions,
} from "./transaction_options.ts";

/** How a guarded write is carried out, with everything that has a default. */
export type SettledOptions =
  & TransactionOptions
  & Required<Pick<TransactionOptions, "fs" | "pause" | "timeoutMs" | "graceMs">>;

/** How a guarded write has ended. */
export type TransactionEnd<Result> =
  | { readonly write: GuardedWrite<Result>; readonly error: null; readonly running: null }
  | {
    readonly write: null;
    readonly error: TransactionError;
    /** Is fulfilled when an action has ended that would not; null where it has. */
    readonly running: Promise<void> | null;
  };

/** The store as it was before. */
interface Before {
  readonly backup: ListedBackup;
  readonly summary: SummaryEvent;
  readonly findings: readonly FindingEvent[];
}

/** Why a write was not accepted. */
interface Refusal {
  readonly reason: TransactionFailure;
  readonly cause: unknown;
  readonly damage: readonly FindingEvent[];
  readonly running: Promise<void> | null;
}

/** A guarded write. */
export class TransactionRun<Result> {
  readonly #lock: StoreLock;
  readonly #options: SettledOptions;
  readonly #fs: WriteFs;
  readonly #store: string;
  readonly #startedMs = performance.now();
  readonly #startedAt: Date;

  /** Takes the store, its lock, and how the write is guarded. */
  constructor(path: string, lock: StoreLock, options: SettledOptions) {
    this.#lock = lock;
    this.#options = options;
    this.#fs = options.fs;
    this.#store = options.fs.resolve(requireStore(path).path);
    this.#startedAt = options.now?.() ?? new Date();
  }

  /**
   * Carries out the write.
   *
   * @param action What writes.
   * @returns How it has ended.
   * @throws {OperationError} It was not begun.
   */
  async run(action: TransactionAction<Result>): Promise<TransactionEnd<Result>> {
    const before = await this.#begin();
    const { timeoutMs, graceMs, pause, signal } = this.#options;
    const startedMs = performance.now();
    const end = await runAction(
      (signal) => action({ signal, store: this.#store }),
      { timeoutMs, graceMs, pause, signal },
    );
    const actionMs = Math.round(performance.now() - startedMs);
    if (end.kind !== "done") {
      const running = end.kind === "running" ? end.ended : null;
      return await this.#refuse(before, {
        reason: end.reason,
        cause: end.error,
        damage: [],
        running,
      });
    }
    const after = await this.#checkAfter(before);
    if ("reason" in after) return await this.#refuse(before, after);
    try {
      acceptTransaction(this.#requestFor(before));
    } catch (cause) {
      this.#writeRecordAgain(before);
      const reason = "uncommitted";
      return await this.#refuse(before, { reason, cause, damage: [], running: null });
    }
    const { summary, notices } = after;
    const write: GuardedWrite<Result> = {
      result: end.result,
      store: this.#store,
      rolledBack: null,
      before: before.summary,
      after: summary,
      notices,
      actionMs,
      elapsedMs: Math.round(performance.now() - this.#startedMs),
    };
    return { write, error: null, running: null };
  }

  async #begin(): Promise<Before> {
    const { rollback = "auto" } = this.#options;
    requireNoneInterrupted(this.#fs, this.#store);
    requireWay(this.#store, rollback, this.#options);
    const before = await this.#copy();
    try {
      await requireClient(rollback, before.backup.manifest);
      this.#options.signal?.throwIfAborted();
      this.#writeRecord(before);
      return before;
    } catch (error) {
      abandonTransaction(this.#requestFor(before));
      throw error;
    }
  }

  #writeRecord({ backup: { directory } }: Before): void {
    const startedAt = this.#startedAt.toISOString();
    writeTransactionRecord(this.#fs, this.#store, { startedAt, backup: directory });
  }

  /** It may be gone, and not surely from the disk. */
  #writeRecordAgain(before: Before): void {
    try {
      this.#writeRecord(before);
    } catch {
      // Where nothing can be written, nothing will be put back either, and the error says so.
    }
  }

  /** The check of the copy is the check before: of the very bytes that would be put back. */
  async #copy(): Promise<Before> {
    const { backups, allowDamage = false, patienceMs, signal, now, onProgress } = this.#options;
    const { backup, summary, findings } = await this.#explained(createOwnedBackup(this.#store, {
      fs: this.#fs,
      to: backups,
      force: allowDamage,
      ...(patienceMs === undefined ? {} : { patienceMs }),
      ...(signal === undefined ? {} : { signal }),
      ...(now === undefined ? {} : { now }),
      ...(onProgress === undefined ? {} : { onProgress }),
    }));
    if (backup !== null && summary !== null) return { backup, summary, findings };
    tidyBackups(this.#fs, this.#store);
    const codes = [...new Set(findings.filter(isDamage).map(({ code }) => code))].join(", ");
    throw new OperationError("write-failed", `The store is damaged: ${codes}`, {
      path: this.#store,
      hint:
        "Nothing was written. `vecfsck repair` brings it in order; allowDamage: true writes to " +
        "it as it is.",
    });
  }

  /** Options of the command are settings here. */
  async #explained(outcome: Promise<BackupOutcome>): Promise<BackupOutcome> {
    try {
      return await outcome;
    } catch (error) {
      if (!(error instanceof OperationError) || !error.hint?.includes("--to")) throw error;
      throw new OperationError(error.code, error.message, {
        ...(error.path === null ? {} : { path: error.path }),
        hint: error.hint.replace("--to", "the setting `backups`"),
        cause: error,
      });
    }
  }

  async #checkAfter({ findings }: Before): Promise<AfterCheck | Refusal> {
    try {
      const after = await checkAfter(this.#store, findings, this.#options);
      const [first] = after.damage;
      if (first === undefined) return after;
      return { reason: "damage", cause: undefined, damage: after.damage, running: null };
    } catch (error) {
      const cause = toOperationError(error, this.#store);
      return { reason: "unchecked", cause, damage: [], running: null };
    }
  }

  async #refuse(before: Before, refusal: Refusal): Promise<TransactionEnd<Result>> {
    const { reason, cause, damage, running } = refusal;
    const requireSound = (): Promise<void> => this.#requireSound(before);
    const outcome = running === null
      ? await rollBack({ ...this.#requestFor(before), requireSound })
      : this.#leave(before);
    const facts = { ...outcome, reason, damage, isActionRunning: running !== null };
    const { message, hint } = describeFailure(this.#store, facts, cause);
    const error = new TransactionError(message, facts, {
      path: this.#store,
      ...(hint === null ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
    return { write: null, error, running };
  }

  /** Damage of files stays where only records are put back. */
  async #requireSound({ findings }: Before): Promise<void> {
    const { damage } = await checkAfter(this.#store, findings, this.#options);
    if (damage.length === 0) return;
    const codes = [...new Set(damage.map(({ code }) => code))].join(", ");
    throw new OperationError(
      "write-failed",
      `The records came back, and damage is left: ${codes}`,
      {
        path: this.#store,
        hint: "Stop the server, then `vecfsck restore` with the backup, or `vecfsck repair`.",
      },
    );
  }

  #leave({ backup: { directory } }: Before): RollbackOutcome {
    const rollbackFailure = createStillRunning(this.#options.graceMs);
    return { ...NOTHING_DONE, state: "written", backup: directory, rollbackFailure };
  }

  #requestFor({ backup }: Before): RollbackRequest {
    return {
      store: this.#store,
      lock: this.#lock,
      backup,
      reason: "a guarded write was taken back",
      way: this.#options.rollback ?? "auto",
      options: this.#options,
    };
  }
}

/** What was interrupted has to be ended first: its backup holds what this one would not. */
function requireNoneInterrupted(fs: WriteFs, store: string): void {
  const record = readTransactionRecord(fs, store);
  if (record === null) return;
  const when = record.startedAt === null ? "" : ` that began at ${record.startedAt}`;
  throw new OperationError("write-failed", `A guarded write${when} was interrupted`, {
    path: record.path,
    hint: "The store may hold a part of it. recoverTransaction() takes it back, as " +
      "`vecfsck restore` does; with keep: true it keeps what is there.",
  });
}
