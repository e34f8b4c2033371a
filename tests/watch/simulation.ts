/**
 * A watch in a world in which time goes by as fast as nothing is done: the clock is put forward by
 * every pause.
 *
 * @module
 */

import { OperationError } from "../../lib/base/errors.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import type { DoneCure } from "../../lib/guard/cure.ts";
import { ActionGate } from "../../lib/watch/actions/action_gate.ts";
import type { WatchEvent, WatchEventName } from "../../lib/watch/events/events.ts";
import { runMonitor } from "../../lib/watch/monitor.ts";
import type { MonitorHooks, MonitorWorld, ProgramMonitor } from "../../lib/watch/monitor_types.ts";
import { resolveConfiguration } from "../../lib/watch/configuration/resolve_configuration.ts";
import type {
  ActionContext,
  BackupReport,
  CheckReport,
  OptimizeReport,
  PruneReport,
  StoreActions,
  UseReason,
} from "../../lib/watch/actions/store_actions.ts";
import type { WatchSettings } from "../../lib/watch/configuration/watch_configuration.ts";
import { MemoryDisk } from "../support/memory_fs.ts";

/** A minute, an hour and a day. */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** A check that found nothing. */
export const SOUND: CheckReport = {
  level: "full",
  isComplete: true,
  isBusy: false,
  signature: null,
  codes: [],
  findings: [],
  records: 10,
  sizeBytes: 1000,
  elapsedMs: 5,
};

/** A check that found damage. */
export const DAMAGED: CheckReport = {
  ...SOUND,
  signature: "one",
  codes: ["VF2002"],
  findings: ["VF2002 length.bin is missing"],
};

/** A check of a store in use. */
export const IN_USE: CheckReport = { ...SOUND, level: "quick", isComplete: false, isBusy: true };

/** What was done, and when. */
export interface Done {
  readonly action: string;
  readonly at: string;
}

/** Actions that do what a test wants them to. */
export class FakeActions implements StoreActions {
  readonly done: Done[] = [];
  readonly #now: () => Date;
  /** How many are running. */
  running = 0;
  /** The most that were running at one moment. */
  mostRunning = 0;
  /** What the next check says. */
  onCheck: (isThorough: boolean) => CheckReport | Promise<CheckReport> = () => SOUND;
  /** What the next backup does. */
  onBackup: (context: ActionContext) => BackupReport | Promise<BackupReport> = () => backupOf("b");
  /** What the next cure does. */
  onCure: () => DoneCure = () => ({ text: "repaired in 1 step", quarantined: "q" });
  /** What the next optimisation does. */
  onOptimize: () => OptimizeReport = () => {
    return { state: "optimized", beforeBytes: 20, afterBytes: 10, elapsedMs: 1 };
  };
  /** Why the store cannot be optimised. */
  use: UseReason | null = null;
  free: number | null = null;
  newest: number | null = null;

  constructor(now: () => Date) {
    this.#now = now;
  }

  check(_: ActionContext, { isThorough }: { isThorough: boolean }): Promise<CheckReport> {
    return this.#do("check", () => this.onCheck(isThorough));
  }

  backUp(context: ActionContext): Promise<BackupReport> {
    return this.#do("backup", () => this.onBackup(context));
  }

  prune(): Promise<PruneReport> {
    return this.#do("prune", () => ({ removed: [], rejected: [] }));
  }

  optimize(): Promise<OptimizeReport> {
    return this.#do("optimize", () => this.onOptimize());
  }

  cure(policy: "repair" | "restore"): Promise<DoneCure> {
    return this.#do(policy, () => this.onCure());
  }

  explainUse(): UseReason | null {
    return this.use;
  }

  newestBackupMs(): Promise<number | null> {
    return Promise.resolve(this.newest);
  }

  freeBytes(): number | null {
    return this.free;
  }

  readStatus(): Promise<never> {
    return Promise.reject(new OperationError("busy", "It is in use"));
  }

  /** The times at which an action was done. */
  timesOf(action: string): string[] {
    return this.done.filter((done) => done.action === action).map(({ at }) => at);
  }

  async #do<Result>(action: string, work: () => Result | Promise<Result>): Promise<Result> {
    this.done.push({ action, at: this.#now().toISOString() });
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    try {
      await Promise.resolve();
      return await work();
    } finally {
      this.running--;
    }
  }
}

/** What a backup says that was made. */
export function backupOf(id: string): BackupReport {
  return {
    backup: { id, directory: `/data/store.backups/${id}`, sizeBytes: 1000 },
    findings: [],
    elapsedMs: 10,
  };
}

/** How a simulated watch is set up. */
export interface SimulationOptions {
  readonly settings?: WatchSettings;
  readonly hooks?: MonitorHooks;
  readonly world?: Partial<MonitorWorld>;
  readonly fs?: WriteFs;
}

/** A watch over one store, or over several, with a clock that a test has in its hands. */
export class Simulation {
  readonly disk: MemoryDisk = new MemoryDisk();
  readonly actions: FakeActions;
  readonly events: WatchEvent[] = [];
  readonly #options: SimulationOptions;
  #atMs: number;
  #untilMs = -Infinity;
  #monitor: ProgramMonitor | null = null;
  #onTime: { readonly atMs: number; readonly action: () => void }[] = [];
  #reached = Promise.withResolvers<void>();
  /** What the clock of the machine is off by. */
  offMs = 0;

  constructor(start: string, options: SimulationOptions = {}) {
    this.#atMs = Date.parse(start);
    this.#options = options;
    this.actions = new FakeActions(() => this.now());
    this.disk.fs.makeDirectory("/data", 0o755);
    this.disk.fs.makeDirectory("/data/store", 0o755);
  }

  /** The watch. */
  get monitor(): ProgramMonitor {
    return this.#monitor ?? this.#start();
  }

  /** The time of day. */
  now(): Date {
    return new Date(this.#atMs + this.offMs);
  }

  /** Has something happen at a moment of the true time. */
  at(time: string, action: () => void): void {
    this.#onTime.push({ atMs: Date.parse(time), action });
  }

  /** Lets time go by until a moment of the true time. */
  async until(time: string): Promise<void> {
    this.#untilMs = Date.parse(time);
    this.#reached = Promise.withResolvers();
    const { monitor } = this;
    this.#waiting?.();
    await Promise.race([this.#reached.promise, monitor.finished]);
  }

  /** Ends the watch, and keeps the disk and the clock for another. */
  async stop(): Promise<void> {
    const monitor = this.#monitor;
    this.#untilMs = Infinity;
    this.#waiting?.();
    await monitor?.stop();
    this.#monitor = null;
  }

  /** What a process leaves that was killed. */
  kill(): void {
    this.#monitor = null;
    this.disk.unlockAll();
  }

  /** The names of the events so far. */
  get names(): WatchEventName[] {
    return this.events.map(({ name }) => name);
  }

  /** The events with a name. */
  named(name: WatchEventName): WatchEvent[] {
    return this.events.filter((event) => event.name === name);
  }

  #waiting: (() => void) | null = null;

  #start(): ProgramMonitor {
    const { settings = {}, hooks = {}, world = {}, fs = this.disk.fs } = this.#options;
    const configuration = resolveConfiguration({
      stores: [{ path: "/data/store" }],
      timeZone: "UTC",
      ...settings,
    });
    const onEvent = (event: WatchEvent): void => {
      this.events.push(event);
      void hooks.onEvent?.(event);
    };
    this.#monitor = runMonitor(configuration, { ...hooks, onEvent }, {
      fs,
      now: () => this.now(),
      clockMs: () => this.#atMs,
      pause: (durationMs, signal) => this.#pause(durationMs, signal),
      readMemory: () => ({ usedRatio: null, pressureRatio: null }),
      gate: new ActionGate(),
      createActions: () => this.actions,
      ...world,
    });
    return this.#monitor;
  }

  /** The end of the time that a test lets go by is waited at. */
  async #pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
    let leftMs = durationMs;
    while (leftMs > 0 && !signal?.aborted) {
      const nextMs = Math.min(this.#untilMs, ...this.#onTime.map(({ atMs }) => atMs));
      const stepMs = Math.max(0, Math.min(leftMs, nextMs - this.#atMs));
      this.#atMs += stepMs;
      leftMs -= stepMs;
      const due = this.#onTime.filter(({ atMs }) => atMs <= this.#atMs);
      this.#onTime = this.#onTime.filter(({ atMs }) => atMs > this.#atMs);
      for (const { action } of due) action();
      if (this.#atMs >= this.#untilMs && due.length === 0) await this.#wait(signal);
    }
    await Promise.resolve();
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve;
      signal?.addEventListener("abort", () => resolve(), { once: true });
      this.#reached.resolve();
    });
    this.#waiting = null;
  }
}
