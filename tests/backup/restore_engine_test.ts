/**
 * Restored stores in the hands of a real Chroma, which is asked everything that is known of them.
 * Where there is no engine, these tests are left out.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { applyDamage } from "../support/damages/mod.ts";
import { copyTree, goldenFacts, type GoldenStore, goldenStore } from "../support/fixtures.ts";
import { findEngine, isSound, judgeStore } from "../support/judge.ts";
import { runCli } from "../support/run_cli.ts";
import { Tmpfs } from "../support/tmpfs.ts";

const SEED = 1;

const CASES: readonly (readonly [GoldenStore, string])[] = [
  ["chroma-1.5.9", "1.5.9"],
  ["chroma-0.5.23", "0.5.23"],
  ["chroma-0.5.23-then-1.5.9", "1.5.9"],
];

/** Damages a store that has a backup, restores it with the real program, and asks the engine. */
async function assertAnswers(
  { golden, version, store }: { golden: GoldenStore; version: string; store: string },
): Promise<void> {
  const expected = join(dirname(store), "expected.json");
  await Deno.writeTextFile(expected, JSON.stringify(await goldenFacts(golden)));
  const to = ["--to", join(dirname(store), "backups")];
  const made = await runCli(["backup", store, ...to]);
  assertEquals([made.code, made.stderr], [0, ""], made.stdout);
  applyDamage("neighbour_out_of_range", { store, collection: "notes" }, SEED);
  applyDamage("sqlite_missing", { store, collection: "notes" }, SEED);
  const broken = await judgeStore(store, expected, version);
  assert(!isSound(broken), "the store is not broken: this tests nothing");
  const restored = await runCli(["restore", "--yes", store, ...to]);
  assertEquals([restored.code, restored.stderr], [0, ""], restored.stdout);
  const verdict = await judgeStore(store, expected, version);
  assert(isSound(verdict), JSON.stringify(verdict));
}

for (const [golden, version] of CASES) {
  Deno.test({
    name: `restore gives ${golden} back so that Chroma ${version} answers as before`,
    ignore: findEngine(version) === null,
    async fn() {
      await assertAnswers({ golden, version, store: await goldenStore(golden) });
    },
  });

  Deno.test({
    name: `restore gives ${golden} back on a mount point so that Chroma ${version} answers`,
    ignore: findEngine(version) === null,
    async fn() {
      using mount = await Tmpfs.mount(64 << 20);
      if (mount === null) return;
      await copyTree(await goldenStore(golden), mount.path);
      await assertAnswers({ golden, version, store: mount.path });
      // What the work directory holds is nothing to the engine, and the way back.
      assertEquals(Array.from(Deno.readDirSync(join(mount.path, ".vecfsck"))).length, 1);
    },
  });
}
