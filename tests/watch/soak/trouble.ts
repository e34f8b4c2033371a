/**
 * What goes wrong in a soak run, one thing every hour, and how it ends.
 *
 * @module
 */

import { join } from "@std/path";
import type { SeededRandom } from "../../../lib/base/seeded_random.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { NOTES_NAME, WATCH_DIRECTORY_NAME } from "../../../lib/status/read_watch_notes.ts";
import type { BackupShelf } from "./backup_shelf.ts";
import { type BadDisk, DISK_FAULTS } from "./mortal_fs.ts";
import type { SimulatedTime } from "./simulated_time.ts";
import type { SoakStore } from "./soak_store.ts";
import type { SoakTally } from "./soak_tally.ts";

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];

/** So much later at the most an operator puts a sound store in the place of a broken one. */
const RENEWAL_HOURS = 30;

/** So far the clock is put forward or back at the most. */
const LONGEST_STEP_MINUTES = 180;

/** What can go wrong, and with what. */
export interface TroubleWorld {
  readonly random: SeededRandom;
  readonly time: SimulatedTime;
  readonly disk: BadDisk;
  readonly tally: SoakTally;
  readonly stores: readonly SoakStore[];
  readonly shelves: ReadonlyMap<string, BackupShelf>;
  /** Kills the process before one of its next write operations. */
  kill(operations: number): void;
  /** Ends the process, and begins another. */
  restart(): void;
  /** Gives the watch another configuration. */
  reload(): void;
  /** Begins another watch on the same stores. */
  rival(): Promise<void>;
  setMemoryShort(isShort: boolean): void;
  /** From now on the watch need not know how often it has cured today. */
  forgetCures(path: string): void;
}

/** Draws what goes wrong. */
export class Trouble {
  readonly #world: TroubleWorld;
  readonly #renewals = new Set<SoakStore>();

  /** Takes the world. */
  constructor(world: TroubleWorld) {
    this.#world = world;
  }

  /** Has one thing go wrong. */
  async strike(): Promise<void> {
    const { random, tally, stores } = this.#world;
    const store = random.pick(stores);
    const [name, strike] = random.pick(this.#list());
    tally.count(`fault ${name}`);
    await strike(store);
    for (const each of stores) this.#planRenewal(each);
  }

  #list(): readonly (readonly [string, (store: SoakStore) => void | Promise<void>])[] {
    const { tally, kill, restart, reload, rival, random, shelves } = this.#world;
    const damage = (store: SoakStore): void => {
      const name = store.strike(random);
      tally.count(name === null ? "damages that were none" : "damages");
    };
    return [
      ["damage", damage],
      ["damage", damage],
      ["bad disk", () => this.#spoilDisk()],
      ["bad disk", () => this.#spoilDisk()],
      ["store away", (store) => this.#takeAway(store)],
      ["notes damaged", (store) => this.#damageNotes(store)],
      ["clock", () => this.#stepClock()],
      ["backup damaged", ({ path }) => void shelves.get(path)?.harm(random)],
      ["kill", () => kill(random.below(60))],
      ["kill", () => kill(random.below(60))],
      ["restart", restart],
      ["reload", reload],
      ["rival", rival],
      ["memory", () => this.#fillMemory()],
    ];
  }

  #spoilDisk(): void {
    const { disk, random, time } = this.#world;
    disk.turnBad(random.pick(DISK_FAULTS), random.below(80), 1 + random.below(40));
    time.after((1 + random.below(50)) * MINUTE_MS, () => disk.recover());
  }

  #takeAway(store: SoakStore): void {
    const { random, time, tally } = this.#world;
    store.takeAway(random.below(2) === 0);
    time.after((1 + random.below(300)) * MINUTE_MS, () => {
      try {
        store.bringBack();
      } catch (error) {
        tally.hold(false, `something was made where the store was missing: ${error}`);
      }
    });
  }

  /** They are read when a watch begins. */
  #damageNotes({ path }: SoakStore): void {
    const { random, restart, forgetCures } = this.#world;
    const notes = join(`${path}.vecfsck`, WATCH_DIRECTORY_NAME, NOTES_NAME);
    forgetCures(path);
    if (localFs.look(notes)?.kind === "file") {
      const bytes = Deno.readFileSync(notes);
      const at = random.below(bytes.length + 1);
      Deno.writeFileSync(notes, bytes.subarray(0, at));
      if (random.below(2) === 0) {
        bytes[at] = 0;
        Deno.writeFileSync(notes, bytes);
      }
    }
    restart();
  }

  #stepClock(): void {
    const { random, time, stores, forgetCures } = this.#world;
    const minutes = random.below(2 * LONGEST_STEP_MINUTES) - LONGEST_STEP_MINUTES;
    const step = (byMinutes: number): void => {
      time.step(byMinutes * MINUTE_MS);
      for (const { path } of stores) forgetCures(path);
    };
    step(minutes);
    // Somebody notices it, and puts it right.
    time.after((1 + random.below(12)) * HOUR_MS, () => step(-minutes));
  }

  #fillMemory(): void {
    const { random, time, setMemoryShort } = this.#world;
    setMemoryShort(true);
    time.after((1 + random.below(120)) * MINUTE_MS, () => setMemoryShort(false));
  }

  /** What is broken and not cured is not left so for ever. */
  #planRenewal(store: SoakStore): void {
    const { random, time, tally } = this.#world;
    if (!store.isHarmed || this.#renewals.has(store)) return;
    this.#renewals.add(store);
    time.after((2 + random.below(RENEWAL_HOURS)) * HOUR_MS, async () => {
      this.#renewals.delete(store);
      if (!store.isHarmed) return;
      tally.count("renewals by the operator");
      await store.renew();
    });
  }
}
