import { assert, assertEquals } from "@std/assert";
import { geometryOf } from "../../lib/hnsw/geometry.ts";
import { findGeometry } from "../../lib/hnsw/salvage_geometry.ts";
import { readSlotVector, salvageSlots, SLOT_STATE } from "../../lib/hnsw/salvage_slots.ts";
import { MemoryBytes, tinyIndex } from "../support/tiny_index.ts";

const INDEX = tinyIndex(40, 4, 6);
const { geometry } = INDEX;
const { slotSizeBytes, labelOffset, vectorOffset } = geometry;

function data(): MemoryBytes {
  return new MemoryBytes(INDEX.data.bytes.slice());
}

function salvage(file: MemoryBytes, declaredCount: number | null = null) {
  return salvageSlots(file, { geometry, cosine: true, declaredCount });
}

Deno.test("findGeometry() confirms the configured layout on the labels", () => {
  const found = findGeometry(INDEX.data, { configured: geometry, header: null, dimensions: [] });
  assertEquals([found?.source, found?.confirmed], ["configuration", 40]);
});

Deno.test("findGeometry() believes header.bin when the catalogue is wrong", () => {
  const hints = { configured: geometryOf(4, 9), header: geometry, dimensions: [9] };
  assertEquals(findGeometry(INDEX.data, hints)?.source, "header");
});

Deno.test("findGeometry() tries numbers of links when nothing else is known", () => {
  const found = findGeometry(INDEX.data, { configured: null, header: null, dimensions: [6] });
  assertEquals([found?.source, found?.geometry.maxLinks], ["trial", 4]);
});

Deno.test("findGeometry() finds nothing in random bytes", () => {
  const random = new MemoryBytes(crypto.getRandomValues(new Uint8Array(40_000)));
  assertEquals(findGeometry(random, { configured: geometry, header: null, dimensions: [6] }), null);
});

Deno.test("salvageSlots() finds every slot by its label", () => {
  const slots = salvage(INDEX.data, 40);
  assertEquals([slots.counts.usable, slots.counts.slots], [40, 40]);
  assertEquals([slots.slotOf(1), slots.slotOf(40), slots.slotOf(41), slots.slotOf(0)], [
    0,
    39,
    -1,
    -1,
  ]);
  const vector = new Float32Array(6);
  assert(readSlotVector(INDEX.data, geometry, 3, vector));
  assertEquals([...vector], [0, 0, 0, 1, 0, 0]);
});

Deno.test("salvageSlots() gives whole slots of a file that was cut or goes on with garbage", () => {
  assertEquals(salvage(INDEX.data.cut(10 * slotSizeBytes + 5), 40).counts.usable, 10);
  const longer = new MemoryBytes(new Uint8Array(40 * slotSizeBytes + 1000).fill(0xa7));
  longer.bytes.set(INDEX.data.bytes);
  assertEquals(salvage(longer, 40).counts.usable, 40);
});

Deno.test("salvageSlots() uses neither of two slots with one label, unless one is not in use", () => {
  const file = data();
  file.view.setBigUint64(5 * slotSizeBytes + labelOffset, 8n, true);
  const both = salvage(file, 40);
  assertEquals([both.slotOf(8), both.counts.duplicates], [-1, 2]);
  const last = data();
  last.view.setBigUint64(39 * slotSizeBytes + labelOffset, 8n, true);
  assertEquals(salvage(last, 39).slotOf(8), 7);
});

Deno.test("salvageSlots() tells vectors that cannot be", () => {
  const file = data();
  file.view.setFloat32(2 * slotSizeBytes + vectorOffset, NaN, true);
  file.bytes.fill(0, 3 * slotSizeBytes + vectorOffset, 3 * slotSizeBytes + labelOffset);
  file.view.setFloat32(4 * slotSizeBytes + vectorOffset, 0.5, true);
  file.view.setBigUint64(6 * slotSizeBytes + labelOffset, 1n << 40n, true);
  const { states, counts } = salvage(file, 40);
  const has = (slot: number, bit: number): boolean => ((states[slot] ?? 0) & bit) !== 0;
  assert(has(2, SLOT_STATE.notFinite));
  assert(has(3, SLOT_STATE.implausible));
  assert(has(4, SLOT_STATE.implausible));
  assertEquals([counts.usable, counts.unlabelled], [36, 1]);
});

Deno.test("salvageSlots() saves the vector of a slot whose links are lost, but not whether it lives", () => {
  const file = data();
  // Slot 6 has its vector's first component set, slot 7 begins with zeros like the hole before it.
  file.bytes.fill(0, 6 * slotSizeBytes, 6 * slotSizeBytes + vectorOffset);
  file.bytes.fill(0, 7 * slotSizeBytes, 7 * slotSizeBytes + vectorOffset);
  const { states, counts } = salvage(file, 40);
  assertEquals((states[6] ?? 0) & SLOT_STATE.usable, SLOT_STATE.usable);
  assertEquals((states[7] ?? 0) & SLOT_STATE.usable, 0);
  assertEquals(counts.uncertain, 2);
});

Deno.test("salvageSlots() keeps a deleted slot apart", () => {
  const file = data();
  file.view.setUint8(9 * slotSizeBytes + 2, 1);
  const { counts, states } = salvage(file, 40);
  assertEquals(counts.deleted, 1);
  assertEquals((states[9] ?? 0) & SLOT_STATE.live, 0);
});

Deno.test("salvageSlots() does not use a vector with a hole of a sector", () => {
  const index = tinyIndex(12, 2, 1000);
  const file = new MemoryBytes(index.data.bytes.slice());
  const { slotSizeBytes: size, vectorOffset: start } = index.geometry;
  for (let slot = 0; slot < 12; slot++) {
    for (let axis = 0; axis < 1000; axis++) {
      file.view.setFloat32(slot * size + start + 4 * axis, 1 / Math.sqrt(1000), true);
    }
  }
  const sector = Math.ceil((3 * size + start) / 512) * 512;
  file.bytes.fill(0, sector, sector + 512);
  const options = { geometry: index.geometry, cosine: false, declaredCount: 12 };
  const { counts, states } = salvageSlots(file, options);
  assertEquals(counts.usable, 11);
  assertEquals((states[3] ?? 0) & SLOT_STATE.usable, 0);
});

Deno.test("salvageSlots() does not follow a file that is nearly all hole", () => {
  let readBytes = 0;
  const endless = {
    sizeBytes: 2 ** 45,
    readAt(offset: number, target: Uint8Array): Uint8Array {
      readBytes += target.byteLength;
      target.fill(0);
      const known = INDEX.data.bytes.subarray(offset, offset + target.byteLength);
      target.set(known);
      return target;
    },
  };
  const slots = salvageSlots(endless, { geometry, cosine: true, declaredCount: 40 });
  assertEquals(slots.counts.usable, 40);
  assert(readBytes < 2 ** 28);
});
