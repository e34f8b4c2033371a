/**
 * The board of a watch: its stores as they are by now, the last state that could be read of each,
 * and the last events.
 *
 * @module
 */

import { describeEvent, styleOfEvent } from "../output/watch_text.ts";
import { summariseWatch } from "../status/summarise_watch.ts";
import type { SystemStatus } from "../status/system_status.ts";
import type { MonitorStatus, StoreWatchStatus, WatchRound } from "../watch/monitor_types.ts";
import type { StorePlan, WatchConfiguration } from "../watch/configuration/watch_configuration.ts";
import type { Board, ServedStore } from "./board.ts";

/** How many events the page has. */
const MOST_EVENTS = 30;

/** How many rounds a store may miss before nothing that is known of it can be relied upon. */
const MISSED_ROUNDS = 3;

/** What a round has left of a store. */
interface Reading {
  /** The last state that could be read. */
  readonly status: SystemStatus | null;
  /** Why it could not be read this time; null where it could. */
  readonly failure: string | null;
  /** Whether it could not be read because something was writing to it. */
  readonly isBusy: boolean;
}

/** Follows a watch. */
export class LiveBoard {
  readonly #readings = new Map<string, Reading>();
  #plans = new Map<string, StorePlan>();
  #at: string | null = null;

  /** Takes over which stores there are. */
  plan({ stores }: WatchConfiguration): void {
    this.#plans = new Map(stores.map((plan) => [plan.path, plan]));
    for (const store of this.#readings.keys()) {
      if (!this.#plans.has(store)) this.#readings.delete(store);
    }
  }

  /** Takes in what a round has found. */
  addRound({ at, stores }: WatchRound): void {
    this.#at = at;
    for (const { store, status, failure, isBusy } of stores) {
      this.#readings.set(store, {
        status: status ?? this.#readings.get(store)?.status ?? null,
        failure: failure?.message ?? null,
        isBusy,
      });
    }
  }

  /**
   * Tells what is known.
   *
   * @param status How the watch is.
   * @param now The time.
   * @returns The board.
   */
  read({ stores, recent }: Pick<MonitorStatus, "stores" | "recent">, now: Date): Board {
    return {
      at: this.#at,
      stores: stores.map((watched) => this.#serve(watched, now)),
      events: recent.slice(-MOST_EVENTS).reverse().map((event) => ({
        at: event.at,
        text: describeEvent(event),
        style: styleOfEvent(event),
      })),
    };
  }

  #serve(watched: StoreWatchStatus, now: Date): ServedStore {
    const { store, state, findings, isElsewhere, running, notes } = watched;
    const { status = null, failure = null, isBusy = false } = this.#readings.get(store) ?? {};
    const { intervalMs = 0, maxDurationMs = 0 } = this.#plans.get(store)?.check ?? {};
    return {
      store,
      state,
      findings,
      status: status === null ? null : { ...status, watch: summariseWatch(notes, now) },
      failure,
      isBusy,
      isElsewhere,
      isAtWork: running !== null,
      staleAfterMs: MISSED_ROUNDS * intervalMs + maxDurationMs,
    };
  }
}
