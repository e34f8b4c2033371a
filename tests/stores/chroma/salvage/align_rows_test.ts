import { assertEquals } from "@std/assert";
import { type Alignment, alignRows } from "../../../../lib/stores/chroma/salvage/align_rows.ts";

interface Sides {
  readonly rows: number;
  readonly labels: readonly number[];
  readonly open?: readonly number[];
  readonly openRows?: number;
  readonly strays?: number;
  readonly pins?: Readonly<Record<number, number>>;
  readonly deleted?: readonly number[];
  readonly twins?: readonly number[];
  readonly rewritten?: readonly number[];
  readonly sequences?: readonly number[];
  readonly firstLabel?: number;
}

function align(sides: Sides): { assigned: number[]; refusal: string | null } {
  const { rows, labels, open = [], pins = {}, deleted = [], rewritten = [] } = sides;
  const sequences = sides.sequences ?? Array.from({ length: rows }, (_, row) => 10 * row);
  const highest = Math.max(...labels, ...deleted);
  const alignment: Alignment = {
    rows,
    openRows: sides.openRows ?? 0,
    labels: Uint32Array.from(labels),
    open: Uint8Array.from(labels, (label) => open.includes(label) ? 1 : 0),
    strays: sides.strays ?? 0,
    pins: Uint32Array.from({ length: rows }, (_, row) => pins[row] ?? 0),
    firstRow: 0,
    firstLabel: sides.firstLabel ?? 1,
    witnesses: {
      deleted: {
        labels: Uint32Array.from(deleted),
        twins: Uint32Array.from(sides.twins ?? deleted.map(() => 0)),
      },
      rewritten: Uint8Array.from({ length: rows }, (_, row) => rewritten.includes(row) ? 1 : 0),
      sequences: Float64Array.from(sequences),
      written: Float64Array.from(sequences).sort(),
      blocks: new Uint32Array(highest + 1).fill(1),
    },
  };
  const { assigned, refusal } = alignRows(alignment);
  return { assigned: [...assigned], refusal };
}

Deno.test("alignRows() gives rows the labels in order when there are as many", () => {
  assertEquals(align({ rows: 3, labels: [2, 5, 9] }), { assigned: [2, 5, 9], refusal: null });
});

Deno.test("alignRows() assigns nothing when a stray label could be any", () => {
  assertEquals(align({ rows: 3, labels: [2, 5, 7, 9], strays: 1 }).assigned, [0, 0, 0]);
});

Deno.test("alignRows() assigns between pins that leave no room for a stray label", () => {
  const sides = { rows: 5, labels: [1, 2, 3, 4, 5, 6], strays: 1, pins: { 1: 2, 3: 4 } };
  assertEquals(align(sides).assigned, [1, 2, 3, 4, 0]);
});

Deno.test("alignRows() assigns up to an open label from either end", () => {
  const sides = { rows: 4, labels: [1, 2, 3, 4, 5, 6], open: [3, 4] };
  assertEquals(align(sides).assigned, [1, 2, 5, 6]);
});

Deno.test("alignRows() takes open labels as live when every row needs one", () => {
  assertEquals(align({ rows: 3, labels: [1, 2, 3], open: [2] }).assigned, [1, 2, 3]);
});

Deno.test("alignRows() takes open labels as deleted when no row needs one", () => {
  assertEquals(align({ rows: 2, labels: [1, 2, 3], open: [2] }).assigned, [1, 3]);
});

Deno.test("alignRows() gives open rows at the end a label only while there are some", () => {
  assertEquals(align({ rows: 4, openRows: 2, labels: [1, 2, 3] }).assigned, [1, 2, 3, 0]);
});

Deno.test("alignRows() refuses when numbers do not fit", () => {
  assertEquals(align({ rows: 2, labels: [1, 2, 3] }).refusal, "too-many-labels");
  assertEquals(align({ rows: 3, labels: [1, 2] }).refusal, "too-few-labels");
  assertEquals(align({ rows: 2, labels: [1, 2], pins: { 0: 2, 1: 1 } }).refusal, "too-many-labels");
  assertEquals(align({ rows: 2, labels: [1, 2], pins: { 0: 7 } }).refusal, "pins-contradict");
});

Deno.test("alignRows() assigns from the end alone when the first labels follow no order", () => {
  const sides = { rows: 4, labels: [1, 2, 3, 4], firstLabel: 3 };
  assertEquals(align(sides).assigned, [0, 0, 3, 4]);
});

Deno.test("alignRows() leaves out rows that a displaced record may have shifted", () => {
  // Label 2 is deleted and 5 has its vector: row 1 may be the record of 5.
  const sides = { rows: 4, labels: [1, 3, 4, 5], deleted: [2], twins: [5] };
  assertEquals(align(sides).assigned, [1, 0, 0, 0]);
  const behind = { rows: 5, labels: [1, 3, 4, 5, 6], deleted: [2], twins: [4] };
  assertEquals(align(behind).assigned, [1, 0, 0, 5, 6]);
});

Deno.test("alignRows() trusts nothing behind a deleted label whose row was written again", () => {
  const sides = { rows: 4, labels: [1, 3, 4, 5], deleted: [2], rewritten: [1] };
  assertEquals(align(sides).assigned, [1, 0, 0, 0]);
  const elsewhere = { rows: 4, labels: [1, 3, 4, 5], deleted: [2], rewritten: [2] };
  assertEquals(align(elsewhere).assigned, [1, 3, 4, 5]);
});

Deno.test("alignRows() trusts them when the sequence numbers account for every label", () => {
  // Between the numbers 1 and 4 two are missing: the deleted record's and the first of row 1.
  const sides = {
    rows: 4,
    labels: [1, 3, 4, 5],
    deleted: [2],
    rewritten: [1],
    sequences: [1, 99, 4, 5],
  };
  assertEquals(align(sides).assigned, [1, 3, 4, 5]);
  // One is missing: row 1 has both labels.
  assertEquals(align({ ...sides, sequences: [1, 99, 3, 4] }).assigned, [1, 0, 0, 0]);
});

Deno.test("alignRows() leaves a stretch alone across whose pins a record was displaced", () => {
  // Two rows and one label before the pin: what stands behind it is out of step as well.
  const sides = { rows: 5, labels: [1, 2, 3, 4, 5], pins: { 2: 2, 4: 4 } };
  assertEquals(align(sides).assigned[3], 0);
});
