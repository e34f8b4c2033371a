/**
 * The judges of the index builder: our own check, and real engines where they are installed, on
 * golden stores whose every index was built anew.
 */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import { buildIndex } from "../../../lib/hnsw/build/builder.ts";
import type { Space } from "../../../lib/hnsw/build/settings.ts";
import { writeIndex } from "../../../lib/hnsw/build/write_index.ts";
import { checkWhole } from "../../support/findings.ts";
import {
  GOLDEN_STORES,
  type GoldenFacts,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
} from "../../support/fixtures.ts";
import { findEngine, isSound, judgeStore } from "../../support/judge.ts";
import { IndexFiles } from "./built_files.ts";

const SPACES: Readonly<Record<string, Space>> = { cosine: "cosine", dot: "ip" };

/** Builds the index of a segment anew from its own vectors, without those that are deleted. */
async function rebuild(segment: string, space: Space): Promise<number> {
  const directory = await scratchDirectory();
  using files = new IndexFiles(segment);
  const kept = Array.from({ length: files.count }, (_, slot) => slot)
    .filter((slot) => !files.isDeleted(slot));
  const { dimension, maxLinks } = files.geometry;
  const index = await buildIndex({
    settings: { dimension, space, maxLinks, efConstruction: Number(files.header.efConstruction) },
    count: kept.length,
    readVectors(first, count, vectors, lengths): void {
      for (let place = 0; place < count; place++) {
        const slot = kept[first + place] ?? 0;
        vectors.set(files.vectorOf(slot), place * dimension);
        lengths[place] = files.lengths[slot] ?? NaN;
      }
    },
  });
  const era = files.header.capacity === 1000n ? "python" : "rust";
  const labels = kept.map((slot) => Number(files.labelOf(slot)));
  await writeIndex(index, directory, { era, labelOf: (slot) => labels[slot] ?? 0 });
  for await (const { name } of Deno.readDir(directory)) {
    await Deno.rename(join(directory, name), join(segment, name));
  }
  return kept.length;
}

async function rebuildStore(name: GoldenStore, facts: GoldenFacts): Promise<string> {
  const store = await goldenStore(name);
  let records = 0;
  for (const [collection, { id }] of Object.entries(facts.collections)) {
    const segment = facts.segments.find((row) => row.collection === id && row.scope === "VECTOR");
    if (segment === undefined) continue;
    try {
      await Deno.stat(join(store, segment.id, "index_metadata.pickle"));
    } catch {
      continue;
    }
    records += await rebuild(join(store, segment.id), SPACES[collection] ?? "l2");
  }
  assert(records > 500, `only ${records} records were built anew`);
  return store;
}

for (const name of GOLDEN_STORES) {
  Deno.test(`a check finds nothing worse than info in ${name} with indexes built anew`, async () => {
    const store = await rebuildStore(name, await goldenFacts(name));
    const { findings } = await checkWhole(store);
    assertEquals(findings.filter(({ severity }) => severity !== "info"), []);
  });
}

for (const version of ["1.5.9", "0.5.23"] as const) {
  Deno.test({
    name: `Chroma ${version} answers from indexes that were built anew`,
    ignore: findEngine(version) === null,
    async fn() {
      const facts = await goldenFacts(`chroma-${version}`);
      const store = await rebuildStore(`chroma-${version}`, facts);
      const expected = join(dirname(store), "expected.json");
      await Deno.writeTextFile(expected, JSON.stringify(facts));
      const verdict = await judgeStore(store, expected, version);
      assert(isSound(verdict), JSON.stringify(verdict));
    },
  });
}
