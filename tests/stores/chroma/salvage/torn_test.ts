import { assert, assertEquals } from "@std/assert";
import { TORN_STORES, tornStore } from "../../../support/fixtures.ts";
import { salvage } from "./salvage_cases.ts";

/** How many records of each torn store have a vector in any of its files, by its id map and queue. */
const SAVED: Readonly<Record<typeof TORN_STORES[number], number>> = {
  "chroma-0.5.23-1": 1520,
  "chroma-0.5.23-2": 1520,
  "chroma-0.5.23-3": 1520,
  "chroma-1.5.9-1": 1520,
  "chroma-1.5.9-2": 1500,
  "chroma-1.5.9-3": 1520,
};

for (const name of TORN_STORES) {
  Deno.test(`salvageVectors() saves every vector whose id is known from ${name}`, async () => {
    const { records, counts, order, directories } = salvage(await tornStore(name), "live");
    assertEquals(records.length, SAVED[name]);
    // Labels of the id map that have no slot: the file of the slots is older than the map.
    const [own] = directories;
    assertEquals((own?.idMapLabels ?? 0) - counts.missing["slot-damaged"], SAVED[name]);
    // Rows that are torn prove nothing of the order of labels.
    assertEquals(order.assigned, 0);
    assertEquals(new Set(records.map(({ id }) => id)).size, records.length);
    assert(records.every(({ vector }) => vector.every(Number.isFinite)));
  });
}
