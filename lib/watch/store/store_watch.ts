/**
 * Looking after one store: what is due is done, one thing after another, and whatever comes of it,
 * the next round comes.
 *
 * @module
 */

import type { ScheduledAction, WatchAction, WatchNotes } from "../../status/watch_notes.ts";
import { makeBackup } from "../actions/watch_backup.ts";
import type { StoreWatchStatus } from "../monitor_types.ts";
import { noteMissed, optimizeIfQuiet } from "../actions/watch_optimize.ts";
import { type Agenda, mendSlots, parseTime, planAgenda, retryOf } from "../schedule/schedule.ts";
import type { Scene } from "../actions/scene.ts";
import type { ActionContext, StoreActions } from "../actions/store_actions.ts";
import type { StoreDuty, StoreWatchWorld } from "./store_duty.ts";
import { Threshold } from "../threshold.ts";
import { checkAndCure, lookAtDisk } from "../actions/watch_check.ts";
import { WatchDesk } from "./watch_desk.ts";
import type { WatchRecord } from "./watch_record.ts";

/** How soon is looked again whether another watch has ended, at the most. */
const ELSEWHERE_MS = 60_000;

/** Looks after one store. */
export class StoreWatch {
  readonly #world: StoreWatchWorld;
  readonly #desk: WatchDesk;
  readonly #disk = new Threshold();
  #duty: StoreDuty;
  #running: WatchAction | null = null;
  #isSeeded = false;
  #isFirst = true;

  /** Takes what is to be done; nothing is touched before the first round. */
  constructor(duty: StoreDuty, world: StoreWatchWorld) {
    this.#duty = duty;
    this.#world = world;
    this.#desk = new WatchDesk(duty, world);
  }

  /** The store, as an absolute path. */
  get path(): string {
    return this.#duty.plan.path;
  }

  /** What can be done with the store. */
  get actions(): StoreActions {
    return this.#world.actions;
  }

  /** Goes on in another way, from the next action on. */
  configure(duty: StoreDuty): void {
    const { backup } = this.#agenda();
    const wasServed = backup !== null && backup.atMs > this.#nowMs() && this.#isSeeded;
    this.#duty = duty;
    this.#desk.configure(duty);
    // Another time of day is no reason for another backup today.
    if (wasServed) this.#serveBackup(this.#nowMs());
  }

  /**
   * Checks the store where that is due, and does about damage what is to be done.
   *
   * @param signal Ends what is running.
   * @param memory The memory of the machine.
   * @returns Whether anything was done; false where another watch has the store.
   * @throws {unknown} Only what the signal was aborted with.
   */
  async check(signal: AbortSignal, memory: WatchNotes["memory"]): Promise<boolean> {
    const claim = this.#desk.claim();
    if (claim === "elsewhere") return false;
    if (claim === "taken") this.#isSeeded = false;
    this.#isFirst ||= claim === "taken";
    this.#record.memory = memory;
    const scene = this.#scene(signal);
    await this.#seed(scene);
    this.#mend(scene);
    if (!this.#isFirst && this.#agenda().check.atMs > this.#nowMs()) return false;
    this.#isFirst = false;
    return await this.#saved(async () => {
      lookAtDisk(scene, this.#disk);
      await checkAndCure(scene, this.#desk.state, { isThorough: false });
      return true;
    });
  }

  /**
   * Backs the store up and optimises it, where that is due.
   *
   * @param signal Ends what is running.
   * @returns Whether anything was done; false where another watch has the store.
   * @throws {unknown} Only what the signal was aborted with.
   */
  async maintain(signal: AbortSignal): Promise<boolean> {
    if (this.#desk.isElsewhere) return false;
    return await this.#saved(() => this.#maintain(this.#scene(signal)));
  }

  /** Tells how the store is. */
  status(): StoreWatchStatus {
    const { name, since, findings } = this.#record.state;
    const { isElsewhere } = this.#desk;
    return {
      store: this.path,
      state: name,
      since,
      findings,
      isElsewhere,
      running: this.#running,
      next: isElsewhere ? [] : this.#listNext(),
      notes: this.#desk.toNotes(true),
    };
  }

  /** Tells when the next round has something to do, in milliseconds since 1970. */
  nextWakeMs(): number {
    const nowMs = this.#nowMs();
    const { intervalMs } = this.#duty.plan.check;
    if (this.#desk.isElsewhere) return nowMs + Math.min(intervalMs, ELSEWHERE_MS);
    const { check, backup, optimize } = this.#agenda();
    // What is due and was not done waits for something that the next check sees.
    const later = [backup, optimize].flatMap((appointment) => appointment?.atMs ?? [])
      .filter((atMs) => atMs > nowMs);
    return Math.min(check.atMs, ...later);
  }

  /** Makes what an action needs. */
  contextOf(signal: AbortSignal): ActionContext {
    return {
      plan: this.#duty.plan,
      signal,
      notesDirectory: this.#duty.notesDirectory,
      historyFile: this.#desk.historyFile,
      onRecovered: ({ outcome, message }) =>
        this.#world.tell("change-recovered", message, { outcome }),
    };
  }

  /** Ends it: what is known is on the disk, and another watch may have the store. */
  close(): void {
    this.#record.next = [];
    this.#desk.close();
  }

  get #record(): WatchRecord {
    return this.#desk.record;
  }

  /** What was only looked at is noted down with the next check. */
  async #saved(work: () => Promise<boolean>): Promise<boolean> {
    let hasWorked = true;
    try {
      hasWorked = await work();
    } finally {
      if (hasWorked) this.#save();
    }
    return hasWorked;
  }

  async #maintain(scene: Scene): Promise<boolean> {
    let hasWorked = false;
    // Time goes by while something is done, so each is looked up when its turn has come.
    const { backup } = this.#agenda();
    if (backup !== null && backup.atMs <= this.#nowMs()) {
      const end = await makeBackup(scene, backup);
      // The copy was damaged: it is the store that has to be looked at.
      if (end === "refused") await checkAndCure(scene, this.#desk.state, { isThorough: true });
      hasWorked = end !== "waiting";
    }
    const agenda = this.#agenda();
    if (agenda.missedOptimizeMs !== null) noteMissed(scene, agenda.missedOptimizeMs, agenda);
    const { optimize } = this.#agenda();
    if (optimize !== null && optimize.atMs <= this.#nowMs()) {
      hasWorked = await optimizeIfQuiet(scene, optimize) || hasWorked;
    }
    return hasWorked;
  }

  #scene(signal: AbortSignal): Scene {
    const { plan, calendar } = this.#duty;
    const { actions, tell, now } = this.#world;
    return {
      plan,
      calendar,
      record: this.#record,
      actions,
      context: this.contextOf(signal),
      tell,
      now,
      note: () => this.#save(),
      perform: (action, work) => this.#perform(signal, action, work),
    };
  }

  async #perform<Result>(
    signal: AbortSignal,
    action: WatchAction,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return await this.#world.gate.run(signal, async () => {
      this.#running = action;
      this.#record.begin(action, this.#world.now());
      // A check changes nothing that would have to be known after a crash.
      if (action !== "check") this.#save();
      try {
        return await work();
      } catch (error) {
        if (signal.aborted) this.#interrupt(action);
        throw error;
      } finally {
        this.#running = null;
      }
    });
  }

  /** What was ended on purpose has not failed, and is made up for. */
  #interrupt(action: WatchAction): void {
    const end = { outcome: "interrupted", message: "The watch has ended", slotMs: null } as const;
    this.#record.end(action, this.#world.now(), { ...end, backoff: null });
  }

  /** Where nothing is noted down, a backup that is there counts as the one of its time. */
  async #seed({ record, actions, context }: Scene): Promise<void> {
    if (this.#isSeeded) return;
    this.#isSeeded = true;
    if (record.of("backup").slot !== null) return;
    try {
      const newestMs = await actions.newestBackupMs(context);
      if (newestMs !== null) this.#serveBackup(Math.min(newestMs, this.#nowMs()));
    } catch {
      // What is wrong with the directory of backups, the backup says.
    }
  }

  #mend({ plan, record, calendar }: Scene): void {
    for (const { action, slotMs } of mendSlots(plan, record.actions, this.#nowMs(), calendar)) {
      record.amend(action, { slot: toTime(slotMs) });
    }
  }

  #serveBackup(atMs: number): void {
    const { plan: { backup }, calendar } = this.#duty;
    const slotMs = calendar.latest(backup, atMs);
    if (slotMs <= (parseTime(this.#record.of("backup").slot) ?? -Infinity)) return;
    this.#record.amend("backup", { slot: toTime(slotMs) });
  }

  #agenda(): Agenda {
    const { plan, calendar } = this.#duty;
    return planAgenda(plan, this.#record.actions, this.#nowMs(), calendar);
  }

  #listNext(): ScheduledAction[] {
    const { check, backup, optimize } = this.#agenda();
    const planned = [check, backup, optimize].filter((appointment) => appointment !== null)
      .map(({ action, atMs, reason }): ScheduledAction => ({ action, at: toTime(atMs), reason }));
    return [...planned, ...this.#listCure()].sort((one, other) => one.at < other.at ? -1 : 1);
  }

  #listCure(): ScheduledAction[] {
    const { policy } = this.#duty.plan.damage;
    if (policy === "alert" || this.#record.state.name !== "damaged") return [];
    const atMs = retryOf(this.#record.of(policy), this.#nowMs());
    return atMs === null ? [] : [{ action: policy, at: toTime(atMs), reason: "retry" }];
  }

  #save(): boolean {
    this.#record.next = this.#listNext();
    return this.#desk.save(true);
  }

  #nowMs(): number {
    return this.#world.now().getTime();
  }
}

function toTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
