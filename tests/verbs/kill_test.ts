/**
 * The real program is killed at random moments of its work, on a real disk, under the permissions
 * that users give it.
 *
 * The ordinary run kills a few times; `VECFSCK_TEST_KILLS=200` sets how often in all.
 */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { seededRandom } from "../support/crash_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { CLI_COMMAND } from "../support/run_cli.ts";
import { PreparedVerb } from "./verb_case.ts";
import { VERB_CASES } from "./verb_cases.ts";
import { readFiles, type World } from "./world.ts";

/** Which verbs are killed. */
const KILLED_VERBS = VERB_CASES.filter(({ isKilled }) => isKilled === true);

/** How often in all, and with which moments. */
const KILLS = Number(Deno.env.get("VECFSCK_TEST_KILLS") ?? 4 * KILLED_VERBS.length);
const SEED = Number(Deno.env.get("VECFSCK_TEST_SEED") ?? 20_260_501);

/** A program that is at work on a world. */
interface Work {
  readonly process: Deno.ChildProcess;
  /** Ends with the process: whether it was killed, and its exit code if not. */
  readonly status: Promise<Deno.CommandStatus>;
}

function start(verb: PreparedVerb, world: World): Work {
  const process = new Deno.Command(Deno.execPath(), {
    args: [...CLI_COMMAND, ...verb.verb.args(world)],
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return { process, status: process.status };
}

/**
 * Waits until the program is at work, or has ended: until it has taken the lock of the store, before
 * which it has written nothing; or until it begins to change something.
 */
async function untilAtWork(
  { verb, world, work }: { verb: PreparedVerb; world: World; work: Work },
  stage: "locked" | "changing",
): Promise<void> {
  let isOver = false;
  work.status.then(() => isOver = true);
  // The store that is written is the last one.
  const beside = `${verb.storesOf(world).at(-1)}.vecfsck`;
  const names = stage === "locked" ? ["lock"] : ["journal", "quarantine"];
  const marks = names.map((name) => join(beside, name))
    .filter((mark) => stage === "locked" || localFs.look(mark) === null);
  while (!isOver && !marks.some((mark) => localFs.look(mark) !== null)) await pause(0);
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resume) => setTimeout(resume, durationMs));
}

async function copyOf(verb: PreparedVerb): Promise<World> {
  return await verb.copyTo(await scratchDirectory());
}

/** How long the program works when nobody kills it: the longer of two times. */
async function measure(verb: PreparedVerb): Promise<number> {
  let longestMs = 0;
  for (let round = 0; round < 2; round++) {
    const world = await copyOf(verb);
    const work = start(verb, world);
    await untilAtWork({ verb, world, work }, "locked");
    const startedMs = performance.now();
    const { code } = await work.status;
    assertEquals(code, verb.verb.exitCode ?? 0);
    longestMs = Math.max(longestMs, performance.now() - startedMs);
    world.remove();
  }
  return longestMs;
}

/** The changes themselves take this long at the most, once they have begun. */
const CHANGING_MS = 12;

for (const [index, verb] of KILLED_VERBS.entries()) {
  Deno.test(`${verb.name}: nothing is lost when the program is killed (seed ${SEED})`, async () => {
    const prepared = await PreparedVerb.of(verb);
    const durationMs = await measure(prepared);
    const random = seededRandom(SEED + index);
    const kills = Math.ceil(KILLS / KILLED_VERBS.length);
    const tally = { kills: 0, ended: 0, interrupted: 0, old: 0, new: 0 };
    for (let round = 0; tally.kills < kills; round++) {
      assert(tally.ended < 5 * kills + 20, "it is never killed at work: this tests nothing");
      const world = await copyOf(prepared);
      const before = readFiles(world.root);
      const work = start(prepared, world);
      const stage = prepared.changesStore && round % 2 === 1 ? "changing" : "locked";
      await untilAtWork({ verb: prepared, world, work }, stage);
      const delayMs = random() * (stage === "locked" ? durationMs : CHANGING_MS);
      await pause(delayMs);
      const wasKilled = await kill(work);
      tally[wasKilled ? "kills" : "ended"]++;
      try {
        tally.interrupted += await prepared.recover(world) > 0 ? 1 : 0;
        tally[prepared.judge(before, readFiles(world.root))]++;
        await assertUsable(prepared, world);
      } catch (error) {
        throw new Error(`killed ${delayMs} ms after it was ${stage}`, { cause: error });
      }
      world.remove();
    }
    if (KILLS > 100) console.log(verb.name, JSON.stringify(tally), `${Math.round(durationMs)} ms`);
  });
}

/** Kills the program as `kill -9` does; tells whether it was still there. */
async function kill({ process, status }: Work): Promise<boolean> {
  try {
    process.kill("SIGKILL");
  } catch {
    // It has ended by itself just now.
  }
  return (await status).signal === "SIGKILL";
}

/** Holds that the next verb does its work, whether it finds the store whole or an index gone. */
async function assertUsable(prepared: PreparedVerb, world: World): Promise<void> {
  const result = await prepared.runOther(world, ["backup", world.store, "--keep-last", "99"]);
  assert(result.code === 0 || result.code === 4, JSON.stringify(result));
}
