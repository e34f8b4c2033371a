import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { CLI_PERMISSIONS, runDeno } from "../support/run_cli.ts";
import { fuzz } from "./fuzz.ts";

const SEED = Number(Deno.env.get("VECFSCK_FUZZ_SEED") ?? 20_261_121);
const MAIN = fromFileUrl(new URL("./main.ts", import.meta.url));

/**
 * Runs the fuzzer in a process of its own, for it holds the memory of the whole process against a
 * limit, and other tests may run in this one at the same time.
 */
async function fuzzAlone(events: number, ...options: string[]): Promise<{ damaged: number }> {
  const { code, stdout, stderr } = await runDeno([
    "run",
    "--quiet",
    ...CLI_PERMISSIONS,
    MAIN,
    ...["--seed", String(SEED), "--events", String(events)],
    ...options,
  ]);
  assertEquals([code, stderr], [0, ""]);
  const damaged = stdout.matchAll(/(\d+) of the last damaged/g);
  return { damaged: damaged.reduce((sum, [, count]) => sum + Number(count), 0) };
}

Deno.test(`fuzz() finds no trace, no hang and no flood of memory from seed ${SEED} on`, async () => {
  const { damaged } = await fuzzAlone(150);
  assert(damaged > 75, `only ${damaged} of 150 were noticed`);
});

Deno.test(`fuzz() finds no trace in databases of chromem-go from seed ${SEED} on`, async () => {
  const { damaged } = await fuzzAlone(100, "--format", "chromem");
  assert(damaged > 50, `only ${damaged} of 100 were noticed`);
});

Deno.test("fuzz() reports a failure when what it runs throws", async () => {
  // deno-lint-ignore require-yield
  const { failures } = await fuzz(1, 1, async function* () {
    await Promise.resolve();
    throw new TypeError("canary");
  });
  assertEquals(failures.filter((failure) => failure.includes("canary")).length, 1);
});
