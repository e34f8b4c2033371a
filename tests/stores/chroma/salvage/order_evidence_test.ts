import { assertEquals } from "@std/assert";
import { SLOT_STATE, type SlotSalvage } from "../../../../lib/hnsw/salvage_slots.ts";
import {
  findFirstShuffledLabel,
  wasMadeByRust,
} from "../../../../lib/stores/chroma/salvage/order_evidence.ts";
import { openCatalogue } from "../../../../lib/stores/chroma/opened_catalogue.ts";
import { readLayout } from "../../../../lib/stores/chroma/layout.ts";
import { GOLDEN_STORES, goldenStore } from "../../../support/fixtures.ts";

function slotsOf(labels: readonly number[]): SlotSalvage {
  const state = SLOT_STATE.usable | SLOT_STATE.labelled | SLOT_STATE.live;
  return {
    labels: Uint32Array.from(labels),
    states: new Uint8Array(labels.length).fill(state),
  } as unknown as SlotSalvage;
}

/** The numbers from `first` on, in an order in which nearly all stand far off. */
function shuffled(first: number, count: number): number[] {
  const step = [7, 11, 13].find((prime) => count % prime !== 0) ?? 1;
  return Array.from({ length: count }, (_, at) => first + (at * step + 5) % count);
}

function ascending(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => first + at);
}

for (const name of GOLDEN_STORES) {
  Deno.test(`wasMadeByRust() tells who made ${name}`, async () => {
    const opened = openCatalogue(readLayout(await goldenStore(name)));
    using _reading = opened?.reading;
    const isRust = name.startsWith("chroma-1.");
    assertEquals(wasMadeByRust(opened?.catalogue ?? { migrations: [] }), isRust);
  });
}

Deno.test("wasMadeByRust() says no when the migrations are lost", () => {
  assertEquals(wasMadeByRust({ migrations: [] }), false);
});

Deno.test("findFirstShuffledLabel() finds none where labels stand in order", () => {
  assertEquals(findFirstShuffledLabel(slotsOf(ascending(1, 500))), null);
});

Deno.test("findFirstShuffledLabel() takes a straggler of a thread for no shuffle", () => {
  const labels = [...ascending(1, 20), ...ascending(22, 30), 21, ...ascending(52, 20)];
  assertEquals(findFirstShuffledLabel(slotsOf(labels)), null);
});

Deno.test("findFirstShuffledLabel() finds the first call of 1.x behind what was in order", () => {
  const labels = [...ascending(1, 400), ...shuffled(401, 40), ...ascending(441, 9)];
  assertEquals(findFirstShuffledLabel(slotsOf(labels)), 401);
});

Deno.test("findFirstShuffledLabel() says nothing behind a slot that cannot be read", () => {
  const slots = slotsOf([...ascending(1, 10), ...shuffled(11, 40)]);
  slots.states[4] = 0;
  assertEquals(findFirstShuffledLabel(slots), null);
});
