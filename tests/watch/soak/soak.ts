/**
 * A soak run of a watch: simulated days and real files. Something is broken every hour, programs
 * write, the process is killed and comes again; and all the while no record is lost, no two actions
 * overlap, the backups are those that the rules keep, and memory stays flat.
 *
 * @module
 */

import { SeededRandom } from "../../../lib/base/seeded_random.ts";
import type { WatchEvent } from "../../../lib/watch/events/events.ts";
import { LocalActions } from "../../../lib/watch/actions/local_actions.ts";
import { runMonitor } from "../../../lib/watch/monitor.ts";
import type { MonitorWorld, ProgramMonitor } from "../../../lib/watch/monitor_types.ts";
import { resolveConfiguration } from "../../../lib/watch/configuration/resolve_configuration.ts";
import type { ActionWorld, StoreActions } from "../../../lib/watch/actions/store_actions.ts";
import type {
  WatchConfiguration,
  WatchPolicy,
} from "../../../lib/watch/configuration/watch_configuration.ts";
import { ActionGate } from "../../../lib/watch/actions/action_gate.ts";
import { BackupShelf, KEPT_DAYS } from "./backup_shelf.ts";
import { CureCap } from "./cure_cap.ts";
import { JudgedActions } from "./judged_actions.ts";
import { BadDisk, MortalFs } from "./mortal_fs.ts";
import { SimulatedTime } from "./simulated_time.ts";
import { SoakStore } from "./soak_store.ts";
import { SoakTally } from "./soak_tally.ts";
import { Trouble } from "./trouble.ts";
import type { Writer } from "./writers.ts";

const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];

/** The last Sunday of March lies within the first month, and with it a day of 23 hours. */
/** Why a cure was not begun. */
const NO_CURES: ReadonlySet<string> = new Set(["busy", "not-noted"]);

const START = { month: 3, day: 1 };
const TIME_ZONE = "Europe/Berlin";

/** What a soak run does. */
export interface SoakSettings {
  /** How many days go by. */
  readonly days: number;
  /** By which everything is drawn. */
  readonly seed: number;
  /** What the watch does about damage. */
  readonly policy: WatchPolicy;
  /** What writes to the stores, of which there is one for each. */
  readonly writers: readonly Writer[];
  /** How long lies between two checks, in milliseconds. */
  readonly intervalMs: number;
  /** Puts other actions in the place of the real ones, so that a test sees what is noticed. */
  readonly alter?: (actions: StoreActions) => StoreActions;
  /** Is told after every simulated day. */
  readonly onDay?: (day: number, tally: SoakTally) => void;
}

/** What came of it. */
export interface SoakReport {
  /** What has not held. */
  readonly problems: readonly string[];
  /** How often each thing has happened. */
  readonly counts: Readonly<Record<string, number>>;
  /** How many records were written. */
  readonly records: number;
  /** The bytes of memory in use at the end of each day. */
  readonly heapBytes: readonly number[];
}

/** Lets the days go by. */
export async function soak(settings: SoakSettings): Promise<SoakReport> {
  return await (await SoakRun.prepare(settings)).run();
}

class SoakRun {
  readonly #settings: SoakSettings;
  readonly #time: SimulatedTime;
  readonly #tally: SoakTally;
  readonly #disk = new BadDisk();
  readonly #caps = new Map<string, CureCap>();
  readonly #stores: readonly SoakStore[];
  readonly #shelves: ReadonlyMap<string, BackupShelf>;
  readonly #heapBytes: number[] = [];
  readonly #trouble: Trouble;
  #process: MortalFs;
  #monitor: ProgramMonitor | null = null;
  #isMemoryShort = false;
  #isRestarting = false;

  private constructor(settings: SoakSettings, time: SimulatedTime, stores: readonly SoakStore[]) {
    this.#settings = settings;
    this.#time = time;
    this.#stores = stores;
    this.#shelves = new Map(
      stores.map(({ path }) => [path, new BackupShelf(`${path}.backups`)]),
    );
    for (const { path } of stores) this.#caps.set(path, new CureCap(TIME_ZONE));
    this.#process = new MortalFs(this.#disk);
    this.#tally = new SoakTally(() => time.now().toISOString());
    this.#trouble = new Trouble({
      random: new SeededRandom(settings.seed, "trouble"),
      time,
      disk: this.#disk,
      tally: this.#tally,
      stores,
      shelves: this.#shelves,
      kill: (operations) => this.#process.killAfter(operations),
      restart: () => this.#restart(),
      reload: () => this.#monitor?.reloadConfiguration(this.#configure()),
      rival: () => this.#rival(),
      setMemoryShort: (isShort) => this.#isMemoryShort = isShort,
      forgetCures: (path) => this.#caps.get(path)?.forget(),
    });
  }

  static async prepare(settings: SoakSettings): Promise<SoakRun> {
    // Later than the real clock, for the files are of today.
    const year = new Date().getFullYear() + 1;
    const time = new SimulatedTime(new Date(Date.UTC(year, START.month - 1, START.day)));
    const stores: SoakStore[] = [];
    for (const writer of settings.writers) stores.push(await SoakStore.create(writer, time.now));
    return new SoakRun(settings, time, stores);
  }

  async run(): Promise<SoakReport> {
    const { days } = this.#settings;
    this.#everyHour();
    this.#everyDay(1);
    while (this.#time.elapsedMs < days * DAY_MS) await this.#live(days * DAY_MS);
    this.#tally.hold(this.#tally.of("action check") > 0, "nothing was checked");
    return {
      problems: this.#tally.problems,
      counts: this.#tally.counts,
      records: this.#stores.reduce((sum, { records }) => sum + records, 0),
      heapBytes: this.#heapBytes,
    };
  }

  /** The life of one process, up to its end or that of the run. */
  async #live(untilMs: number): Promise<void> {
    const process = new MortalFs(this.#disk);
    this.#process = process;
    this.#isRestarting = false;
    const over = Promise.withResolvers<void>();
    const pause = async (durationMs: number, signal: AbortSignal | undefined): Promise<void> => {
      await this.#time.pause(durationMs, signal);
      if (this.#time.elapsedMs >= untilMs || this.#isRestarting) over.resolve();
    };
    const monitor = runMonitor(this.#configure(), {
      onEvent: (event) => this.#hear(event, process),
      onRound: () => this.#tally.count("rounds"),
    }, this.#worldOf(process, pause));
    this.#monitor = monitor;
    await Promise.race([over.promise, process.died]);
    // A process that is dead writes nothing: this only ends what still runs in this one.
    await monitor.stop();
    this.#monitor = null;
    this.#tally.count(process.isDead ? "lives ended by a kill" : "lives ended by a stop");
    if (process.isDead) await this.#time.pause(MINUTE_MS);
    else process.kill();
  }

  #worldOf(process: MortalFs, pause: Required<MonitorWorld>["pause"]): MonitorWorld {
    return {
      fs: process.fs,
      now: this.#time.now,
      clockMs: this.#time.clockMs,
      pause,
      readMemory: () => ({ usedRatio: this.#isMemoryShort ? 0.97 : 0.4, pressureRatio: 0 }),
      jobs: 1,
      gate: new ActionGate(),
      createActions: (world) => new ByStore((path) => this.#actionsOf(path, world, process)),
    };
  }

  #actionsOf(path: string, world: ActionWorld, process: MortalFs): StoreActions {
    const store = this.#stores.find((candidate) => candidate.path === path);
    const shelf = this.#shelves.get(path);
    if (store === undefined || shelf === undefined) throw new Error(`no store ${path}`);
    const tally = this.#tally;
    const judge = { store, shelf, tally, isDead: () => process.isDead };
    const { alter = (actions) => actions } = this.#settings;
    return new JudgedActions(alter(new LocalActions(world)), judge);
  }

  #configure(): WatchConfiguration {
    const { policy, intervalMs } = this.#settings;
    return resolveConfiguration({
      stores: this.#stores.map(({ path }) => ({ path })),
      check: { intervalMs },
      backup: { keep: { daily: KEPT_DAYS } },
      // Nobody but this run has the stores open, which cannot be known under every permission.
      optimize: { assumeClosed: true },
      damage: { policy },
      disk: { minFreeBytes: 0 },
      timeZone: TIME_ZONE,
    });
  }

  #hear(event: WatchEvent, process: MortalFs): void {
    if (process.isDead) return;
    this.#tally.count(`event ${event.name}`);
    const isFault = event.name === "fault" || event.name === "listener-failed";
    this.#tally.hold(!isFault, event.message);
    if ("code" in event.details) {
      this.#tally.hold(event.details.code !== "internal", `${event.name}: ${event.message}`);
    }
    const isCure = event.name === "cured" || event.name === "cure-failed";
    if (!isCure || event.store === null) return;
    // One that found the store in use, or could not be counted, was no cure.
    if ("code" in event.details && NO_CURES.has(String(event.details.code))) return;
    const problem = this.#caps.get(event.store)?.add(this.#time.now());
    this.#tally.hold(problem === undefined || problem === null, problem ?? "");
  }

  #restart(): void {
    this.#isRestarting = true;
    this.#monitor?.wake();
  }

  /** Another watch on the same stores does nothing. */
  async #rival(): Promise<void> {
    const told: string[] = [];
    const other = new MortalFs(this.#disk);
    const asleep = Promise.withResolvers<void>();
    const pause = (_durationMs: number, signal: AbortSignal | undefined): Promise<void> => {
      asleep.resolve();
      return new Promise((resolve) => {
        if (signal?.aborted) resolve();
        signal?.addEventListener("abort", () => resolve(), { once: true });
      });
    };
    const world = this.#worldOf(other, pause);
    const before = this.#tally.of("action check");
    const monitor = runMonitor(this.#configure(), {
      onEvent: ({ name }) => void told.push(name),
    }, world);
    await asleep.promise;
    await monitor.stop();
    other.kill();
    const isKept = told.includes("watched-elsewhere") && this.#tally.of("action check") === before;
    // Where the lease of the first one is lost with its store, the second may have it.
    if (isKept) this.#tally.count("rivals kept out");
    else this.#tally.count("rivals let in");
  }

  #everyHour(): void {
    this.#time.after(HOUR_MS, async () => {
      for (const store of this.#stores) store.write();
      await this.#trouble.strike();
      this.#everyHour();
    });
  }

  #everyDay(day: number): void {
    this.#time.after(DAY_MS, () => {
      // Where the runtime was told to give it, what is only garbage does not count.
      (globalThis as { gc?: () => void }).gc?.();
      this.#heapBytes.push(Deno.memoryUsage().heapUsed);
      if (day % KEPT_DAYS === 0) { for (const store of this.#stores) store.tidy(); }
      this.#settings.onDay?.(day, this.#tally);
      this.#everyDay(day + 1);
    });
  }
}

/** Actions are made before it is known for which store: each call says it. */
class ByStore implements StoreActions {
  readonly #create: (path: string) => StoreActions;
  #actions: StoreActions | null = null;

  constructor(create: (path: string) => StoreActions) {
    this.#create = create;
  }

  check: StoreActions["check"] = (context, options) => this.#of(context).check(context, options);
  backUp: StoreActions["backUp"] = (context) => this.#of(context).backUp(context);
  prune: StoreActions["prune"] = (context) => this.#of(context).prune(context);
  optimize: StoreActions["optimize"] = (context) => this.#of(context).optimize(context);
  cure: StoreActions["cure"] = (policy, context) => this.#of(context).cure(policy, context);
  explainUse: StoreActions["explainUse"] = (context) => this.#of(context).explainUse(context);
  newestBackupMs: StoreActions["newestBackupMs"] = (context) =>
    this.#of(context).newestBackupMs(context);
  freeBytes: StoreActions["freeBytes"] = (context) => this.#of(context).freeBytes(context);
  readStatus: StoreActions["readStatus"] = (context) => this.#of(context).readStatus(context);

  #of({ plan: { path } }: Parameters<StoreActions["backUp"]>[0]): StoreActions {
    return this.#actions ??= this.#create(path);
  }
}
