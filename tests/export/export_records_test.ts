import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { type ExportedRecord, exportRecords } from "../../lib/export/export_records.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenFacts, goldenStore } from "../support/fixtures.ts";
import { decodeFloats } from "./exported_files.ts";

async function collect(records: AsyncIterable<ExportedRecord>): Promise<ExportedRecord[]> {
  return await Array.fromAsync(records);
}

Deno.test("exportRecords() yields every record of a collection", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const facts = (await goldenFacts("chroma-0.5.23")).collections["notes"];
  const records = await collect(exportRecords(store, { collection: "notes" }));
  assertEquals(records.map(({ id }) => id).sort(), facts?.ids.toSorted());
  const [first] = records;
  assertEquals(new Set(records.map(({ collection }) => collection)).size, 1);
  assertEquals(
    [first?.collection.name, first?.collection.dimension, first?.collection.space],
    ["notes", 32, "l2"],
  );
  const index = facts?.ids.indexOf(first?.id ?? "") ?? -1;
  const vectors = decodeFloats(facts?.embeddings_f32_base64 ?? "");
  assertEquals(first?.embedding, vectors.slice(32 * index, 32 * (index + 1)));
  assertEquals(first?.metadata, facts?.metadatas?.[index]);
});

Deno.test("exportRecords() gives integers whole when a number cannot hold them", async () => {
  const store = await goldenStore("chroma-0.5.23");
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.rows(
      "UPDATE embedding_metadata SET int_value = ? WHERE key = 'page' AND int_value = 3",
      2n ** 60n + 1n,
    );
  }
  const records = await collect(exportRecords(store));
  const large = records.filter(({ metadata }) => typeof metadata?.["page"] === "bigint");
  assert(large.length > 0);
  assertEquals(large.every(({ metadata }) => metadata?.["page"] === 2n ** 60n + 1n), true);
  assertEquals(
    large.every(({ metadataJson }) => metadataJson?.includes("1152921504606846977")),
    true,
  );
  const whole = records.find(({ metadata }) => metadata?.["score"] === 0);
  assertEquals(whole?.metadataJson?.includes('"score":0.0'), true);
});

Deno.test("exportRecords() refuses a damaged store, and tells what is lost when it salvages", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("header_M", { store, collection: "notes" }, 1);
  const error = await assertRejects(() => collect(exportRecords(store)), OperationError);
  assert(error.message.includes("VF") && error.hint?.includes("salvage"));
  let told = 0;
  const records = await collect(exportRecords(store, {
    salvage: true,
    onLosses: ({ losses }) => told += 1 + losses.length,
  }));
  assertEquals([records.length, told], [634, 1]);
});

Deno.test("exportRecords() gives everything back when its reader ends early", async () => {
  const store = await goldenStore("chroma-1.5.9");
  for await (const { id } of exportRecords(store)) {
    assert(id !== null);
    break;
  }
  // What was open would keep Windows from removing it.
  await Deno.remove(store, { recursive: true });
});

Deno.test("exportRecords() fails when the store was written to meanwhile", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await assertRejects(
    async () => {
      for await (const { id } of exportRecords(store)) {
        if (id !== null) Deno.writeTextFileSync(join(store, "new.txt"), id);
      }
    },
    OperationError,
    "written to during the export",
  );
});
