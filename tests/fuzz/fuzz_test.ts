import { assertEquals } from "@std/assert";
import { CHROMEM, fuzz } from "./fuzz.ts";

const SEED = Number(Deno.env.get("VECFSCK_FUZZ_SEED") ?? 20_261_121);

Deno.test(`fuzz() finds no trace, no hang and no flood of memory from seed ${SEED} on`, async () => {
  const report = await fuzz(SEED, 150);
  assertEquals(report.failures, []);
  assertEquals(report.damaged > 75, true, `only ${report.damaged} of 150 were noticed`);
});

Deno.test(`fuzz() finds no trace in databases of chromem-go from seed ${SEED} on`, async () => {
  const report = await fuzz(SEED, 100, undefined, CHROMEM);
  assertEquals(report.failures, []);
  assertEquals(report.damaged > 50, true, `only ${report.damaged} of 100 were noticed`);
});

Deno.test("fuzz() reports a failure when what it runs throws", async () => {
  // deno-lint-ignore require-yield
  const report = await fuzz(1, 1, async function* () {
    await Promise.resolve();
    throw new TypeError("canary");
  });
  assertEquals(report.failures.length, 1);
  assertEquals(report.failures[0]?.includes("canary"), true);
});
