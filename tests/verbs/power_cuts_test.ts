/**
 * The power is cut before every operation of every verb, and before every operation of the recovery
 * after that; what was not synced is on the disk, or not, or in part.
 *
 * The recovery is done in memory, and for some disks on the real one, where SQLite has a say. The
 * ordinary run looks at some of what can come of each cut, other disks with each change of a verb;
 * `VECFSCK_TEST_EVERYTHING=1` at all of it.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { type RecoveredChange, recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { CrashDisk, fingerprint, runUntilCut, seededRandom } from "../support/crash_fs.ts";
import { Image, MemoryDisk } from "../support/memory_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { materialise, readFilesInMemory, RecordedRun, TokenTable } from "./recorded_run.ts";
import { assertFinal, PreparedVerb } from "./verb_case.ts";
import { VERB_CASES } from "./verb_cases.ts";
import { type Files, readFiles, World } from "./world.ts";

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** So many disks of each cut are looked at, in the ordinary run. */
const MOST_OUTCOMES = TRIES_EVERYTHING ? Infinity : 10;

/** For so many of each verb the power is cut again while the next run recovers. */
const MOST_RECOVERIES = TRIES_EVERYTHING ? Infinity : 12;

/** So many of each verb are written to the real disk. */
const MOST_REAL_DISKS = TRIES_EVERYTHING ? Infinity : 20;

/** What was tried. */
interface Tally {
  operations: number;
  states: number;
  recoveryStates: number;
  realDisks: number;
  old: number;
  new: number;
}

/** A verb that was run, and what the search for what can become of it needs. */
interface Exploration {
  readonly prepared: PreparedVerb;
  readonly run: RecordedRun;
  readonly world: World;
  readonly before: Files;
  readonly final: Files;
  readonly random: () => number;
  readonly seen: Set<string>;
  readonly tally: Tally;
}

for (const verb of VERB_CASES.filter(({ hasHoles }) => !hasHoles)) {
  Deno.test(`${verb.name}: old or new, and nothing lost, whenever the power is cut`, async () => {
    const prepared = await PreparedVerb.of(verb);
    const world = await prepared.copy();
    const run = new RecordedRun(world.root, new TokenTable(), prepared.deviceOf(world));
    const before = readFiles(world.root);
    const result = await prepared.run(world, run.recording(localFs));
    assertEquals(result.code, verb.exitCode ?? 0, JSON.stringify(result));
    const final = readFiles(world.root);
    world.remove();
    const tally = { operations: 0, states: 0, recoveryStates: 0, realDisks: 0, old: 0, new: 0 };
    const random = seededRandom(20_260_401);
    const seen = new Set<string>();
    const exploration = { prepared, run, world, before, final, random, seen, tally };
    await tryOnRealDisk(exploration, explore(exploration));
    const told = `${verb.name}: ${JSON.stringify(tally)}`;
    if (TRIES_EVERYTHING) console.log(told);
    assert(tally.operations > 5 && tally.states > 5 && tally.old > 0, told);
    if (prepared.changesStore) assert(tally.new > 0, told);
  });
}

/** Cuts the power everywhere, recovers in memory, and gives every disk that came of the cut. */
function explore(exploration: Exploration): Image[] {
  const { run, final, random, tally } = exploration;
  const disks: Image[] = [];
  const starts: Image[] = [];
  for (let cutBefore = 0;; cutBefore++) {
    const crash = new CrashDisk(run.initial);
    const wasCut = runUntilCut(crash, () => run.replay(crash.fsUntil(cutBefore)));
    const outcomes = [...crash.outcomes(random)];
    for (const image of wasCut ? pick(outcomes, MOST_OUTCOMES, random) : outcomes) {
      if (wasCut && !isNew(exploration, image)) continue;
      const recovered = judgeInMemory(exploration, image, tally);
      if (!wasCut) assertFinal(final, recovered);
      tally.states++;
      disks.push(image);
      if (isRecoveryNew(exploration, image)) starts.push(image);
    }
    if (!wasCut) break;
    tally.operations++;
  }
  for (const start of pick(starts, MOST_RECOVERIES, random)) exploreRecovery(exploration, start);
  return disks;
}

/** Picks some of many at random. */
function pick<Item>(items: readonly Item[], most: number, random: () => number): Item[] {
  return items.map((item) => ({ item, order: random() }))
    .sort((first, second) => first.order - second.order).slice(0, most).map(({ item }) => item);
}

function exploreRecovery(exploration: Exploration, start: Image): void {
  const { random, tally } = exploration;
  for (let cutBefore = 0;; cutBefore++) {
    const crash = new CrashDisk(start);
    const wasCut = runUntilCut(
      crash,
      () => void recoverInMemory(exploration, crash.fsUntil(cutBefore)),
    );
    for (const image of crash.outcomes(random)) {
      if (!isNew(exploration, image)) continue;
      tally.recoveryStates++;
      judgeInMemory(exploration, image, null);
    }
    if (!wasCut) return;
  }
}

/** Does what the next runs do when they begin. */
function recoverInMemory({ prepared, world }: Exploration, fs: WriteFs): RecoveredChange[] {
  return prepared.storesOf(world).flatMap((store) => recoverSwaps(store, { fs }));
}

/**
 * Without a record of a change, a recovery depends on nothing but the work directory; with one, on
 * what is where. Disks that differ in nothing but permissions are told apart no further.
 */
function isRecoveryNew({ run, world, seen }: Exploration, image: Image): boolean {
  const files = [...readFilesInMemory(image, world.root, run.tokens)];
  const hasRecord = files.some(([path]) => path.includes(".vecfsck/journal/"));
  const own = files.filter(([path]) => hasRecord || path.includes(".vecfsck/"));
  const key = JSON.stringify(own);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function isNew({ seen }: Exploration, image: Image): boolean {
  const key = fingerprint(image);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function judgeInMemory(exploration: Exploration, image: Image, tally: Tally | null): Files {
  const { prepared, run, world, before, final } = exploration;
  const disk = new MemoryDisk(new Image(image));
  const list = (): Files => readFilesInMemory(disk.image, world.root, run.tokens);
  const found = list();
  try {
    for (const { outcome, message } of recoverInMemory(exploration, disk.fs)) {
      assert(outcome === "completed" || outcome === "undone", message);
    }
    const recovered = list();
    const state = prepared.judge(before, recovered, final);
    if (tally !== null) tally[state]++;
    recoverInMemory(exploration, disk.fs);
    assertEquals(list(), recovered, "a second recovery changes something");
    return recovered;
  } catch (error) {
    throw new Error(`from ${tell(found)}\nto ${tell(list())}`, { cause: error });
  }
}

async function tryOnRealDisk(exploration: Exploration, disks: Image[]): Promise<void> {
  const { prepared, run, world, before, final, random, tally } = exploration;
  for (const image of pick(disks, MOST_REAL_DISKS, random)) {
    const real = new World(join(await scratchDirectory(), "world"));
    materialise(image, world.root, real.root, run.tokens);
    const found = readFiles(real.root);
    try {
      await prepared.recover(real);
      prepared.judge(before, readFiles(real.root), final);
    } catch (error) {
      throw new Error(`from ${tell(found)}\nto ${tell(readFiles(real.root))}`, { cause: error });
    }
    tally.realDisks++;
    real.remove();
  }
}

function tell(files: Files): string {
  return [...files].map(([path, digest]) => `${path} ${digest.slice(0, 6)}`).sort().join("\n  ");
}
