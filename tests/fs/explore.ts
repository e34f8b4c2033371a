/**
 * Taking one operation of the file layer through every fault and every power cut.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { CrashDisk, fingerprint, runUntilCut, seededRandom } from "../support/crash_fs.ts";
import { everyFault, type Fault, withFault } from "../support/fault_fs.ts";
import { Image, MemoryDisk } from "../support/memory_fs.ts";

/** An operation, and what may be on the disk when it was interrupted. */
export interface Scenario {
  /** Makes what is there before. */
  setUp(disk: MemoryDisk): void;
  /** The operation. */
  run(fs: WriteFs): void;
  /** What the next start does. */
  recover(fs: WriteFs): void;
  /** Tells the state after the recovery; throws where it is neither, or something is left. */
  judge(files: Record<string, string>): "old" | "new";
  /** What there is when the operation has ended by itself: the new state, unless it is undone. */
  readonly finished?: "old" | "new";
}

/** Builds the disk of a scenario. */
export function imageOf({ setUp }: Pick<Scenario, "setUp">): Image {
  const disk = new MemoryDisk();
  setUp(disk);
  return disk.image;
}

/** What was tried, so that a test can hold that it was enough. */
export interface Tally {
  /** Power cuts during the operation. */
  cuts: number;
  /** States of the disk after them that differ. */
  states: number;
  /** States after a power cut during the recovery. */
  recoveryStates: number;
  /** States after a power cut during a recovery from a kill that was no power cut. */
  killStates: number;
  /** How often the old state came of it, and the new one. */
  old: number;
  new: number;
}

/**
 * Before one operation of every so many the process is killed, for that takes as long as all the
 * rest; with `VECFSCK_TEST_EVERYTHING=1` before each.
 */
const KILL_STEP = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1" ? 1 : 3;

/** How many scenarios there were: each begins to kill at another operation than the one before. */
let explored = 0;

/**
 * Cuts the power before every operation, and before every operation of the recovery; and kills the
 * process before operations, with a power cut before every operation of the recovery.
 */
export function exploreCrashes(scenario: Scenario, seed = 1): Tally {
  const random = seededRandom(seed);
  const initial = imageOf(scenario);
  const tally: Tally = { cuts: 0, states: 0, recoveryStates: 0, killStates: 0, old: 0, new: 0 };
  const seen = new Set<string>();
  const offset = explored++;
  for (let cutBefore = 0;; cutBefore++) {
    const crash = new CrashDisk(initial);
    const wasCut = runUntilCut(crash, () => scenario.run(crash.fsUntil(cutBefore)));
    for (const image of crash.outcomes(random)) {
      // What an operation has reported as done stays done, so the last ones are all judged.
      const isKnown = !isNew(seen, image);
      if (isKnown && wasCut) continue;
      const state = judgeAfterRecovery(scenario, image);
      if (!wasCut) assertEquals(state, scenario.finished ?? "new", "a finished operation was lost");
      if (isKnown) continue;
      tally.states++;
      tally[state]++;
      exploreRecovery(scenario, image, { random, seen, tally });
    }
    if ((cutBefore + offset) % KILL_STEP === 0) {
      exploreKill(scenario, { initial, killBefore: cutBefore }, { random, seen, tally });
    }
    if (!wasCut) return tally;
    tally.cuts++;
  }
}

function exploreKill(
  scenario: Scenario,
  { initial, killBefore }: { initial: Image; killBefore: number },
  { random, seen, tally }: { random: () => number; seen: Set<string>; tally: Tally },
): void {
  for (let cutBefore = 0;; cutBefore++) {
    const crash = new CrashDisk(initial);
    runUntilCut(crash, () => scenario.run(crash.fsUntil(killBefore)));
    crash.disk.unlockAll();
    const wasCut = runUntilCut(crash, () => scenario.recover(crash.fsUntil(cutBefore)));
    for (const image of crash.outcomes(random)) {
      if (!isNew(seen, image)) continue;
      tally.killStates++;
      judgeAfterRecovery(scenario, image);
    }
    if (!wasCut) return;
  }
}

function exploreRecovery(
  scenario: Scenario,
  start: Image,
  { random, seen, tally }: { random: () => number; seen: Set<string>; tally: Tally },
): void {
  for (let cutBefore = 0;; cutBefore++) {
    const crash = new CrashDisk(start);
    const wasCut = runUntilCut(crash, () => scenario.recover(crash.fsUntil(cutBefore)));
    for (const image of crash.outcomes(random)) {
      if (!isNew(seen, image)) continue;
      tally.recoveryStates++;
      judgeAfterRecovery(scenario, image);
    }
    if (!wasCut) return;
  }
}

function isNew(seen: Set<string>, image: Image): boolean {
  const key = fingerprint(image);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function judgeAfterRecovery(scenario: Scenario, image: Image): "old" | "new" {
  const disk = new MemoryDisk(new Image(image));
  const before = disk.list();
  try {
    scenario.recover(disk.fs);
    const state = scenario.judge(disk.list());
    const recovered = disk.list();
    scenario.recover(disk.fs);
    assertEquals(disk.list(), recovered, "a second recovery changes something");
    return state;
  } catch (error) {
    throw new Error(`from ${JSON.stringify(before)} to ${JSON.stringify(disk.list())}`, {
      cause: error,
    });
  }
}

/** What came of one fault. */
export interface FaultOutcome {
  readonly fault: Fault;
  /** What was thrown, or null. */
  readonly error: unknown;
  /** The files as the fault has left them. */
  readonly files: Record<string, string>;
  /** Which state came of it once the disk was well again and the next start had been. */
  readonly state: "old" | "new";
}

/** Makes every write operation fail in every way, then lets the next start do its work. */
export function* exploreFaults(scenario: Scenario): Generator<FaultOutcome, void, undefined> {
  const initial = imageOf(scenario);
  for (const { skipRest, ...fault } of everyFault()) {
    const disk = new MemoryDisk(new Image(initial));
    const { fs, wasHit } = withFault(disk.fs, fault);
    let thrown: unknown = null;
    try {
      scenario.run(fs);
    } catch (error) {
      thrown = error;
    }
    if (!wasHit()) {
      assertEquals(thrown, null);
      skipRest();
      continue;
    }
    const files = disk.list();
    const state = judgeAfterRecovery(scenario, disk.image);
    try {
      if (thrown === null) assertEquals(state, "new", "it failed in silence");
      else assert(thrown instanceof OperationError || "code" in (thrown as object));
    } catch (error) {
      throw new Error(`${JSON.stringify(fault)} left ${JSON.stringify(files)}`, { cause: error });
    }
    yield { fault, error: thrown, files, state };
  }
}
