import { assertEquals } from "@std/assert";
import { spreadLevel0 } from "../../lib/hnsw/reachability.ts";
import { SlotBitmap } from "../../lib/hnsw/slot_bitmap.ts";
import { surveySlots } from "../../lib/hnsw/slots.ts";
import { type TinyIndex, tinyIndex } from "../support/tiny_index.ts";

function countReached(index: TinyIndex, entryPoint: number): number {
  const { data, geometry, count } = index;
  const reached = new SlotBitmap(count);
  const expanded = new SlotBitmap(count);
  reached.add(entryPoint);
  const options = { geometry, count, cosine: false, reached, expanded };
  const { linkedSlots, slots } = surveySlots(data, options);
  spreadLevel0(data, geometry, slots, { reached, expanded, linked: linkedSlots });
  return reached.countWithout(new SlotBitmap(count), 0, count);
}

/** Makes every slot link forwards only, to the next `step` slots, and the last to nothing else. */
function relink(index: TinyIndex, next: (slot: number) => number): void {
  for (let slot = 0; slot < index.count; slot++) {
    const start = slot * index.geometry.slotSizeBytes;
    index.data.view.setUint16(start, 1, true);
    index.data.view.setUint32(start + 4, next(slot), true);
  }
}

Deno.test("spreadLevel0() reaches every slot when they form a ring", () => {
  assertEquals(countReached(tinyIndex(5000), 1234), 5000);
});

Deno.test("spreadLevel0() reaches every slot when all links lead backwards", () => {
  const index = tinyIndex(700);
  relink(index, (slot) => Math.max(0, slot - 1));
  assertEquals(countReached(index, 699), 700);
});

Deno.test("spreadLevel0() leaves out the slots that nothing links to", () => {
  const index = tinyIndex(3000);
  relink(index, (slot) => slot < 2000 ? (slot + 1) % 2000 : slot - 2000);
  assertEquals(countReached(index, 7), 2000);
});

Deno.test("SlotBitmap.countWithout() agrees with counting one by one when ranges straddle words", () => {
  const one = new SlotBitmap(200);
  const other = new SlotBitmap(200);
  for (let slot = 0; slot < 200; slot += 3) one.add(slot);
  for (let slot = 0; slot < 200; slot += 5) other.add(slot);
  for (const [start, end] of [[0, 200], [1, 2], [31, 33], [32, 64], [5, 197], [64, 64]] as const) {
    let expected = 0;
    for (let slot = start; slot < end; slot++) if (one.has(slot) && !other.has(slot)) expected++;
    assertEquals(one.countWithout(other, start, end), expected, `${start} to ${end}`);
  }
});
