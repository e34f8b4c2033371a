import { assertEquals } from "@std/assert";
import { type SlotProblem, type SlotSurvey, surveySlots } from "../../lib/hnsw/slots.ts";
import { SlotBitmap } from "../../lib/hnsw/slot_bitmap.ts";
import { type TinyIndex, tinyIndex } from "../support/tiny_index.ts";

function survey(index: TinyIndex, cosine = true, count = index.count): SlotSurvey {
  const reached = new SlotBitmap(count);
  reached.add(0);
  const expanded = new SlotBitmap(count);
  return surveySlots(index.data, { geometry: index.geometry, count, cosine, reached, expanded });
}

/** The problems that were found, as `name count@offset`. */
function problems(result: SlotSurvey): string[] {
  return Object.entries(result.problems)
    .filter(([, places]) => places.count > 0)
    .map(([name, places]) => `${name} ${places.count}@${places.firstOffset}`);
}

/** Breaks slot 5 of a tiny index and says what the survey finds. */
function problemsAfter(
  breakSlot: (view: DataView, start: number, index: TinyIndex) => void,
): string[] {
  const index = tinyIndex();
  breakSlot(index.data.view, 5 * index.geometry.slotSizeBytes, index);
  return problems(survey(index));
}

const SLOT_5 = 5 * tinyIndex().geometry.slotSizeBytes;
const { vectorOffset, labelOffset } = tinyIndex().geometry;

Deno.test("surveySlots() finds nothing when the index is whole", () => {
  const result = survey(tinyIndex());
  assertEquals(problems(result), []);
  assertEquals([result.slots, result.live, result.deleted], [8, 8, 0]);
  assertEquals(result.allNormalised, true);
  assertEquals(result.liveLabels.count, 8);
});

Deno.test("surveySlots() counts how many neighbours slots have, where they can be followed", () => {
  const index = tinyIndex();
  const whole = survey(index).degrees;
  assertEquals(whole.length, index.geometry.maxLinksLevel0 + 1);
  assertEquals(whole.reduce((sum, slots) => sum + slots), 8);
  const links = index.data.view.getUint16(SLOT_5, true);
  index.data.view.setUint16(SLOT_5, links - 1, true);
  const fewer = survey(index).degrees;
  assertEquals(fewer[links - 1], (whole[links - 1] ?? 0) + 1);
  assertEquals(fewer[links], (whole[links] ?? 0) - 1);
  index.data.view.setUint16(SLOT_5, 0xffff, true);
  assertEquals(survey(index).degrees.reduce((sum, slots) => sum + slots), 7);
});

const CASES: [SlotProblem, string, (view: DataView, start: number, index: TinyIndex) => void][] = [
  ["neighbourCount", `1@${SLOT_5}`, (view, start) => view.setUint16(start, 5, true)],
  ["neighbourRange", `1@${SLOT_5 + 4}`, (view, start) => view.setUint32(start + 4, 8, true)],
  [
    "neighbourRange",
    `1@${SLOT_5 + 8}`,
    (view, start) => view.setUint32(start + 8, 0x8000_0001, true),
  ],
  ["neighbourSelf", `1@${SLOT_5 + 4}`, (view, start) => view.setUint32(start + 4, 5, true)],
  ["neighbourDuplicate", `1@${SLOT_5 + 8}`, (view, start) => view.setUint32(start + 8, 6, true)],
  ["linksEmpty", `1@${SLOT_5}`, (view, start) => view.setUint16(start, 0, true)],
  ["flags", `1@${SLOT_5 + 2}`, (view, start) => view.setUint8(start + 2, 4)],
  [
    "labelInvalid",
    `1@${SLOT_5 + labelOffset}`,
    (view, start) => view.setBigUint64(start + labelOffset, 1n << 60n, true),
  ],
  [
    "labelDuplicate",
    `1@${SLOT_5 + labelOffset}`,
    (view, start) => view.setBigUint64(start + labelOffset, 3n, true),
  ],
  [
    "vectorNotFinite",
    `1@${SLOT_5 + vectorOffset}`,
    (view, start) => view.setFloat32(start + vectorOffset + 4, NaN, true),
  ],
  [
    "vectorNotFinite",
    `1@${SLOT_5 + vectorOffset}`,
    (view, start) => view.setFloat32(start + vectorOffset + 8, -Infinity, true),
  ],
  [
    "vectorNotNormalised",
    `1@${SLOT_5 + vectorOffset}`,
    (view, start) => view.setFloat32(start + vectorOffset, 0.2, true),
  ],
  [
    "zeroed",
    `1@${SLOT_5}`,
    (_view, start, index) => index.data.bytes.fill(0, start, start + index.geometry.slotSizeBytes),
  ],
  ["zeroed", `1@${SLOT_5}`, (_view, start) => tinyIndexFill(_view, start, start + vectorOffset)],
];

function tinyIndexFill(view: DataView, start: number, end: number): void {
  for (let offset = start; offset < end; offset++) view.setUint8(offset, 0);
}

for (const [problem, where, breakSlot] of CASES) {
  Deno.test(`surveySlots() names ${problem} ${where} when slot 5 is broken so`, () => {
    assertEquals(problemsAfter(breakSlot), [`${problem} ${where}`]);
  });
}

Deno.test("surveySlots() names one cause when links and label are both impossible", () => {
  const found = problemsAfter((view, start, index) => {
    for (let offset = 0; offset < index.geometry.slotSizeBytes; offset++) {
      view.setUint8(start + offset, 0xa7);
    }
  });
  assertEquals(found, [`neighbourCount 1@${SLOT_5}`]);
});

Deno.test("surveySlots() counts deleted slots apart from live ones", () => {
  const index = tinyIndex();
  index.data.view.setUint8(SLOT_5 + 2, 1);
  const result = survey(index);
  assertEquals(problems(result), []);
  assertEquals([result.live, result.deleted], [7, 1]);
  assertEquals(result.liveLabels.has(6), false);
  assertEquals(result.deletedSlots.has(5), true);
});

Deno.test("surveySlots() reads the slots that are there when the file is cut", () => {
  const index = tinyIndex();
  const cut = { ...index, data: index.data.cut(SLOT_5 + 10) };
  assertEquals(survey(cut).slots, 5);
});

Deno.test("surveySlots() lets any length pass when the index is not cosine", () => {
  const index = tinyIndex();
  index.data.view.setFloat32(SLOT_5 + vectorOffset, 7, true);
  const result = survey(index, false);
  assertEquals(problems(result), []);
  assertEquals(result.allNormalised, false);
});

Deno.test("surveySlots() joins neighbouring places to one range", () => {
  const index = tinyIndex();
  const size = index.geometry.slotSizeBytes;
  index.data.bytes.fill(0, 2 * size, 5 * size);
  assertEquals(survey(index).problems.zeroed.ranges, [[2 * size, 5 * size]]);
});
