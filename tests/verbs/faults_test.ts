/**
 * Every write operation of every verb fails, once and for good.
 *
 * In the ordinary run each operation fails in one way, and ten in a row in all of them; of the two
 * repairs, which take the longest and have most operations in common, every second one, the even ones
 * of the one and the odd ones of the other. With `VECFSCK_TEST_EVERYTHING=1` each fails in all ways.
 */
import { assert, assertEquals } from "@std/assert";
import { withoutSync } from "../../lib/drill/unsynced_fs.ts";
import { EXIT } from "../../lib/cli/exit_code.ts";
import { isTemporaryName } from "../../lib/fs/names.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { type Fault, withFault } from "../support/fault_fs.ts";
import { PreparedVerb } from "./verb_case.ts";
import { VERB_CASES } from "./verb_cases.ts";
import { type Files, readFiles, type VerbResult, type World } from "./world.ts";

const KINDS = ["ENOSPC", "EIO", "EACCES", "EXDEV", "short"] as const;

/** Where one of these fails, it can be the removal of a temporary entry that is not done. */
const TIDYING: ReadonlySet<string> = new Set(["removeFile", "removeDirectory", "syncDirectory"]);

const TRIES_EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** Where an operation fails first, and how far the next one is from it. */
const HALVED: ReadonlyMap<string, readonly [number, number]> = new Map([
  ["repair", [0, 2]],
  ["repair of which records leave the store into files", [1, 2]],
]);

/** In which ways an operation fails: in the ordinary run in one, and in another the next time. */
function faultsOf(index: number, turn: number): Fault[] {
  const faults = KINDS.flatMap((kind) => [
    { index, kind, duration: "once" } as const,
    { index, kind, duration: "all" } as const,
  ]);
  // Three is no divisor of ten, so that ten operations one after another fail in ten ways.
  return TRIES_EVERYTHING ? faults : faults.slice(3 * turn % 10, 3 * turn % 10 + 1);
}

for (const verb of VERB_CASES) {
  Deno.test(`${verb.name}: old or new, and nothing lost, whichever write operation fails`, async () => {
    const prepared = await PreparedVerb.of(verb);
    const tally = { operations: 0, failed: 0, tolerated: 0, old: 0, new: 0 };
    const [first, step] = TRIES_EVERYTHING ? [0, 1] : HALVED.get(verb.name) ?? [0, 1];
    for (let index = first;; index += step) {
      let wasHit = false;
      for (const fault of faultsOf(index, tally.operations)) {
        if (await tryFault(prepared, fault, tally)) wasHit = true;
      }
      if (!wasHit) break;
      tally.operations++;
    }
    if (TRIES_EVERYTHING) console.log(verb.name, tally);
    assert(tally.operations > 5 && tally.failed > 5, JSON.stringify(tally));
  });
}

/** Tries one fault; tells whether the operation was reached. */
async function tryFault(
  prepared: PreparedVerb,
  fault: Fault,
  tally: { failed: number; tolerated: number; old: number; new: number },
): Promise<boolean> {
  const world = await prepared.copy();
  const before = readFiles(world.root);
  const { fs, wasHit, hitName } = withFault(withoutSync(localFs), fault);
  const isJson = (fault.index >> 1) % 2 === 1;
  const result = await prepared.run(world, fs, isJson ? ["--json"] : []);
  const context = `${prepared.verb.name}: ${JSON.stringify({ fault, result })}`;
  try {
    assertExplained(result, isJson);
    if (!wasHit()) return false;
    // What is being removed has a temporary name until the next removal.
    const isTidy = prepared.verb.removes === undefined && !TIDYING.has(hitName() ?? "");
    if (fault.duration === "once" && isTidy) {
      assertEquals(listTemporaries(readFiles(world.root)), [], "left behind by a run that went on");
    }
    const state = await judgeAfter(prepared, world, before);
    tally[state]++;
    const expected = prepared.verb.exitCode ?? 0;
    if (result.code === expected) {
      tally.tolerated++;
      if (prepared.changesStore) assertEquals(state, "new", "failed in silence");
    } else {
      tally.failed++;
      assert((result.code & ~12) === 0, `exit code ${result.code}`);
    }
    if (fault.duration === "once") await assertRepeatable(prepared, world, state);
    return true;
  } catch (error) {
    throw new Error(context, { cause: error });
  } finally {
    world.remove();
  }
}

async function judgeAfter(
  prepared: PreparedVerb,
  world: World,
  before: Files,
): Promise<"old" | "new"> {
  await prepared.recover(world, withoutSync(localFs));
  const recovered = readFiles(world.root);
  const state = prepared.judge(before, recovered);
  await prepared.recover(world, withoutSync(localFs));
  assertEquals(readFiles(world.root), recovered, "a second recovery changes something");
  return state;
}

/** Holds that the verb does its work the next time, and takes away what the first had left. */
async function assertRepeatable(
  prepared: PreparedVerb,
  world: World,
  state: "old" | "new",
): Promise<void> {
  if (state === "new" && prepared.changesStore) return;
  const before = readFiles(world.root);
  if (before.keys().some((path) => path.startsWith("restored/"))) return;
  const result = await prepared.run(world, withoutSync(localFs));
  const isRefused = prepared.verb.refusesSecond === true && result.code === EXIT.USAGE;
  if (!isRefused) {
    assertEquals(
      result.code,
      prepared.verb.exitCode ?? 0,
      `the next time: ${JSON.stringify(result)}`,
    );
  }
  const after = readFiles(world.root);
  if (prepared.changesStore) {
    assertEquals(prepared.judge(before, after), "new");
  }
  if (listTemporaries(after).length === 0) return;
  // What a run has left where backups are kept is for the next backup to take away.
  await prepared.runOther(world, ["backup", world.store, "--keep-last", "9"]);
  assertEquals(listTemporaries(readFiles(world.root)), [], "left behind after the next time");
}

function listTemporaries(files: Files): string[] {
  return [...files.keys()].filter((path) => path.split("/").some(isTemporaryName));
}

/** Holds that what is said can be understood: no trace, no bug, and JSON where that is asked for. */
function assertExplained({ code, stdout, stderr }: VerbResult, isJson: boolean): void {
  const said = stdout + stderr;
  assert(!/^\s+at .+:\d+/m.test(said), "a trace");
  assert(!said.includes("vecfsck has a bug"), "a bug");
  if (code >= 8) assert(stderr.includes("vecfsck: "), "no message");
  if (!isJson) return;
  for (const line of stdout.split("\n").slice(0, -1)) {
    const value = JSON.parse(line);
    assert(typeof value.type === "string" && typeof value.schema === "number", line);
  }
}
