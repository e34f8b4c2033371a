import { assertEquals } from "@std/assert";
import {
  checkDimensions,
  checkNormalised,
  EmbeddingTally,
  majorityDimension,
} from "../../../lib/stores/chromem/embedding_tally.ts";

const PLACE = { path: "a1b2c3d4", collection: "notes", segment: "a1b2c3d4" };
const SOUND = { notFinite: 0, firstNotFinite: null, length: 1 };

function tallyOf(counts: Readonly<Record<number, number>>): EmbeddingTally {
  const tally = new EmbeddingTally();
  for (const [dimension, count] of Object.entries(counts)) {
    for (let index = 0; index < count; index++) {
      tally.add(`${dimension}-${index}`, Number(dimension), SOUND);
    }
  }
  return tally;
}

Deno.test("majorityDimension() is the most frequent number, whatever the order", () => {
  assertEquals(majorityDimension(tallyOf({ 3: 5, 8: 2 }).facts, 8), 3);
  assertEquals(majorityDimension(tallyOf({ 3: 2, 8: 5 }).facts, 3), 8);
  assertEquals(majorityDimension(tallyOf({}).facts, 8), null);
});

Deno.test("majorityDimension() lets other collections decide between two that are as frequent", () => {
  assertEquals(majorityDimension(tallyOf({ 3: 2, 8: 2, 9: 1 }).facts, 3), 3);
  assertEquals(majorityDimension(tallyOf({ 3: 2, 8: 2 }).facts, 8), 8);
  // And the larger one where they do not tell.
  assertEquals(majorityDimension(tallyOf({ 3: 2, 8: 2 }).facts, 9), 8);
  assertEquals(majorityDimension(tallyOf({ 3: 2, 8: 2 }).facts, null), 8);
});

Deno.test("checkDimensions() names each document that is not as most are, and no other", () => {
  const tally = new EmbeddingTally();
  // Parts of a collection come from several threads.
  tally.addFacts(tallyOf({ 3: 2 }).facts);
  tally.addFacts(tallyOf({ 8: 3 }).facts);
  const findings = checkDimensions(tally.facts, null, (label) => ({ ...PLACE, path: label }));
  assertEquals(findings.map(({ path, message }) => [path, message]), [
    ["3-0", "3 dimensions, where 3 of 5 documents have 8"],
    ["3-1", "3 dimensions, where 3 of 5 documents have 8"],
  ]);
  assertEquals(checkDimensions(tallyOf({ 3: 2 }).facts, 8, () => PLACE), []);
});

Deno.test("checkNormalised() folds a collection into one finding that names the first documents", () => {
  const tally = new EmbeddingTally();
  for (let index = 0; index < 100; index++) {
    tally.add(`document ${index}`, 3, { ...SOUND, length: index % 2 === 0 ? 1 : 0.5 + index });
  }
  const [finding, ...others] = checkNormalised(tally.facts, PLACE, 100);
  assertEquals(others, []);
  assertEquals(finding?.count, 50);
  assertEquals(
    finding?.message,
    "50 of 100 embeddings have lengths from 1.50000 to 99.5000: document 1, document 3, document 5, …",
  );
  assertEquals(finding?.detail["documents"] instanceof Array, true);
  assertEquals(checkNormalised(tallyOf({ 3: 2 }).facts, PLACE, 2), []);
});
