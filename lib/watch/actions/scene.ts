/**
 * What the actions of a watch have in common: the store that they are about, what is known of it, and
 * who is told.
 *
 * @module
 */

import { OperationError, toOperationError } from "../../base/errors.ts";
import { errorCodeOf } from "../../fs/write_errors.ts";
import type { WatchAction } from "../../status/watch_notes.ts";
import type { Backoff } from "../schedule/backoff.ts";
import type { Calendar } from "../schedule/calendar.ts";
import type { TellStore } from "../events/events.ts";
import type { ActionContext, StoreActions } from "./store_actions.ts";
import type { StorePlan } from "../configuration/watch_configuration.ts";
import type { WatchRecord } from "../store/watch_record.ts";

/** A store and what is known of it. */
export interface Scene {
  /** What is to be done. */
  readonly plan: StorePlan;
  /** The calendar. */
  readonly calendar: Calendar;
  /** What is known. */
  readonly record: WatchRecord;
  /** What can be done. */
  readonly actions: StoreActions;
  /** What an action needs. */
  readonly context: ActionContext;
  /** Says that something has happened. */
  readonly tell: TellStore;
  /** The time of day. */
  now(): Date;
  /** Puts on the disk what is known; tells whether it is there. */
  note(): boolean;
  /**
   * Does something while no other action of this process runs. That it was begun is on the disk
   * before, for it may take the process with it.
   *
   * @throws {OperationError} It failed.
   */
  perform<Result>(action: WatchAction, work: () => Promise<Result>): Promise<Result>;
}

/** The names of actions, as an event begins with them. */
const TITLES: Readonly<Record<WatchAction, string>> = {
  check: "The check",
  backup: "The backup",
  optimize: "The optimisation",
  repair: "The repair",
  restore: "The restore",
};

/**
 * Notes down and tells that an action failed.
 *
 * @param scene The store.
 * @param action The action.
 * @param error Why.
 * @param backoff How long it is waited.
 */
export function tellFailure(
  { record, tell, now }: Scene,
  action: WatchAction,
  error: OperationError,
  backoff: Backoff,
): void {
  record.end(action, now(), { outcome: "failed", message: error.message, backoff, slotMs: null });
  const { failures, retryAt } = record.of(action);
  tell("action-failed", `${TITLES[action]} failed: ${error.message}`, {
    action,
    code: error.code,
    hint: error.hint,
    failures,
    retryAt: retryAt ?? now().toISOString(),
  });
}

/**
 * Notes down that an action ended well, and tells it where it had failed before.
 *
 * @param scene The store.
 * @param action The action.
 * @param end What came of it, and the scheduled time that is served by it.
 */
export function endWell(
  { record, tell, now }: Scene,
  action: WatchAction,
  { message, slotMs }: { readonly message: string | null; readonly slotMs: number | null },
): void {
  const { failures } = record.of(action);
  record.end(action, now(), { outcome: "done", message, backoff: null, slotMs });
  if (failures === 0) return;
  tell("action-recovered", `${TITLES[action]} works again`, { action, failures });
}

/**
 * Makes an error of whatever an action has thrown.
 *
 * @param error What was thrown.
 * @param path The store.
 * @returns The error; with the code `internal` where it is a fault of this program.
 */
export function toActionError(error: unknown, path: string): OperationError {
  const isOfSystem = errorCodeOf(error) !== "" ||
    Object.values(Deno.errors).some((kind) => error instanceof kind);
  if (error instanceof OperationError || isOfSystem) return toOperationError(error, path);
  const message = error instanceof Error ? error.message : String(error);
  return new OperationError("internal", message, { path, cause: error });
}
