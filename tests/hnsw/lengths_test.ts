import { assertEquals } from "@std/assert";
import { surveyLengths } from "../../lib/hnsw/lengths.ts";
import { SlotBitmap } from "../../lib/hnsw/slot_bitmap.ts";
import { MemoryBytes } from "../support/tiny_index.ts";

function file(lengths: number[]): MemoryBytes {
  return new MemoryBytes(new Uint8Array(new Float32Array(lengths).buffer));
}

Deno.test("surveyLengths() finds nothing when every length is possible", () => {
  assertEquals(surveyLengths(file([1, 0.5, 17]), 3, new SlotBitmap(3), 0).count, 0);
});

Deno.test("surveyLengths() names zeros, negative numbers, NaN and infinity", () => {
  const survey = surveyLengths(file([1, 0, -2, NaN, Infinity, 3]), 6, new SlotBitmap(6), 0);
  assertEquals(survey, { count: 4, firstOffset: 4, firstIndex: 1, ranges: [[4, 20]] });
});

Deno.test("surveyLengths() lets a zero pass when a vector has no length", () => {
  assertEquals(surveyLengths(file([0, 1]), 2, new SlotBitmap(2), 1).count, 0);
});

Deno.test("surveyLengths() passes over deleted slots and those behind the last in use", () => {
  const deleted = new SlotBitmap(3);
  deleted.add(1);
  assertEquals(surveyLengths(file([1, -1, 2, -1]), 3, deleted, 0).count, 0);
});
