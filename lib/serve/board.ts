/**
 * What the server shows: how the stores are by now, all of it in memory. No request makes work.
 *
 * @module
 */

import type { Style } from "../output/paint.ts";
import type { SystemStatus } from "../status/system_status.ts";
import type { WatchState } from "../status/watch_notes.ts";

/** What is known of a store. */
export interface ServedStore {
  /** The store, as an absolute path. */
  readonly store: string;
  /** How it is to the watch. */
  readonly state: WatchState;
  /** What is wrong, one text for each kind of damage. */
  readonly findings: readonly string[];
  /** Its state when it could be read last; null before that. */
  readonly status: SystemStatus | null;
  /** Why it could not be read this time; null where it could. */
  readonly failure: string | null;
  /** Whether that was because something was writing to it all the time. */
  readonly isBusy: boolean;
  /** Whether another watch has it, so that nothing new is known here. */
  readonly isElsewhere: boolean;
  /** Whether something is being done with it, which can take its time. */
  readonly isAtWork: boolean;
  /** After how many milliseconds without news nothing here can be relied upon. */
  readonly staleAfterMs: number;
}

/** Something that has happened. */
export interface ServedEvent {
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  /** What. */
  readonly text: string;
  /** How it looks. */
  readonly style: Style;
}

/** What is known of all stores. */
export interface Board {
  /** When the last round ended, as ISO 8601 in UTC; null before the first. */
  readonly at: string | null;
  /** The stores. */
  readonly stores: readonly ServedStore[];
  /** The last events, the newest first. */
  readonly events: readonly ServedEvent[];
}

/** Whether a store is well, and why not. */
export interface StoreHealth {
  /** The store. */
  readonly store: string;
  /** Whether it is known by now, and no damage is. */
  readonly healthy: boolean;
  /** Why it is not, for people; null where it is. */
  readonly reason: string | null;
  /** When its state was read last, as ISO 8601 in UTC; null before that. */
  readonly at: string | null;
}

/**
 * Judges a store. That nothing new is known of it for long is a fault too.
 *
 * @param served The store.
 * @param now The time.
 * @returns Whether it is well.
 */
export function judgeServed(served: ServedStore, now: Date): StoreHealth {
  const { store, status } = served;
  const reason = findFault(served, now);
  return { store, healthy: reason === null, reason, at: status?.at ?? null };
}

function findFault(served: ServedStore, now: Date): string | null {
  const { state, findings, status, failure, isElsewhere, isAtWork, staleAfterMs } = served;
  if (isElsewhere) return "another watch has this store";
  if (state === "missing" || state === "unreadable") {
    return failure ?? (state === "missing" ? "the store is not there" : "it cannot be read");
  }
  const verdict = status?.health.verdict;
  if (state === "damaged" || verdict === "damaged" || verdict === "unsafe") {
    return ["damaged", ...findings].join("; ");
  }
  if (state === "unknown") return failure ?? "not checked so far";
  // The first round of a large store takes its time, of which the check is the first part.
  if (status === null) return null;
  const isStale = !isAtWork && now.getTime() - Date.parse(status.at) > staleAfterMs;
  return isStale ? `nothing new is known since ${status.at}` : null;
}
