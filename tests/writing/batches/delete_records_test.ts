import { assertEquals, assertRejects } from "@std/assert";
import { BatchIndexError } from "../../../lib/writing/batches/batch_index_error.ts";
import { deleteRecords } from "../../../lib/writing/batches/delete_records.ts";
import { FakeCollection, makeRecords } from "./collections.ts";

function filled(count: number): FakeCollection {
  const collection = new FakeCollection();
  const records = makeRecords(count);
  collection.keep({
    ids: records.map(({ id }) => id),
    embeddings: records.map(({ embedding }) => embedding),
  });
  return collection;
}

Deno.test("deleteRecords() removes records in batches, and minds none that are not there", async () => {
  const collection = filled(30);
  const ids = [...makeRecords(25).map(({ id }) => id), "unknown"];
  assertEquals(await deleteRecords(collection, ids, { memory: null }), 26);
  assertEquals(collection.calls.map((batch) => batch.length), [10, 10, 6]);
  assertEquals([...collection.records.keys()], ["r25", "r26", "r27", "r28", "r29"]);
});

Deno.test("deleteRecords() names the records that are still there", async () => {
  const collection = filled(20);
  const forget = collection.delete.bind(collection);
  collection.delete = ({ ids }) => forget({ ids: ids.filter((id) => id !== "r13") });
  const ids = makeRecords(20).map(({ id }) => id);
  const error = await assertRejects(
    () => deleteRecords(collection, ids, { memory: null }),
    BatchIndexError,
  );
  assertEquals([error.offset, error.ids], [10, ["r13"]]);
});
