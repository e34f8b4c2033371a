/**
 * What a watch knows of one store while it goes on; its notes are made of it.
 *
 * @module
 */

import {
  type ActionNotes,
  type ActionOutcome,
  type CureNotes,
  type GrowthSample,
  MOST_SAMPLES,
  NEVER_DONE,
  type ScheduledAction,
  type StateNotes,
  WATCH_ACTIONS,
  type WatchAction,
  type WatchNotes,
} from "../../status/watch_notes.ts";
import { type Backoff, waitAfter } from "../schedule/backoff.ts";

/** How an action ended. */
export interface ActionEnd {
  /** How. */
  readonly outcome: ActionOutcome;
  /** What came of it, for people. */
  readonly message: string | null;
  /** How long it is waited before it is tried again; null where that is not asked. */
  readonly backoff: Backoff | null;
  /** The scheduled time that is served by it; null where none is. */
  readonly slotMs: number | null;
}

/** What a watch knows of one store. */
export class WatchRecord {
  /** How the store is. */
  state: StateNotes;
  /** How often damage was cured today. */
  cures: CureNotes;
  /** What is done next. */
  next: readonly ScheduledAction[] = [];
  /** The memory of the machine. */
  memory: WatchNotes["memory"] = { usedRatio: null, isShort: false };
  /** The disk that the store is on. */
  disk: WatchNotes["disk"] = { freeBytes: null, isShort: false };
  readonly #actions: Map<WatchAction, ActionNotes>;
  readonly #told = new Map<WatchAction, string>();
  #growth: GrowthSample[];

  /** Begins with what was noted down; or with nothing, where that is null. */
  constructor(notes: WatchNotes | null, now: Date, today: string) {
    this.state = notes?.state ?? {
      name: "unknown",
      since: now.toISOString(),
      signature: null,
      findings: [],
      toldAt: null,
    };
    this.cures = notes?.cures ?? { day: today, repair: 0, restore: 0, isTold: false };
    this.#actions = new Map(
      WATCH_ACTIONS.map((action) => [action, notes?.actions[action] ?? NEVER_DONE]),
    );
    this.#growth = [...notes?.growth ?? []];
  }

  /** How an action went the last time. */
  of(action: WatchAction): ActionNotes {
    return this.#actions.get(action) ?? NEVER_DONE;
  }

  /** How all of them went. */
  get actions(): Readonly<Record<WatchAction, ActionNotes>> {
    return {
      check: this.of("check"),
      backup: this.of("backup"),
      optimize: this.of("optimize"),
      repair: this.of("repair"),
      restore: this.of("restore"),
    };
  }

  /** Notes down that an action begins. */
  begin(action: WatchAction, now: Date): void {
    const begun = { startedAt: now.toISOString(), outcome: null, message: null, elapsedMs: null };
    this.#actions.set(action, { ...this.of(action), ...begun });
  }

  /** Notes down how an action ended. */
  end(action: WatchAction, now: Date, { outcome, message, backoff, slotMs }: ActionEnd): void {
    const notes = this.of(action);
    const endedAt = now.toISOString();
    const startedMs = notes.startedAt === null ? now.getTime() : Date.parse(notes.startedAt);
    const failures = outcome === "done" ? 0 : notes.failures + (outcome === "failed" ? 1 : 0);
    const waitMs = backoff === null ? null : waitAfter(backoff, failures);
    this.#actions.set(action, {
      ...notes,
      endedAt,
      doneAt: outcome === "done" ? endedAt : notes.doneAt,
      slot: slotMs === null ? notes.slot : new Date(slotMs).toISOString(),
      outcome,
      message,
      elapsedMs: Math.max(0, now.getTime() - startedMs),
      failures,
      retryAt: waitMs === null ? null : new Date(now.getTime() + waitMs).toISOString(),
    });
  }

  /** Changes single things that are noted down of an action. */
  amend(action: WatchAction, change: Partial<ActionNotes>): void {
    this.#actions.set(action, { ...this.of(action), ...change });
  }

  /** Whether something about an action was not the last thing that was told about it. */
  isNews(action: WatchAction, news: string): boolean {
    const isNew = this.#told.get(action) !== news;
    this.#told.set(action, news);
    return isNew;
  }

  /** Takes in how large the store is: one sample a day, the latest. */
  sample(sample: GrowthSample): void {
    const others = this.#growth.filter(({ day }) => day !== sample.day);
    const before = this.#growth.find(({ day }) => day === sample.day);
    const records = sample.records ?? before?.records ?? null;
    this.#growth = [...others, { ...sample, records }]
      .sort((one, other) => one.day < other.day ? -1 : 1).slice(-MOST_SAMPLES);
  }

  /** Makes the notes. */
  toNotes(store: string, savedAt: Date, watch: WatchNotes["watch"]): WatchNotes {
    const { state, actions, next, cures, memory, disk } = this;
    return {
      store,
      savedAt: savedAt.toISOString(),
      watch,
      state,
      actions,
      next,
      cures,
      growth: this.#growth,
      memory,
      disk,
    };
  }
}
