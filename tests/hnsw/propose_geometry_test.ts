import { assertEquals } from "@std/assert";
import { geometryOf } from "../../lib/hnsw/geometry.ts";
import { proposeGeometry } from "../../lib/hnsw/propose_geometry.ts";
import { findGeometry } from "../../lib/hnsw/salvage_geometry.ts";
import { MemoryBytes } from "../support/tiny_index.ts";

const SLOTS = 100;

/** The slots of an index: two links, a vector of ones and twos, and labels from 1 on. */
function makeSlots(maxLinks: number, dimension: number): Uint8Array<ArrayBuffer> {
  const geometry = geometryOf(maxLinks, dimension);
  const bytes = new Uint8Array(SLOTS * geometry.slotSizeBytes);
  const view = new DataView(bytes.buffer);
  for (let slot = 0; slot < SLOTS; slot++) {
    const start = slot * geometry.slotSizeBytes;
    view.setUint32(start, 2, true);
    view.setUint32(start + 4, (slot + 1) % SLOTS, true);
    view.setUint32(start + 8, (slot + 2) % SLOTS, true);
    for (let axis = 0; axis < dimension; axis++) {
      view.setFloat32(start + geometry.vectorOffset + 4 * axis, 1 + axis % 2, true);
    }
    view.setUint32(start + geometry.labelOffset, slot + 1, true);
  }
  return bytes;
}

const BOUND = { highestLabel: 1 << 20, maxLinks: 16 };

Deno.test("proposeGeometry() finds the dimension when M is known", () => {
  for (const dimension of [1, 16, 99, 384]) {
    const proposed = proposeGeometry(new MemoryBytes(makeSlots(16, dimension)), BOUND);
    assertEquals(proposed, geometryOf(16, dimension));
  }
});

Deno.test("proposeGeometry() finds the size of a slot when M is one of the usual", () => {
  const proposed = proposeGeometry(new MemoryBytes(makeSlots(8, 32)), { ...BOUND, maxLinks: null });
  assertEquals(proposed?.slotSizeBytes, geometryOf(8, 32).slotSizeBytes);
});

Deno.test("proposeGeometry() proposes nothing when the start of the file is damaged", () => {
  const bytes = makeSlots(16, 32);
  bytes.fill(0, 0, bytes.length * 0.9);
  assertEquals(proposeGeometry(new MemoryBytes(bytes), BOUND), null);
  assertEquals(proposeGeometry(new MemoryBytes(new Uint8Array()), BOUND), null);
});

Deno.test("findGeometry() does not believe a dimension that only every few slots bear out", () => {
  // Slots of 32 floats end where slots of 64 do at every 99th, with labels that are real ones.
  const configured = geometryOf(16, 64);
  const hints = { configured, header: null, dimensions: [] };
  const found = findGeometry(new MemoryBytes(makeSlots(16, 32)), hints);
  assertEquals(found?.geometry.dimension, 32);
  const damaged = makeSlots(16, 32);
  damaged.fill(0, 0, damaged.length / 2);
  assertEquals(findGeometry(new MemoryBytes(damaged), hints), null);
});

Deno.test("findGeometry() believes the configured dimension when a few slots are left", () => {
  const bytes = makeSlots(16, 32);
  const { slotSizeBytes } = geometryOf(16, 32);
  bytes.fill(0, 0, 95 * slotSizeBytes);
  const hints = { configured: geometryOf(16, 32), header: null, dimensions: [] };
  assertEquals(findGeometry(new MemoryBytes(bytes), hints)?.source, "configuration");
});
