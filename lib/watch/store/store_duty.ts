/**
 * What is to be done with one store, and the world in which it is looked after.
 *
 * @module
 */

import type { ActionGate } from "../actions/action_gate.ts";
import type { Calendar } from "../schedule/calendar.ts";
import type { TellStore } from "../events/events.ts";
import type { ActionWorld, StoreActions } from "../actions/store_actions.ts";
import type { StorePlan } from "../configuration/watch_configuration.ts";

/** What is to be done with one store. */
export interface StoreDuty {
  /** The plan. */
  readonly plan: StorePlan;
  /** The calendar. */
  readonly calendar: Calendar;
  /** The directory for notes; null for the one beside the store. */
  readonly notesDirectory: string | null;
}

/** The world in which a store is looked after. */
export interface StoreWatchWorld extends ActionWorld {
  /** What can be done with the store. */
  readonly actions: StoreActions;
  /** Lets one action run at a time. */
  readonly gate: ActionGate;
  /** Says that something has happened. */
  readonly tell: TellStore;
  /** The watch that this is part of. */
  readonly watch: {
    /** Its process. */
    readonly processId: number;
    /** When it began, as ISO 8601 in UTC. */
    readonly since: string;
  };
}
