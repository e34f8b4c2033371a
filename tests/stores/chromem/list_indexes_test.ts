import { assertEquals } from "@std/assert";
import { listChromemIndexes } from "../../../lib/stores/chromem/list_indexes.ts";
import { BrokenDatabase } from "../../support/broken_database.ts";

Deno.test("listChromemIndexes() lists each collection as the only copy of its documents", async () => {
  const store = await BrokenDatabase.copyOf("plain");
  store.remove(store.metadata("sessions"));
  Deno.mkdirSync(store.at("ffffffff"));
  const parts = listChromemIndexes({ path: store.path, format: "chromem", evidence: "" });
  assertEquals(
    parts.map(({ id, path, collection, records, onlyCopies, replayable, hasRecords }) => [
      [id, path, collection],
      [records, onlyCopies, replayable, hasRecords],
    ]),
    [
      [["1225ae6c", "1225ae6c", null], [23, 23, 0, true]],
      [["2e1cfa82", "2e1cfa82", "empty"], [0, 0, 0, true]],
      [["2f8ca0d3", "2f8ca0d3", "日本語 notes"], [7, 7, 0, true]],
      [["e6684f6c", "e6684f6c", "knowledge-base"], [60, 60, 0, true]],
      [["e9f85bf6", "e9f85bf6", "contextd_memories"], [9, 9, 0, true]],
    ],
  );
  const bytes = [store.metadata("knowledge-base"), ...store.documents("knowledge-base")]
    .reduce((sum, path) => sum + store.read(path).length, 0);
  assertEquals(parts.find(({ id }) => id === "e6684f6c")?.sizeBytes, bytes);
});
