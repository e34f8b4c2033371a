/**
 * The loop of a watch: round after round until it is ended.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { VERSION } from "../base/version.ts";
import type { WatchNotes } from "../status/watch_notes.ts";
import { Calendar } from "./schedule/calendar.ts";
import { EventTeller } from "./events/event_teller.ts";
import type { WatchEvent } from "./events/events.ts";
import { MemoryWatch } from "./memory_watch.ts";
import type {
  MonitorHooks,
  MonitorStatus,
  MonitorWorld,
  ProgramMonitor,
  StoreRound,
  WatchRound,
} from "./monitor_types.ts";
import { REAL_WORLD } from "./real_world.ts";
import { configurationOf } from "./configuration/resolve_configuration.ts";
import { toActionError } from "./actions/scene.ts";
import type { StoreDuty } from "./store/store_duty.ts";
import { StoreWatch } from "./store/store_watch.ts";
import type { WatchConfiguration, WatchSettings } from "./configuration/watch_configuration.ts";

/** However far away the next action is, the clock may have been put forward meanwhile. */
const LONGEST_PAUSE_MS = 5 * 60_000;

/** How often a configuration that can change is looked at. */
const POLL_MS = 60_000;

/** More faults than these are not told apart. */
const MOST_FAULTS = 100;

/** However soon the next action is, others have to get their turn. */
const SHORTEST_PAUSE_MS = 100;

/** A watch that has begun. */
export class RunningMonitor implements ProgramMonitor {
  readonly #hooks: MonitorHooks;
  readonly #world: Required<MonitorWorld>;
  readonly #teller: EventTeller;
  readonly #memory: MemoryWatch;
  readonly #stop = new AbortController();
  readonly #finished = Promise.withResolvers<void>();
  readonly #startedAt: string;
  #sleeper = new AbortController();
  #configuration: WatchConfiguration;
  #pending: WatchConfiguration | null = null;
  #watches: readonly StoreWatch[] = [];
  #lastRound: WatchRound | null = null;
  readonly #faults = new Set<string>();
  #isWoken = false;
  #hasEnded = false;

  /** Begins to watch. */
  constructor(configuration: WatchConfiguration, hooks: MonitorHooks, world: MonitorWorld) {
    this.#hooks = hooks;
    this.#world = { ...REAL_WORLD, ...world };
    const { now } = this.#world;
    this.#teller = new EventTeller(now, hooks.onEvent);
    this.#memory = new MemoryWatch(this.#world.readMemory, this.#teller);
    this.#startedAt = now().toISOString();
    this.#configuration = configuration;
    hooks.signal?.addEventListener("abort", () => void this.stop(), { once: true });
    void this.#run();
    if (hooks.signal?.aborted) void this.stop();
  }

  /** Is fulfilled when the watch has ended. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Ends the watch. */
  async stop(): Promise<void> {
    if (!this.#stop.signal.aborted) {
      this.#stop.abort(new OperationError("cancelled", "The watch was ended"));
      this.#sleeper.abort();
      // What runs in this thread or cannot be left half done is waited for, but not for ever.
      const bound = new AbortController();
      void this.finished.then(() => bound.abort());
      await pauseUnlessAborted(this.#world.stopWithinMs, bound.signal);
      this.#end();
    }
    await this.finished;
  }

  /** Ends the watch at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Tells how it is. */
  status(): MonitorStatus {
    const stores = this.#watches.map((watch) => watch.status());
    return {
      startedAt: this.#startedAt,
      isStopping: this.#stop.signal.aborted,
      isHealthy: stores.every(({ state, isElsewhere }) =>
        isElsewhere || state === "sound" || state === "busy"
      ),
      stores,
      recent: this.#teller.recent,
      lastRound: this.#lastRound,
    };
  }

  /** Gives the events from now on. */
  events(): AsyncIterableIterator<WatchEvent> {
    return this.#teller.stream();
  }

  /** Goes on with other settings. */
  reload(stores: string | readonly string[], settings: WatchSettings = {}): void {
    this.reloadConfiguration(configurationOf(stores, settings));
  }

  /** Goes on with another configuration. */
  reloadConfiguration(configuration: WatchConfiguration): void {
    this.#pending = configuration;
    this.wake();
  }

  /** Begins the next round at once. */
  wake(): void {
    this.#isWoken = true;
    this.#sleeper.abort();
  }

  /** Tells that something has happened outside of the watch. */
  tell: ProgramMonitor["tell"] = (name, store, message, details) =>
    this.#teller.tell(name, store, message, details);

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    // Whoever starts it can take hold of it before anything happens.
    await Promise.resolve();
    this.#configure(this.#configuration);
    const stores = this.#watches.map(({ path }) => path);
    const message = `Watching ${formatCount(stores.length, "store")}`;
    this.#teller.tell("started", null, message, { stores, version: VERSION });
    while (!signal.aborted) {
      await this.#surviving(() => this.#round(signal));
      await this.#surviving(() => this.#sleep());
    }
    this.#end();
  }

  /** A fault of this program must not end it, nor go round in a circle. */
  async #surviving(work: () => Promise<void>): Promise<void> {
    try {
      if (!this.#stop.signal.aborted) await work();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#survive(error);
      await this.#world.pause(POLL_MS, this.#stop.signal);
    }
  }

  #survive(error: unknown): void {
    const { message: problem } = toActionError(error, this.#watches[0]?.path ?? "");
    if (this.#faults.has(problem) || this.#faults.size >= MOST_FAULTS) return;
    this.#faults.add(problem);
    this.#teller.tell("fault", null, `Something has failed that must not: ${problem}`, { problem });
  }

  /** Every store is checked before anything that takes long is done with one. */
  async #round(signal: AbortSignal): Promise<void> {
    this.#isWoken = false;
    this.#reconfigure();
    const memory = this.#lookAtMemory();
    const hasChecked = await this.#each((watch) => watch.check(signal, memory));
    if (hasChecked || this.#lastRound === null) await this.#conclude(signal);
    if (await this.#each((watch) => watch.maintain(signal))) await this.#conclude(signal);
  }

  #lookAtMemory(): WatchNotes["memory"] {
    try {
      return this.#memory.look(this.#configuration.memory);
    } catch (error) {
      this.#survive(error);
      return { usedRatio: null, isShort: false };
    }
  }

  async #each(work: (watch: StoreWatch) => Promise<boolean>): Promise<boolean> {
    const { signal } = this.#stop;
    let hasWorked = false;
    for (const watch of this.#watches) {
      if (signal.aborted) break;
      try {
        hasWorked = await work(watch) || hasWorked;
      } catch (error) {
        if (!signal.aborted) this.#survive(error);
      }
    }
    return hasWorked;
  }

  /** Tells how the stores are after a round. */
  async #conclude(signal: AbortSignal): Promise<void> {
    const { onRound } = this.#hooks;
    if (onRound === undefined || signal.aborted) return;
    const stores: StoreRound[] = [];
    for (const watch of this.#watches) stores.push(await this.#readStore(watch, signal));
    if (signal.aborted) return;
    const round: WatchRound = { at: this.#world.now().toISOString(), stores };
    this.#lastRound = round;
    this.#teller.call("onRound", () => onRound(round));
  }

  async #readStore(watch: StoreWatch, signal: AbortSignal): Promise<StoreRound> {
    const known = { store: watch.path, watch: watch.status() };
    try {
      const status = await watch.actions.readStatus(watch.contextOf(signal));
      return { ...known, status, isBusy: false, failure: null };
    } catch (error) {
      const failure = toActionError(error, watch.path);
      return { ...known, status: null, isBusy: failure.code === "busy", failure };
    }
  }

  async #sleep(): Promise<void> {
    const { now, pause } = this.#world;
    this.#sleeper = new AbortController();
    if (this.#isWoken || this.#stop.signal.aborted) return;
    const nextMs = Math.min(...this.#watches.map((watch) => watch.nextWakeMs()));
    const longestMs = this.#hooks.pollConfiguration === undefined ? LONGEST_PAUSE_MS : POLL_MS;
    const durationMs = Math.min(longestMs, Math.max(SHORTEST_PAUSE_MS, nextMs - now().getTime()));
    await pause(durationMs, this.#sleeper.signal);
  }

  /** Another configuration, or why there is none that can be used. */
  #poll(): WatchConfiguration | OperationError | null {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) return pending;
    try {
      return this.#hooks.pollConfiguration?.() ?? null;
    } catch (error) {
      this.#survive(error);
      return null;
    }
  }

  #reconfigure(): void {
    const polled = this.#poll();
    if (polled === null) return;
    if (polled instanceof OperationError) {
      const { path, message } = polled;
      const text = `The configuration cannot be used, the one before holds on: ${message}`;
      const details = { path: path ?? "", problem: message };
      this.#teller.tell("configuration-refused", null, text, details);
      return;
    }
    this.#configure(polled);
    const stores = this.#watches.map(({ path }) => path);
    this.#teller.tell("reloaded", null, "Another configuration holds from now on", { stores });
  }

  #configure(configuration: WatchConfiguration): void {
    this.#configuration = configuration;
    const calendar = new Calendar(configuration.timeZone);
    const before = new Map(this.#watches.map((watch) => [watch.path, watch]));
    this.#watches = configuration.stores.map((plan) => {
      const duty = { plan, calendar, notesDirectory: configuration.notes };
      const watch = before.get(plan.path);
      before.delete(plan.path);
      watch?.configure(duty);
      return watch ?? this.#createWatch(duty);
    });
    for (const watch of before.values()) watch.close();
  }

  #createWatch(duty: StoreDuty): StoreWatch {
    return new StoreWatch(duty, {
      ...this.#world,
      actions: this.#world.createActions(this.#world),
      tell: this.#teller.of(duty.plan.path),
      watch: { processId: Deno.pid, since: this.#startedAt },
    });
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const watch of this.#watches) watch.close();
    this.#teller.tell("stopped", null, "The watch has ended", {});
    this.#teller.end();
    this.#finished.resolve();
  }
}
