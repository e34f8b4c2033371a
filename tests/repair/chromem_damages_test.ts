/**
 * Every damage to golden databases of chromem-go, repaired: no damage is left, every document that
 * was not hit is there bit for bit, a second repair changes nothing, and `undo` gives the old files.
 *
 * Where there is a chromem-go (tests/support/chromem_judge.ts) it opens every one of them. With
 * `VECFSCK_TEST_EVERYTHING=1` every damage is done to each collection, three times.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { chromemDamages } from "../../lib/drill/damages/chromem/library.ts";
import type { Damage } from "../../lib/drill/damages/damage.ts";
import { SeededRandom } from "../../lib/base/seeded_random.ts";
import { repairStore } from "../../lib/repair/repair_store.ts";
import { compareContents } from "../support/chromem_contents.ts";
import { findChromemJudge, queryChromem, writeChromem } from "../support/chromem_judge.ts";
import {
  CHROMEM_STORES,
  chromemFacts,
  type ChromemStore,
  chromemStore,
} from "../support/chromem_stores.ts";
import { checkWhole } from "../support/findings.ts";
import { snapshotTree } from "../support/snapshot.ts";
import {
  type ChromemCase,
  damagedChromem,
  holdContents,
  readBoth,
  repairChromem,
  undoChromem,
} from "./chromem_cases.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const SEED = Number(Deno.env.get("VECFSCK_TEST_SEED") ?? 20_261_121);

/** The folders of `knowledge-base`, `sessions`, `日本語 notes` and `contextd_memories`. */
const FOLDERS = ["e6684f6c", "1225ae6c", "2f8ca0d3", "e9f85bf6"];

/** How often several damages come together in one database. */
const COMBINATIONS = EVERYTHING ? 200 : 8;

for (const [index, damage] of chromemDamages.damages.entries()) {
  Deno.test(`repairStore() cures ${damage.name} of a database of chromem-go`, async () => {
    for (const chosen of listCases(damage, index)) await judge(chosen);
  });
}

Deno.test("repairStore() cures several damages of a database of chromem-go at once", async () => {
  for (let round = 0; round < COMBINATIONS; round++) {
    const random = new SeededRandom(SEED + round, "combinations");
    const count = 2 + random.below(2);
    await judge({
      kind: random.pick(CHROMEM_STORES),
      damages: random.distinct(count, chromemDamages.damages.length).flatMap((index) =>
        chromemDamages.damages[index] ?? []
      ),
      collection: random.pick(FOLDERS),
      seed: SEED + round,
    });
  }
});

for (const kind of CHROMEM_STORES) {
  Deno.test(`repairStore() changes nothing in the healthy database ${kind}`, async () => {
    const store = await chromemStore(kind);
    const before = await snapshotTree(store);
    assertEquals((await repairStore(store, { jobs: 1 })).state, "nothing-to-do");
    assertEquals(await snapshotTree(store), before);
    const { collections } = await chromemFacts();
    assertEquals(compareContents(collections, await readBoth(store, kind) ?? []), []);
  });

  Deno.test({
    name: `chromem-go goes on with the repaired database ${kind}`,
    ignore: findChromemJudge() === null,
    async fn() {
      for (
        const name of ["metadata_all_missing", "documents_cut", "extension_wrong", "folder_copied"]
      ) {
        await writeOn(kind, name);
      }
    },
  });
}

/** One collection after the other, and both kinds; all of them where everything is asked for. */
function listCases(damage: Damage, index: number): ChromemCase[] {
  const isOfGzip = damage.name.startsWith("gzip_");
  const kinds: readonly ChromemStore[] = isOfGzip ? ["gzip"] : CHROMEM_STORES;
  if (EVERYTHING) {
    return kinds.flatMap((kind) =>
      FOLDERS.flatMap((collection) =>
        [1, 2, 3].map((seed) => ({ kind, damages: [damage], collection, seed: SEED + seed }))
      )
    );
  }
  const kind = kinds[index % kinds.length] ?? "plain";
  return [{ kind, damages: [damage], collection: FOLDERS[index % 4] ?? "", seed: SEED }];
}

async function judge(chosen: ChromemCase): Promise<void> {
  const damaged = await damagedChromem(chosen);
  if (damaged === null) return;
  try {
    const outcome = await repairChromem(damaged.store);
    await holdContents(damaged, outcome);
    if (outcome.state === "repaired") await undoChromem(damaged);
  } catch (error) {
    const names = chosen.damages.map(({ name }) => name).join(", ");
    const place = `${names} of ${chosen.collection} in ${chosen.kind}, seed ${chosen.seed}`;
    throw new Error(place, { cause: error });
  }
  await Deno.remove(join(damaged.store, ".."), { recursive: true });
}

/** Repairs a database and has the engine write to it: it works, and nothing is wrong afterwards. */
async function writeOn(kind: ChromemStore, name: string): Promise<void> {
  const damages = chromemDamages.damages.filter((damage) => damage.name === name);
  const damaged = await damagedChromem({ kind, damages, collection: "1225ae6c", seed: SEED });
  if (damaged === null) throw new Error(`${name} is not applicable`);
  await repairChromem(damaged.store);
  for (
    const [collection, { asked, found, errors }] of Object.entries(
      await queryChromem(damaged.store, kind),
    )
  ) {
    assertEquals({ found, errors }, { found: asked, errors: [] }, `${name}: ${collection}`);
  }
  const written = await writeChromem(damaged.store, kind);
  assertEquals(compareContents(written, await readBoth(damaged.store, kind) ?? []), []);
  const { findings } = await checkWhole(damaged.store);
  assertEquals(findings.filter(({ severity }) => severity !== "info"), [], name);
}
