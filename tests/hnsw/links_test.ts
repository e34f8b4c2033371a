import { assertEquals } from "@std/assert";
import { spreadUpperLevels, surveyLinks } from "../../lib/hnsw/links.ts";
import { SlotBitmap } from "../../lib/hnsw/slot_bitmap.ts";
import { MemoryBytes, tinyIndex } from "../support/tiny_index.ts";

Deno.test("surveyLinks() reads every level when the file is whole", () => {
  const { links, geometry, count } = tinyIndex();
  const survey = surveyLinks(links, geometry, count);
  assertEquals(survey.stop, "complete");
  assertEquals([...survey.levels], [1, 0, 0, 0, 1, 0, 0, 0]);
  assertEquals(survey.highestLevel, 1);
  assertEquals(survey.endOffset, links.sizeBytes);
  assertEquals(survey.neighbourCount.count + survey.neighbourRange.count, 0);
});

Deno.test("surveyLinks() says truncated when the file is cut anywhere", () => {
  const { links, geometry, count } = tinyIndex();
  for (let sizeBytes = 0; sizeBytes < links.sizeBytes; sizeBytes++) {
    const survey = surveyLinks(links.cut(sizeBytes), geometry, count);
    assertEquals(survey.stop, "truncated");
    assertEquals(survey.records < count, true);
  }
});

Deno.test("surveyLinks() says torn and where when a record claims what cannot be", () => {
  for (const claimed of [1, 13, 0x9a5b_0001, 0xffff_ffff]) {
    const { links, geometry, count } = tinyIndex();
    const offset = 4 + geometry.linkListSizeBytes;
    links.view.setUint32(offset, claimed, true);
    const survey = surveyLinks(links, geometry, count);
    assertEquals(survey.stop, "torn");
    assertEquals(survey.endOffset, offset);
    assertEquals(survey.tornSizeBytes, claimed);
    assertEquals(survey.records, 1);
  }
});

Deno.test("surveyLinks() counts the records beyond when more follow than are in use", () => {
  const { links, geometry } = tinyIndex();
  const survey = surveyLinks(links, geometry, 5);
  assertEquals(survey.stop, "complete");
  assertEquals(survey.recordsBeyond, 3);
  assertEquals(survey.beyondIsWhole, true);
});

Deno.test("surveyLinks() names a list that is longer than it has room for", () => {
  const { links, geometry, count } = tinyIndex();
  links.view.setUint16(4, 3, true);
  const survey = surveyLinks(links, geometry, count);
  assertEquals(survey.neighbourCount, {
    count: 1,
    firstOffset: 4,
    firstIndex: 0,
    ranges: [[4, 6]],
  });
});

Deno.test("surveyLinks() names a link to no slot, and to one that is not on that level", () => {
  for (const neighbour of [8, 0xffff_ffff, 3]) {
    const { links, geometry, count } = tinyIndex();
    links.view.setUint32(8, neighbour, true);
    const survey = surveyLinks(links, geometry, count);
    assertEquals(survey.neighbourRange.count, 1);
    assertEquals(survey.neighbourRange.firstOffset, 8);
  }
});

Deno.test("surveyLinks() reads the same when the file is larger than its window", () => {
  const { links, geometry, count } = tinyIndex(200_000);
  const survey = surveyLinks(links, geometry, count);
  assertEquals(survey.stop, "complete");
  assertEquals(survey.levels[100_000], 1);
  assertEquals(survey.levels.reduce((sum, level) => sum + level, 0), 2);
});

Deno.test("surveyLinks() ends at once when a sparse file claims terabytes", () => {
  for (const torn of [true, false]) {
    const { links, geometry, count } = tinyIndex();
    if (torn) links.view.setUint32(4 + geometry.linkListSizeBytes, 0x9a5b_0001, true);
    let bytesRead = 0;
    const sparse = {
      sizeBytes: 4e12,
      readAt(offset: number, target: Uint8Array): Uint8Array {
        target.fill(0);
        bytesRead += target.byteLength;
        if (offset === 0) target.set(links.bytes);
        return target;
      },
    };
    const survey = surveyLinks(sparse, geometry, count);
    assertEquals(survey.stop, torn ? "torn" : "complete");
    assertEquals(survey.beyondIsWhole, false);
    assertEquals(bytesRead < 1 << 22, true);
  }
});

Deno.test("spreadUpperLevels() reaches the partner when the entry point is linked to it", () => {
  const { links, geometry, count } = tinyIndex();
  const reached = new SlotBitmap(count);
  reached.add(0);
  spreadUpperLevels(links, geometry, count, reached);
  assertEquals(Array.from({ length: count }, (_, slot) => reached.has(slot)), [
    true,
    false,
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("surveyLinks() takes a file of no bytes when no slot is in use", () => {
  const { geometry } = tinyIndex();
  assertEquals(surveyLinks(new MemoryBytes(new Uint8Array()), geometry, 0).stop, "complete");
});
