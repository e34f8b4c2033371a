/**
 * What is known of one store while it is looked after, with the notes on the disk and the lease that
 * goes with them.
 *
 * @module
 */

import type { WatchAction, WatchNotes } from "../../status/watch_notes.ts";
import type { Backoff } from "../schedule/backoff.ts";
import type { TellStore } from "../events/events.ts";
import { type Claim, NotesKeeper } from "./notes_keeper.ts";
import type { StoreDuty, StoreWatchWorld } from "./store_duty.ts";
import { StoreState } from "./store_state.ts";
import { WatchRecord } from "./watch_record.ts";

/** After an action that took the process with it. */
const CRASH_BACKOFF: Backoff = { firstMs: 5 * 60_000, longestMs: 6 * 3_600_000 };

/** What has become of the store since the last round. */
export type DeskClaim = "held" | "taken" | "elsewhere";

/** Knows one store. */
export class WatchDesk {
  readonly #world: StoreWatchWorld;
  readonly #tell: TellStore;
  readonly #store: string;
  #duty: StoreDuty;
  #keeper: NotesKeeper;
  #record: WatchRecord;
  #state: StoreState;
  #isKnown = false;
  #isElsewhere = false;
  #problem: string | null = null;

  /** Takes the store; nothing is touched yet. */
  constructor(duty: StoreDuty, world: StoreWatchWorld) {
    this.#world = world;
    this.#tell = world.tell;
    this.#duty = duty;
    this.#store = duty.plan.path;
    this.#keeper = this.#createKeeper();
    this.#record = this.#createRecord(null);
    this.#state = this.#createState();
  }

  /** What is known. */
  get record(): WatchRecord {
    return this.#record;
  }

  /** How the store is. */
  get state(): StoreState {
    return this.#state;
  }

  /** Whether another watch has the store. */
  get isElsewhere(): boolean {
    return this.#isElsewhere;
  }

  /** The file in which checks note down what they find; undefined for the one beside the store. */
  get historyFile(): string | undefined {
    return this.#keeper.historyFile;
  }

  /** Goes on in another way. */
  configure(duty: StoreDuty): void {
    const isMoved = duty.notesDirectory !== this.#duty.notesDirectory;
    this.#duty = duty;
    if (!isMoved) return;
    this.#keeper.release();
    this.#keeper = this.#createKeeper();
  }

  /**
   * Makes sure that this watch alone looks after the store.
   *
   * @returns Whether it does; and whether that began just now, with what was noted down before.
   */
  claim(): DeskClaim {
    const claim = this.#keeper.claim();
    if (claim.kind === "elsewhere") {
      this.#leave(claim);
      return "elsewhere";
    }
    if (claim.kind === "none") this.#noteProblem(claim.problem);
    const isNew = claim.kind === "taken" && (!this.#isKnown || this.#isElsewhere);
    if (claim.kind === "taken" && isNew) this.#settle(claim);
    this.#isElsewhere = false;
    // What could not be read must not be written over: it is read once there is a way to it.
    this.#isKnown ||= claim.kind !== "none";
    return isNew ? "taken" : "held";
  }

  /** Puts on the disk what is known; tells whether it is there. */
  save(isRunning: boolean): boolean {
    const problem = this.#keeper.save(this.toNotes(isRunning));
    if (problem !== null) {
      this.#noteProblem(problem);
      return false;
    }
    if (this.#problem !== null) {
      this.#tell("notes-kept", "What is noted down can be written again", {});
    }
    this.#problem = null;
    return true;
  }

  /** Makes notes of what is known. */
  toNotes(isRunning: boolean): WatchNotes {
    const { watch, now } = this.#world;
    return this.#record.toNotes(this.#store, now(), { ...watch, isRunning });
  }

  /** Lets another watch have the store; what is known is on the disk. */
  close(): void {
    if (this.#isKnown && !this.#isElsewhere) this.save(false);
    this.#keeper.release();
  }

  #leave({ holder, error }: Extract<Claim, { kind: "elsewhere" }>): void {
    if (this.#isElsewhere) return;
    this.#isElsewhere = true;
    const { processId = null, since = null } = holder ?? {};
    const message = `Another watch has the store, so nothing is done: ${error.message}`;
    this.#tell("watched-elsewhere", message, { processId, since, hint: error.hint });
  }

  /** Goes on where the watch before has ended. */
  #settle({ notes, previous, problem }: Extract<Claim, { kind: "taken" }>): void {
    // Without notes what this watch has seen so far is all that is known.
    if (notes !== null || this.#isElsewhere) {
      this.#record = this.#createRecord(notes);
      this.#state = this.#createState();
    }
    if (this.#isElsewhere) {
      this.#tell("taken-over", "The other watch has ended; this one goes on", {});
    }
    if (problem !== null) this.#tell("notes-lost", problem, { problem });
    if (previous === null) return;
    const { processId, since } = previous;
    const message = `The watch before was killed (process ${processId}, since ${since})`;
    this.#tell("resumed", message, { processId, since });
    this.#failInterrupted();
  }

  /** What took the process with it must not do so again and again. */
  #failInterrupted(): void {
    const now = this.#world.now();
    for (const [action, { outcome, startedAt }] of Object.entries(this.#record.actions)) {
      if (startedAt === null || outcome !== null) continue;
      this.#record.end(action as WatchAction, now, {
        outcome: "failed",
        message: "The process has ended while it was done",
        backoff: CRASH_BACKOFF,
        slotMs: null,
      });
    }
  }

  /** That there is no place while the store itself is missing is no news. */
  #noteProblem(problem: string): void {
    if (this.#problem !== null || this.#isAway()) return;
    this.#problem = problem;
    this.#tell("notes-lost", `What this watch knows is not noted down: ${problem}`, { problem });
  }

  #isAway(): boolean {
    try {
      return this.#world.fs.look(this.#store) === null;
    } catch {
      return true;
    }
  }

  #createKeeper(): NotesKeeper {
    const { fs, now } = this.#world;
    return new NotesKeeper(fs, this.#store, this.#duty.notesDirectory, now);
  }

  #createRecord(notes: WatchNotes | null): WatchRecord {
    const now = this.#world.now();
    return new WatchRecord(notes, now, this.#duty.calendar.dayOf(now.getTime()));
  }

  #createState(): StoreState {
    return new StoreState(this.#record, this.#tell, this.#world.now);
  }
}
