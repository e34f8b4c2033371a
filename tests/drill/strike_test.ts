import { assert, assertEquals } from "@std/assert";
import { CHROMA_DAMAGES, chromaDamages } from "../../lib/drill/damages/chroma/library.ts";
import type { Damage } from "../../lib/drill/damages/damage.ts";
import { strike } from "../../lib/drill/strike.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";

function findDamage(name: string): Damage {
  const damage = CHROMA_DAMAGES.find((candidate) => candidate.name === name);
  if (damage === undefined) throw new Error(`No damage ${name}`);
  return damage;
}

function placeAt(store: string, seed: number) {
  return { store, library: chromaDamages, seed, fs: localFs };
}

Deno.test("strike() hits the same collection for the same seed, and others for others", async () => {
  const hit = new Set<string>();
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const results = [];
    for (let run = 0; run < 2; run++) {
      const place = placeAt(await goldenStore("chroma-1.5.9"), seed);
      results.push(strike(findDamage("vectors_nan"), place));
    }
    assertEquals(results[0], results[1]);
    const [done] = results;
    assert(done !== undefined && "changed" in done);
    assertEquals(done.changed.length, 1);
    hit.add(done.collection ?? "");
  }
  assert(hit.size > 1, `only ${[...hit]}`);
});

Deno.test("strike() passes over collections that have nothing to break", async () => {
  for (const name of ["links_size_huge", "data_level0_empty", "segment_missing"]) {
    const hit = new Set<string | null>();
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const store = await goldenStore("chroma-1.5.9");
      const done = strike(findDamage(name), placeAt(store, seed));
      assert("collection" in done);
      hit.add(done.collection);
    }
    assertEquals(hit.difference(new Set(["notes", "cosine", "dot"])), new Set(), name);
  }
});

Deno.test("strike() names no collection when a damage is to the store as a whole", async () => {
  const done = strike(findDamage("tenant_lost"), placeAt(await goldenStore("chroma-1.5.9"), 1));
  assertEquals(done, { collection: null, changed: ["chroma.sqlite3"] });
});

Deno.test("strike() says why a damage cannot be done, and changes nothing", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const done = strike(findDamage("max_seq_blob"), placeAt(store, 1));
  assert("reason" in done);
  assert(done.reason.length > 0);
  const library = { ...chromaDamages, listCollections: () => [] };
  assertEquals(
    strike(findDamage("header_half"), { ...placeAt(await scratchDirectory(), 1), library }),
    { reason: "The store has no collection" },
  );
});
