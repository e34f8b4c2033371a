import { assert, assertEquals } from "@std/assert";
import { parseHeader } from "../../../../lib/hnsw/header.ts";
import { geometryOfHeader } from "../../../../lib/hnsw/geometry.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { findAll } from "../repair/repair_request.ts";

/** Gives data_level0.bin another length; tells whether a check finds that unusual. */
async function isUnusual(
  lengthOf: (slots: number, slotSizeBytes: number) => number,
): Promise<boolean> {
  const store = await BrokenStore.copyOf("chroma-0.5.23");
  const header = parseHeader(Deno.readFileSync(store.file("header.bin")));
  assert(header !== null);
  const geometry = geometryOfHeader(header);
  assert(geometry !== null && header.capacity > header.count + 10n);
  const sizeBytes = lengthOf(Number(header.count), geometry.slotSizeBytes);
  const path = store.file("data_level0.bin");
  await Deno.truncate(path, sizeBytes);
  return (await findAll(store.path)).some(({ name }) => name === "data-size-unusual");
}

Deno.test("checkSlots() takes a length for usual that there was room for before the last start", async () => {
  // 0.5.23 with 900 records, opened again and 50 added: 1,000 slots in the file, room for 1,080.
  assertEquals(await isUnusual((slots, sizeBytes) => (slots + 5) * sizeBytes), false);
  assertEquals(await isUnusual((slots, sizeBytes) => slots * sizeBytes), false);
});

Deno.test("checkSlots() names a length that is no number of slots", async () => {
  assertEquals(await isUnusual((slots, sizeBytes) => (slots + 5) * sizeBytes + 4), true);
});
