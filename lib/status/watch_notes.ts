/**
 * What a watch notes down about a store, for the state of the store and for the next watch.
 *
 * @module
 */

/** What a watch does with a store. */
export type WatchAction = "check" | "backup" | "optimize" | "repair" | "restore";

/** All that there is of these. */
export const WATCH_ACTIONS: readonly WatchAction[] = [
  "check",
  "backup",
  "optimize",
  "repair",
  "restore",
];

/** How an action went. */
export type ActionOutcome = "done" | "refused" | "failed" | "deferred" | "interrupted";

/** All that there is of these. */
export const ACTION_OUTCOMES: readonly ActionOutcome[] = [
  "done",
  "refused",
  "failed",
  "deferred",
  "interrupted",
];

/** How a store is, as a watch sees it. */
export type WatchState = "unknown" | "sound" | "damaged" | "busy" | "missing" | "unreadable";

/** All that there is of these. */
export const WATCH_STATES: readonly WatchState[] = [
  "unknown",
  "sound",
  "damaged",
  "busy",
  "missing",
  "unreadable",
];

/** How an action went the last time. */
export interface ActionNotes {
  /** When it was last begun. */
  readonly startedAt: string | null;
  /** When it last ended, however it did. */
  readonly endedAt: string | null;
  /** When it last ended well. */
  readonly doneAt: string | null;
  /** The scheduled time that was last served. */
  readonly slot: string | null;
  /** How it went. */
  readonly outcome: ActionOutcome | null;
  /** What came of it, for people: one clause without a final period. */
  readonly message: string | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number | null;
  /** How often it has failed since it last ended well. */
  readonly failures: number;
  /** Before when it is not tried again. */
  readonly retryAt: string | null;
}

/** An action that is going to be done. */
export interface ScheduledAction {
  /** The action. */
  readonly action: WatchAction;
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  /** Why then: its turn, a new try after a failure, or made up for because it was missed. */
  readonly reason: "scheduled" | "retry" | "missed";
}

/** How large a store was on a day. */
export interface GrowthSample {
  /** The day, as `2026-01-31`. */
  readonly day: string;
  /** The bytes of all its files. */
  readonly sizeBytes: number;
  /** How many records or documents it had; null where that was not known. */
  readonly records: number | null;
}

/** How a store is. */
export interface StateNotes {
  /** In one word. */
  readonly name: WatchState;
  /** Since when, as ISO 8601 in UTC. */
  readonly since: string;
  /** By what the same damage is known again; null where there is none. */
  readonly signature: string | null;
  /** What is wrong: one text for each kind of damage, at most 20. */
  readonly findings: readonly string[];
  /** When it was last told; null where it never was. */
  readonly toldAt: string | null;
}

/** How often damage was cured on one day. */
export interface CureNotes {
  /** The day, as `2026-01-31`. */
  readonly day: string;
  /** How often a repair was tried. */
  readonly repair: number;
  /** How often a backup was restored, or that was tried. */
  readonly restore: number;
  /** Whether it was told that no more is done on this day. */
  readonly isTold: boolean;
}

/** What a watch notes down about a store. */
export interface WatchNotes {
  /** The store, as an absolute path. */
  readonly store: string;
  /** When this was written, as ISO 8601 in UTC. */
  readonly savedAt: string;
  /** The watch that wrote it. */
  readonly watch: {
    /** Its process. */
    readonly processId: number;
    /** When it began, as ISO 8601 in UTC. */
    readonly since: string;
    /** Whether it was still at it; one that was killed says so for ever. */
    readonly isRunning: boolean;
  };
  /** How the store is. */
  readonly state: StateNotes;
  /** How each action went the last time. */
  readonly actions: Readonly<Record<WatchAction, ActionNotes>>;
  /** What is done next, the soonest first. */
  readonly next: readonly ScheduledAction[];
  /** How often damage was cured today. */
  readonly cures: CureNotes;
  /** How large the store was, the oldest day first. */
  readonly growth: readonly GrowthSample[];
  /** The memory of the machine. */
  readonly memory: {
    /** How much of it is in use, from 0 to 1; null where that is not known. */
    readonly usedRatio: number | null;
    /** Whether that is too much. */
    readonly isShort: boolean;
  };
  /** The disk that the store is on. */
  readonly disk: {
    /** How many bytes are free; null where that is not known. */
    readonly freeBytes: number | null;
    /** Whether that is too little. */
    readonly isShort: boolean;
  };
}

/** How many samples of the growth are kept. */
export const MOST_SAMPLES = 90;

/** How many kinds of damage are named. */
export const MOST_FINDINGS = 20;

/** An action that was never done. */
export const NEVER_DONE: ActionNotes = {
  startedAt: null,
  endedAt: null,
  doneAt: null,
  slot: null,
  outcome: null,
  message: null,
  elapsedMs: null,
  failures: 0,
  retryAt: null,
};
