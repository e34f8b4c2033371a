/**
 * Databases that were made to harm: whatever their schema and their pages say, a rebuild runs nothing
 * of it, ends, and gives a database that SQLite finds whole.
 */
import { assertEquals, assertGreater } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../../lib/base/errors.ts";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { rebuildDatabase } from "../../../../../lib/stores/chroma/rebuild/rebuild_database.ts";
import { FuzzRandom, MUTATIONS } from "../../../../fuzz/mutate.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../../../../support/fixtures.ts";
import { damageOf, repairCopy } from "../repaired_copy.ts";

const PAGE_BYTES = 4096;
const SEED = 5;
const MUTATED = 24;

function checkIntegrity(path: string): unknown {
  using database = StoreDatabase.open(path);
  return database.row("PRAGMA integrity_check")?.[0];
}

Deno.test("a rebuild takes no trigger, no view and no generated column along", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "CREATE TRIGGER hostile AFTER DELETE ON tenants BEGIN DELETE FROM embeddings; END",
    "CREATE VIEW tempting AS SELECT * FROM embeddings",
    "ALTER TABLE embedding_metadata ADD COLUMN large AS (hex(zeroblob(1000000)))",
    "DROP TABLE maintenance_log",
  );
  const { after } = await repairCopy(store.path);
  assertEquals(damageOf(after), []);
  assertEquals(store.value("SELECT count(*) FROM embeddings"), 634);
  assertEquals(store.value("SELECT count(*) FROM embedding_metadata"), 3170);
  assertEquals(
    store.value("SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')"),
    0,
  );
});

Deno.test("a rebuild ends though pages lead to each other in a circle", async () => {
  const source = join(await goldenStore("chroma-1.5.9"), "chroma.sqlite3");
  const bytes = Deno.readFileSync(source);
  for (let start = PAGE_BYTES; start < bytes.length; start += PAGE_BYTES) {
    // Every page that leads to others leads to the first of them for ever.
    if (bytes[start] === 5 || bytes[start] === 2) {
      new DataView(bytes.buffer).setUint32(start + 8, start / PAGE_BYTES + 1);
    }
  }
  Deno.writeFileSync(source, bytes);
  const target = join(await scratchDirectory(), "rebuilt.sqlite3");
  rebuildDatabase(source, target);
  assertEquals(checkIntegrity(target), "ok");
});

Deno.test("a rebuild reads no more than the file has when rows share their overflow pages", async () => {
  const source = join(await scratchDirectory(), "shared.sqlite3");
  {
    using database = StoreDatabase.open(source, { writable: true });
    database.execute(`CREATE TABLE embeddings_queue (a);
      INSERT INTO embeddings_queue VALUES (zeroblob(4000000));
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
      INSERT INTO embeddings_queue SELECT zeroblob(5000) FROM n`);
  }
  const bytes = Deno.readFileSync(source);
  const view = new DataView(bytes.buffer);
  let changed = 0;
  for (let start = PAGE_BYTES; start < bytes.length; start += PAGE_BYTES) {
    if (bytes[start] !== 13) continue;
    for (let cell = 0; cell < view.getUint16(start + 3); cell++) {
      const offset = start + view.getUint16(start + 8 + 2 * cell);
      // The length of the payload: two bytes before, and now four million.
      if ((bytes[offset] ?? 0) < 0x80) continue;
      bytes.set([0x81, 0xf4, 0x92, 0x07], offset);
      changed++;
    }
  }
  assertGreater(changed, 300);
  Deno.writeFileSync(source, bytes);
  const target = join(await scratchDirectory(), "rebuilt.sqlite3");
  rebuildDatabase(source, target);
  assertEquals(checkIntegrity(target), "ok");
});

Deno.test(`rebuildDatabase() gives a whole database whatever the bytes are, from seed ${SEED} on`, async () => {
  const directory = await scratchDirectory();
  const failures: string[] = [];
  for (let event = 0; event < MUTATED; event++) {
    const random = new FuzzRandom(SEED + event);
    const golden = GOLDEN_STORES[event % GOLDEN_STORES.length] ?? GOLDEN_STORES[0];
    const source = join(await goldenStore(golden), "chroma.sqlite3");
    const names = Array.from({ length: 3 }, () => random.pick(Object.keys(MUTATIONS)));
    const bytes = names.reduce<Uint8Array>(
      (before, name) => before.length === 0 ? before : MUTATIONS[name]?.(before, random) ?? before,
      Deno.readFileSync(source),
    );
    Deno.writeFileSync(source, bytes);
    const target = join(directory, `${event}.sqlite3`);
    try {
      rebuildDatabase(source, target);
      const said = checkIntegrity(target);
      if (said !== "ok") failures.push(`${SEED + event} ${names}: ${said}`);
    } catch (error) {
      if (!(error instanceof OperationError)) failures.push(`${SEED + event} ${names}: ${error}`);
    }
  }
  assertEquals(failures, []);
});
