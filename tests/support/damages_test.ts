/**
 * The damages break what they say, the same way each time, and engines did what the table holds.
 */
import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { join, relative } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { readIdMap } from "../../lib/stores/chroma/segment/id_map.ts";
import {
  applyDamage,
  type Damage,
  DamageNotApplicable,
  DAMAGES,
  findDamage,
  MARKER_NAME,
} from "./damages/mod.ts";
import {
  type DamageOutcomes,
  MEASURED_ENGINES,
  OUTCOME_SEED,
  OUTCOMES,
} from "./damages/outcomes.ts";
import { goldenFacts, type GoldenStore, goldenStore, scratchDirectory } from "./fixtures.ts";
import { findEngine, isSound, judgeStore } from "./judge.ts";
import { MemoryBytes } from "./tiny_index.ts";

const SEED = OUTCOME_SEED;
const CATALOGUE = "chroma.sqlite3";

/** Which stores the damages are done to, and which of them have nothing to break there. */
const PLACES: readonly { name: GoldenStore; collection: string; notApplicable: string[] }[] = [
  { name: "chroma-1.5.9", collection: "notes", notApplicable: ["config_without_type"] },
  { name: "chroma-0.5.23", collection: "cosine", notApplicable: ["max_seq_blob"] },
  { name: "chroma-0.5.23-then-1.5.9", collection: "notes", notApplicable: [] },
  {
    name: "chroma-0.4.24",
    collection: "notes",
    notApplicable: ["config_without_type", "config_not_json", "max_seq_poisoned", "max_seq_blob"],
  },
];

/** The files of a store with a digest of each. */
async function takeSnapshot(store: string, directory = store): Promise<Map<string, string>> {
  const snapshot = new Map<string, string>();
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) {
      for (const [name, digest] of await takeSnapshot(store, path)) snapshot.set(name, digest);
    } else {
      const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
      snapshot.set(relative(store, path), new Uint8Array(digest).toHex());
    }
  }
  return snapshot;
}

function listChanges(before: Map<string, string>, after: Map<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name));
}

/** Does a damage to a fresh copy; null where it is not applicable. */
async function damageCopy(
  { name, collection }: { name: GoldenStore; collection: string },
  damage: Damage,
  seed: number,
): Promise<string | null> {
  const store = await goldenStore(name);
  try {
    applyDamage(damage.name, { store, collection }, seed);
    return store;
  } catch (error) {
    if (!(error instanceof DamageNotApplicable)) throw error;
    return null;
  }
}

/** Does a damage to a fresh copy of which it is known to be applicable. */
async function damagedStore(name: GoldenStore, damage: string): Promise<string> {
  const store = await goldenStore(name);
  applyDamage(damage, { store, collection: "notes" }, SEED);
  return store;
}

async function vectorSegmentOf(name: GoldenStore, collection: string): Promise<string> {
  const { collections, segments } = await goldenFacts(name);
  const segment = segments.find(({ scope, collection: owner }) =>
    scope === "VECTOR" && owner === collections[collection]?.id
  );
  return segment?.id ?? "";
}

/** Whether a damage that says it hits one file may have changed this one. */
function mayTouch({ file }: Damage, segment: string, path: string, isNew: boolean): boolean {
  switch (file) {
    case "header":
    case "data_level0":
    case "length":
    case "link_lists":
      return path === join(segment, `${file}.bin`);
    case "index_metadata":
      return path === join(segment, "index_metadata.pickle");
    case "segment":
      return path.startsWith(segment) || (isNew && !path.startsWith(CATALOGUE));
    case "sqlite":
      return path === CATALOGUE || path === `${CATALOGUE}-wal`;
  }
}

function readColumn(store: string, sql: string): unknown[] {
  using database = StoreDatabase.open(join(store, CATALOGUE));
  return database.bigintRows(sql).map(([value]) => value);
}

Deno.test("DAMAGES has no name twice and describes every damage", () => {
  assertEquals(new Set(DAMAGES.map(({ name }) => name)).size, DAMAGES.length);
  for (const { name, description } of DAMAGES) {
    assert(/^[a-z0-9_]+(_M)?$/.test(name), name);
    assert(/^[A-Za-z0-9].*\.$/.test(description), description);
  }
});

Deno.test("findDamage() finds every damage and throws when there is none", () => {
  for (const damage of DAMAGES) assertEquals(findDamage(damage.name), damage);
  assertThrows(() => findDamage("header_polished"), RangeError, "header_polished");
});

for (const place of PLACES) {
  Deno.test(`damages to ${place.name} are the same twice and hit only what they say`, async () => {
    const segment = await vectorSegmentOf(place.name, place.collection);
    const before = await takeSnapshot(await goldenStore(place.name));
    const notApplicable: string[] = [];
    for (const damage of DAMAGES) {
      const store = await damageCopy(place, damage, SEED);
      const again = await damageCopy(place, damage, SEED);
      if (store === null || again === null) {
        notApplicable.push(damage.name);
        continue;
      }
      const after = await takeSnapshot(store);
      const changes = listChanges(before, after);
      const strays = changes.filter((path) => !mayTouch(damage, segment, path, !before.has(path)));
      assertNotEquals(changes, [], damage.name);
      assertEquals(strays, [], damage.name);
      assertEquals(listChanges(after, await takeSnapshot(again)), [], damage.name);
      for (const copy of [store, again]) await Deno.remove(copy, { recursive: true });
    }
    assertEquals(notApplicable.sort(), place.notApplicable.sort());
  });
}

Deno.test("applyDamage() gives other bytes for another seed", async () => {
  const place = { name: "chroma-1.5.9", collection: "notes" } as const;
  for (const name of ["header_random", "bit_flips_4", "sqlite_pages_random"]) {
    const one = await damageCopy(place, findDamage(name), 1);
    const other = await damageCopy(place, findDamage(name), 2);
    assert(one !== null && other !== null);
    assertNotEquals(listChanges(await takeSnapshot(one), await takeSnapshot(other)), [], name);
  }
});

Deno.test("applyDamage() changes nothing when the collection has no such index", async () => {
  for (const collection of ["empty", "unflushed", "no such collection"]) {
    const store = await goldenStore("chroma-1.5.9");
    const before = await takeSnapshot(store);
    for (const name of ["vectors_nan", "links_size_huge", "pickle_labels_lost"]) {
      assertThrows(() => applyDamage(name, { store, collection }, SEED), DamageNotApplicable);
    }
    assertEquals(listChanges(before, await takeSnapshot(store)), []);
  }
});

Deno.test("applyDamage() makes no database when there is none", async () => {
  const store = await scratchDirectory();
  for (const damage of DAMAGES.filter(({ name }) => !/^(sqlite_|hot_wal)/.test(name))) {
    assertThrows(
      () => damage.apply({ store, collection: "notes", fs: localFs, random: never() }),
      DamageNotApplicable,
    );
  }
  assertEquals([...Deno.readDirSync(store)], []);
});

Deno.test("pickle_labels_lost leaves a pickle that decodes and lacks only labels", async () => {
  for (const name of ["chroma-1.5.9", "chroma-0.5.23"] as const) {
    const path = join(await vectorSegmentOf(name, "notes"), "index_metadata.pickle");
    const whole = await Deno.readFile(join(await goldenStore(name), path));
    const cut = await Deno.readFile(join(await damagedStore(name, "pickle_labels_lost"), path));
    const [before, after] = [whole, cut].map((bytes) => readIdMap(new MemoryBytes(bytes)));
    assertEquals(after?.fault, null);
    assertEquals(after?.trailingBytes, 0);
    assertEquals(after?.entries, before?.entries);
    assertEquals(before?.directionsAgree, true);
    assertEquals(after?.directionsAgree, false);
  }
});

Deno.test("pickle_code_execution is refused by the decoder and names its marker", async () => {
  const store = await damagedStore("chroma-1.5.9", "pickle_code_execution");
  const segment = await vectorSegmentOf("chroma-1.5.9", "notes");
  const bytes = await Deno.readFile(join(store, segment, "index_metadata.pickle"));
  assertEquals(readIdMap(new MemoryBytes(bytes)).fault?.kind, "foreign-object");
  assert(new TextDecoder().decode(bytes).includes(`touch ${MARKER_NAME}`));
});

Deno.test("max_seq_poisoned pads the digits of the watermark with 0x11", async () => {
  const segment = await vectorSegmentOf("chroma-1.5.9", "notes");
  const sql = `SELECT seq_id FROM max_seq_id WHERE segment_id = '${segment}'`;
  assertEquals(readColumn(await goldenStore("chroma-1.5.9"), sql), [670n]);
  const poisoned = await damagedStore("chroma-1.5.9", "max_seq_poisoned");
  assertEquals(readColumn(poisoned, sql), [0x1111_1111_1136_3730n]);
});

Deno.test("collection_name_null leaves the declaration of the table as it was", async () => {
  const declaration = "SELECT sql FROM sqlite_schema WHERE name = 'collections'";
  const store = await damagedStore("chroma-1.5.9", "collection_name_null");
  const healthy = await goldenStore("chroma-1.5.9");
  assertEquals(readColumn(store, declaration), readColumn(healthy, declaration));
  assertEquals(readColumn(store, "SELECT name FROM collections ORDER BY rowid LIMIT 1"), [null]);
});

Deno.test("outcomes.json tells of every damage what both engines did", () => {
  assertEquals(Object.keys(OUTCOMES).sort(), DAMAGES.map(({ name }) => name).sort());
  for (const damage of DAMAGES) {
    const outcomes = OUTCOMES[damage.name];
    assertEquals(outcomes?.cosine === undefined, damage.file === "sqlite", damage.name);
    for (const { applies, breaks, kills, says } of listOutcomes(outcomes)) {
      assert(applies || !breaks, damage.name);
      assert(breaks || !kills, damage.name);
      if (applies) assertEquals(breaks, says !== "no wrong answer", damage.name);
    }
  }
});

for (const engine of MEASURED_ENGINES) {
  Deno.test({
    name: `judgeStore() has Chroma ${engine} say what outcomes.json holds`,
    ignore: findEngine(engine) === null,
    async fn() {
      const golden: GoldenStore = `chroma-${engine}`;
      const expected = join(await scratchDirectory(), "expected.json");
      await Deno.writeTextFile(expected, JSON.stringify(await goldenFacts(golden)));
      const sound = await judgeStore(await goldenStore(golden), expected, engine);
      assertEquals(sound, { notes: "ok", cosine: "ok", dot: "ok", unflushed: "ok" });
      for (const name of ["header_version", "metadata_rows_lost", "tenant_lost"]) {
        const store = await goldenStore(golden);
        const before = await takeSnapshot(store);
        applyDamage(name, { store, collection: "notes" }, OUTCOME_SEED);
        const damaged = await takeSnapshot(store);
        const verdict = await judgeStore(store, expected, engine);
        assertEquals(isSound(verdict), false, name);
        assertEquals(listChanges(damaged, await takeSnapshot(store)), [], name);
        assertNotEquals(listChanges(before, damaged), [], name);
        const says = Object.values(verdict).find((answer) => answer !== "ok") ?? "";
        assert(OUTCOMES[name]?.[engine].says.includes(says), name);
      }
    },
  });
}

function listOutcomes(outcomes: DamageOutcomes | undefined) {
  if (outcomes === undefined) return [];
  return [outcomes, outcomes.cosine ?? outcomes].flatMap((table) =>
    MEASURED_ENGINES.map((engine) => table[engine])
  );
}

/** Stands where random numbers would, for damages that must not come so far. */
function never(): Parameters<Damage["apply"]>[0]["random"] {
  return new Proxy({} as Parameters<Damage["apply"]>[0]["random"], {
    get: () => {
      throw new Error("Random numbers were asked for");
    },
  });
}
