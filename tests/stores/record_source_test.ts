import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Turns } from "../../lib/base/turns.ts";
import type { CollectionFacts } from "../../lib/model/record_stream.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { openRecordSource } from "../../lib/stores/record_source.ts";
import { requireStore } from "../../lib/stores/registry.ts";
import { goldenStore } from "../support/fixtures.ts";

/** A record as a stream has it, in one text. */
type Records = Map<string, string>;

async function readAll(path: string): Promise<{ records: Records; facts: CollectionFacts[] }> {
  const turns = new Turns(undefined);
  using source = await openRecordSource(requireStore(path), { key: null }, turns);
  const records: Records = new Map();
  let name: string | null = null;
  for await (const item of source.read(new Set(source.collections), turns)) {
    if (item.kind === "collection") {
      name = item.collection.name;
      continue;
    }
    const { count, ids, documents, metadataJsons, dimension, vectors, hasVector } = item.batch;
    for (let row = 0; row < count; row++) {
      const vector = vectors.subarray(row * dimension, (row + 1) * dimension);
      records.set(
        `${name} ${ids[row]}`,
        JSON.stringify([documents[row], metadataJsons[row], hasVector[row], [...vector]]),
      );
    }
  }
  return { records, facts: [...source.collections] };
}

function change(store: string, sql: string): void {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  database.execute(sql);
}

Deno.test("openRecordSource() reads the same when numbers of records are spread widely", async () => {
  const dense = await goldenStore("chroma-1.5.9");
  const spread = await goldenStore("chroma-1.5.9");
  change(
    spread,
    "UPDATE embeddings SET id = -1000 * id; UPDATE embedding_metadata SET id = -1000 * id",
  );
  const { records } = await readAll(dense);
  assertEquals(records.size, 634);
  assertEquals(await readAll(spread), await readAll(dense));
});

Deno.test("openRecordSource() counts the records that it reads", async () => {
  for (const name of ["chroma-0.4.24", "chroma-0.5.23-then-1.5.9"] as const) {
    const { records, facts } = await readAll(await goldenStore(name));
    assertEquals(facts.reduce((sum, one) => sum + one.records, 0), records.size);
    assert([...records.values()].every((record) => JSON.parse(record)[2] === 1));
  }
});

Deno.test("openRecordSource() leaves out vectors when what the index says cannot be", async () => {
  const store = await goldenStore("chroma-1.5.9");
  change(store, "UPDATE collections SET dimension = 2000000000 WHERE name = 'notes'");
  const { records } = await readAll(store);
  const notes = [...records].filter(([key]) => key.startsWith("notes ")).map(([, text]) => text);
  assertEquals(notes.length, 382);
  assertEquals(notes.every((record) => JSON.parse(record)[3].length === 0), true);
});

Deno.test("openRecordSource() tells to whom collections belong, and their metadata", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const { facts } = await readAll(store);
  const notes = facts.find(({ name }) => name === "notes");
  assertEquals(
    [notes?.tenant, notes?.database, notes?.dimension, notes?.space],
    ["default_tenant", "default_database", 32, "l2"],
  );
  assertEquals(JSON.parse(notes?.metadataJson ?? "")["hnsw:batch_size"], 10);
});
