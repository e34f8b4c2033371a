/**
 * What starts a watch from within a program, and what it gives back.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { SystemStatus } from "../status/system_status.ts";
import type {
  ScheduledAction,
  WatchAction,
  WatchNotes,
  WatchState,
} from "../status/watch_notes.ts";
import type { ActionGate } from "./actions/action_gate.ts";
import type { WatchEvent, WatchEventKinds, WatchEventName } from "./events/events.ts";
import type { ActionWorld, StoreActions } from "./actions/store_actions.ts";
import type { WatchConfiguration, WatchSettings } from "./configuration/watch_configuration.ts";

/** How stores are watched. */
export interface MonitorSettings extends Omit<WatchSettings, "stores"> {
  /** Is told of everything that happens. */
  onEvent?: (event: WatchEvent) => void | Promise<void>;
  /** Is told after every round how the stores are; metrics are written from that. */
  onRound?: (round: WatchRound) => void | Promise<void>;
  /** Ends the watch as `stop` does. */
  signal?: AbortSignal;
}

/** How a store is after a round. */
export interface StoreRound {
  /** The store, as an absolute path. */
  readonly store: string;
  /** Its state; null where it could not be read. */
  readonly status: SystemStatus | null;
  /** Whether it could not be read because something was writing to it all the time. */
  readonly isBusy: boolean;
  /** Why it could not be read; null where it could. */
  readonly failure: OperationError | null;
  /** How it is to the watch. */
  readonly watch: StoreWatchStatus;
}

/** How the stores are after a round. */
export interface WatchRound {
  /** When it ended, as ISO 8601 in UTC. */
  readonly at: string;
  /** The stores. */
  readonly stores: readonly StoreRound[];
}

/** How a store is to a watch. */
export interface StoreWatchStatus {
  /** The store, as an absolute path. */
  readonly store: string;
  /** How it is. */
  readonly state: WatchState;
  /** Since when, as ISO 8601 in UTC. */
  readonly since: string;
  /** What is wrong, one text for each kind of damage. */
  readonly findings: readonly string[];
  /** Whether another watch has it, so that this one does nothing. */
  readonly isElsewhere: boolean;
  /** What is being done with it; null while nothing is. */
  readonly running: WatchAction | null;
  /** What is done next, the soonest first. */
  readonly next: readonly ScheduledAction[];
  /** All that is noted down about it. */
  readonly notes: WatchNotes;
}

/** How a watch is. */
export interface MonitorStatus {
  /** When it began, as ISO 8601 in UTC. */
  readonly startedAt: string;
  /** Whether it has ended, or is about to. */
  readonly isStopping: boolean;
  /** Whether every store is known to be sound, or busy without known damage. */
  readonly isHealthy: boolean;
  /** The stores. */
  readonly stores: readonly StoreWatchStatus[];
  /** What happened last, the newest last; at most 50. */
  readonly recent: readonly WatchEvent[];
  /** What came of the last round; null before the end of the first, or where nobody listens. */
  readonly lastRound: WatchRound | null;
}

/** A watch that has begun. */
export interface Monitor extends AsyncDisposable {
  /** Is fulfilled when the watch has ended; never rejected. */
  readonly finished: Promise<void>;
  /** Ends the watch: what is running is cancelled, and it is waited for. */
  stop(): Promise<void>;
  /** Tells how it is. */
  status(): MonitorStatus;
  /** Gives the events from now on, up to the end of the watch. */
  events(): AsyncIterableIterator<WatchEvent>;
  /**
   * Goes on with other settings; they hold from the next action on.
   *
   * @param stores The stores.
   * @param settings How they are watched.
   * @throws {OperationError} With the code `usage`: they cannot be used; those before hold on.
   */
  reload(stores: string | readonly string[], settings?: WatchSettings): void;
}

/** How much memory is left. */
export interface MemoryReading {
  /** How much is in use, from 0 to 1; null where that is not known. */
  readonly usedRatio: number | null;
  /** The share of the last minute in which something waited for memory; null where unknown. */
  readonly pressureRatio: number | null;
}

/** The world in which a watch takes place. */
export interface MonitorWorld {
  /** The file system; this machine's by default. */
  readonly fs?: WriteFs;
  /** The time of day. */
  readonly now?: () => Date;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs?: () => number;
  /** How to wait, in milliseconds; ends sooner when the signal is aborted. */
  readonly pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Reads how much memory is left. */
  readonly readMemory?: () => MemoryReading;
  /** How many threads a check has at the most; as many as there are cores when left out. */
  readonly jobs?: number;
  /** How long the end of a running action is waited for when the watch ends; 30 seconds. */
  readonly stopWithinMs?: number;
  /** Lets one action run at a time; the gate of this process when left out. */
  readonly gate?: ActionGate;
  /** Makes what is done with a store; the real actions when left out. */
  readonly createActions?: (world: ActionWorld) => StoreActions;
}

/** Who is told within this program, and where another configuration comes from. */
export interface MonitorHooks extends Pick<MonitorSettings, "onEvent" | "onRound" | "signal"> {
  /**
   * Looks whether there is another configuration: at every round, and when the watch is woken. An
   * error is told, and the configuration before holds on; null where nothing has changed.
   */
  pollConfiguration?: () => WatchConfiguration | OperationError | null;
}

/** A watch within this program. */
export interface ProgramMonitor extends Monitor {
  /** Begins the next round at once, with a look at the configuration. */
  wake(): void;
  /** Goes on with another configuration; it holds from the next action on. */
  reloadConfiguration(configuration: WatchConfiguration): void;
  /** Tells that something has happened outside of the watch, for instance with its log. */
  tell<Name extends WatchEventName>(
    name: Name,
    store: string | null,
    message: string,
    details: Readonly<WatchEventKinds[Name]["details"]>,
  ): void;
}
