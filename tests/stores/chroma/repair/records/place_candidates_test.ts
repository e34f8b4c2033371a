import { assertEquals } from "@std/assert";
import {
  type Candidate,
  KEY_CLASS,
  type KnownRow,
} from "../../../../../lib/stores/chroma/repair/records/lost_rows.ts";
import {
  placeCandidates,
  type Placement,
} from "../../../../../lib/stores/chroma/repair/records/place_candidates.ts";

/** Rows whose label and sequence number are what stands beside their number. */
function known(...rows: [row: number, label: number, sequence?: number][]): KnownRow[] {
  return rows.map(([row, label, sequence = row]) => ({ row, key: KEY_CLASS + label, sequence }));
}

function labelled(...labels: number[]): Candidate[] {
  return labels.map((label) => ({ id: `label-${label}`, key: KEY_CLASS + label }));
}

function place(
  wanted:
    & Pick<Placement, "known" | "candidates">
    & { traces: number[] }
    & Partial<
      Omit<Placement, "traces">
    >,
): string[] {
  const { known, traces } = wanted;
  return placeCandidates({
    countRows: (after, before) => known.filter(({ row }) => row > after && row < before).length,
    departed: [],
    isBalanced: true,
    madeByRust: true,
    isShared: false,
    ...wanted,
    traces: Float64Array.from(traces),
  }).map(({ row, candidate }) => `${row} ${candidate.id}`);
}

Deno.test("placeCandidates() gives each trace the label of its gap", () => {
  assertEquals(
    place({
      known: known([1, 1], [3, 3], [6, 6]),
      candidates: labelled(2, 4, 5, 7),
      traces: [2, 4, 5, 7],
    }),
    ["2 label-2", "4 label-4", "5 label-5", "7 label-7"],
  );
});

Deno.test("placeCandidates() begins with the first label of a store that 1.x has made", () => {
  const wanted = { known: known([3, 3]), candidates: labelled(1, 2), traces: [1, 2] };
  assertEquals(place(wanted), ["1 label-1", "2 label-2"]);
  assertEquals(place({ ...wanted, madeByRust: false }), []);
});

Deno.test("placeCandidates() chooses nothing where a gap has fewer candidates than traces", () => {
  const wanted = { known: known([1, 1], [4, 4]), candidates: labelled(2), traces: [2, 3] };
  assertEquals(place(wanted), []);
});

Deno.test("placeCandidates() chooses no order where a label between is free", () => {
  // A record that was given a second label has left one free: these two can stand either way.
  assertEquals(
    place({ known: known([1, 1], [4, 5]), candidates: labelled(2, 4), traces: [2, 3] }),
    [],
  );
});

Deno.test("placeCandidates() ends at the first gap that does not fit", () => {
  // The record of label 9 can be the one that stood at 2.
  assertEquals(
    place({ known: known([1, 1], [3, 4], [7, 8, 99]), candidates: labelled(9), traces: [2, 9] }),
    [],
  );
});

Deno.test("placeCandidates() goes on behind it where nothing is interrupted", () => {
  assertEquals(
    place({
      known: known([1, 1, 1], [3, 2, 3], [5, 4, 5]),
      candidates: labelled(3),
      traces: [2, 4],
      isBalanced: false,
    }),
    ["4 label-3"],
  );
});

Deno.test("placeCandidates() does not go on over a number of writes that does not fit", () => {
  assertEquals(
    place({
      known: known([1, 1, 1], [3, 2, 3], [5, 4, 7]),
      candidates: labelled(3),
      traces: [2, 4],
      isBalanced: false,
    }),
    [],
  );
});

Deno.test("placeCandidates() takes a record that may have left nothing only for a full gap", () => {
  const wanted = { candidates: labelled(2), traces: [2], isBalanced: false };
  assertEquals(place({ ...wanted, known: known([1, 1, 5], [3, 3, 8]) }), ["2 label-2"]);
  assertEquals(place({ ...wanted, known: known([1, 1, 5], [4, 3, 8]) }), []);
  assertEquals(place({ ...wanted, known: known([1, 1, 5]) }), []);
});

Deno.test("placeCandidates() counts records that the queue has deleted", () => {
  const wanted = {
    known: known([1, 1], [5, 5]),
    candidates: labelled(2, 4),
    traces: [2, 4],
    departed: [KEY_CLASS + 3],
  };
  assertEquals(place(wanted), ["2 label-2", "4 label-4"]);
  assertEquals(place({ ...wanted, departed: [] }), []);
  // Behind a gap that does not fit, the free number must be that of the deleted record.
  const later = { ...wanted, known: known([1, 1], [5, 5], [9, 9]), candidates: labelled(6, 7) };
  const departed = [KEY_CLASS + 8];
  const free = { ...later, departed, isBalanced: false };
  assertEquals(place({ ...free, traces: [3, 6, 7] }), ["6 label-6", "7 label-7"]);
  assertEquals(place({ ...free, traces: [3, 6, 8] }), []);
});

Deno.test("placeCandidates() passes over a row whose label is too high", () => {
  assertEquals(
    place({
      known: known([1, 1], [2, 9], [4, 4], [5, 5]),
      candidates: labelled(3),
      traces: [3],
    }),
    ["3 label-3"],
  );
});

Deno.test("placeCandidates() never goes by the writes of the Python era alone", () => {
  // One call has written the rows 5, 3 and 7 again, in this order: 3 is the one that is lost.
  const rows = [[1, 1], [5, 11], [7, 13]].map(([row = 0, sequence = 0]) => ({
    row,
    key: sequence,
    sequence,
  }));
  const candidates: Candidate[] = [{ id: "three", key: 12 }];
  const wanted = { known: rows, candidates, isBalanced: false };
  assertEquals(place({ ...wanted, traces: [3, 6] }), []);
  // Where no earlier gap lacks anything, the only one in its gap it is.
  assertEquals(place({ ...wanted, traces: [6] }), ["6 three"]);
});

Deno.test("placeCandidates() takes what only the queue has by its own writes at the end", () => {
  const [seven, eight] = [7, 8].map((sequence) => ({
    id: `row-${sequence}`,
    key: 2 * KEY_CLASS + sequence,
  }));
  const candidates = [seven, eight].filter((candidate) => candidate !== undefined);
  const rows = known([1, 1, 1], [3, 2, 6]);
  assertEquals(
    place({ known: rows, candidates, traces: [2, 4, 5], isBalanced: false }),
    ["4 row-7", "5 row-8"],
  );
  assertEquals(place({ known: rows, candidates, traces: [2, 4, 6], isBalanced: false }), []);
});
