import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { inferEngine } from "../../../../../lib/stores/chroma/catalogue/migrations.ts";
import { readLayout } from "../../../../../lib/stores/chroma/layout.ts";
import { openCatalogue } from "../../../../../lib/stores/chroma/opened_catalogue.ts";
import {
  isProven,
  PROVEN_ENGINES,
} from "../../../../../lib/stores/chroma/repair/index/proven_engines.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import {
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../../../support/fixtures.ts";
import { findEngine, judgeStore } from "../../../../support/judge.ts";
import { findAll } from "../repair_request.ts";
import { keepWorking } from "./keep_working.ts";
import { ENGINES, rebuildCollection } from "./segment_cases.ts";

/** Which engine is tried on which store; a damage has all of the graph made anew. */
const TRIALS: readonly (readonly [version: string, store: GoldenStore, damage: string | null])[] = [
  ["0.4.24", "chroma-0.4.24", "segment_missing"],
  ["0.5.23", "chroma-0.5.23", "neighbours_all_zero"],
  ["0.6.3", "chroma-0.5.23", null],
  ["1.0.21", "chroma-1.0.21-configuration", "neighbours_all_zero"],
  ["1.5.9", "chroma-1.5.9", "neighbours_all_zero"],
  ["1.5.9", "chroma-1.5.9-configuration", null],
  ["1.5.9", "chroma-0.5.23-then-1.5.9", "header_zeros"],
];

for (const [version, name, damage] of TRIALS) {
  Deno.test({
    name: `${version} goes on with indexes that were built for ${name}`,
    ignore: findEngine(version) === null,
    async fn() {
      const store = await goldenStore(name);
      // One that was never flushed has no watermark, and nothing to be damaged.
      const collections = ["notes", "cosine", "dot", ...(damage === null ? ["unflushed"] : [])];
      for (const collection of collections) {
        if (damage !== null) applyDamage(damage, { store, collection }, 1);
        const { verification } = await rebuildCollection(store, collection);
        assertEquals(verification.problems, []);
      }
      const facts = join(await scratchDirectory(), "expected.json");
      await Deno.writeTextFile(facts, JSON.stringify(await goldenFacts(name)));
      const verdict = await judgeStore(store, facts, version);
      // 0.6.3 finds 33 of 40 neighbours in the index that 0.5.23 made, too.
      const isSound = Object.values(verdict).every((answer) => answer === "ok");
      if (!isSound) {
        assertEquals(verdict, await judgeStore(await goldenStore(name), facts, version));
      }
      await keepWorking(version, store);
      const bad = (await findAll(store)).filter(({ severity }) => severity !== "info");
      // The engine's own index of inner products leaves some of these vectors out of reach.
      const others = bad.filter(({ name, collection }) =>
        name !== "graph-unreachable" || collection !== "dot"
      );
      assertEquals(others.map(({ message }) => message), []);
    },
  });
}

Deno.test("isProven() names the engines of which a version was tried, and no others", async () => {
  const tried = new Set(TRIALS.map(([version]) => version));
  assertEquals(new Set(Object.values(PROVEN_ENGINES).flat()), tried);
  for (const [version, name] of TRIALS) {
    const opened = openCatalogue(readLayout(await goldenStore(name)));
    assert(opened !== null && opened.catalogue !== null);
    using _reading = opened.reading;
    const engine = inferEngine(opened.catalogue);
    assert(isProven(engine), engine.name);
    assert(PROVEN_ENGINES[engine.name]?.includes(version), `${engine.name}: ${version}`);
    assert(!isProven({ ...engine, newerThanKnown: true }));
  }
  for (const name of ["chroma 1.3 to 1.4", "chroma 0.5.0", "chroma, newer than 1.5", "toString"]) {
    assert(!isProven({ ...ENGINES["1.5.9"], name }));
  }
});
