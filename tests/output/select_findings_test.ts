import { assertEquals } from "@std/assert";
import type { Finding } from "../../lib/model/finding.ts";
import { FINDINGS_SHOWN, REPEATS_SHOWN, selectFindings } from "../../lib/output/select_findings.ts";
import { finding } from "./events.ts";

const repeat = (count: number, make: (index: number) => Finding): Finding[] =>
  Array.from({ length: count }, (_, index) => make(index));

Deno.test("selectFindings() puts the store first, then the collection with the worst finding", () => {
  const { groups } = selectFindings([
    finding("dimension-missing", { collection: "b" }),
    finding("foreign-entry"),
    finding("dimension-mismatch", { collection: "a" }),
    finding("file-overallocated", { collection: "b" }),
    finding("sqlite-malformed"),
  ]);
  assertEquals(
    groups.map(({ collection, kinds }) => [collection, kinds.map(({ shown }) => shown[0]?.name)]),
    [
      [null, ["sqlite-malformed", "foreign-entry"]],
      ["a", ["dimension-mismatch"]],
      ["b", ["dimension-missing", "file-overallocated"]],
    ],
  );
});

Deno.test("selectFindings() folds repeats of one kind within one collection", () => {
  const many = repeat(REPEATS_SHOWN + 7, (index) => finding("foreign-entry", { path: `${index}` }));
  const other = repeat(2, () => finding("foreign-entry", { collection: "notes" }));
  const { groups, leftOut } = selectFindings([...many, ...other]);
  assertEquals(
    groups.map(({ kinds }) => kinds.map(({ shown, hidden }) => [shown.length, hidden])),
    [
      [[REPEATS_SHOWN, 7]],
      [[2, 0]],
    ],
  );
  assertEquals(leftOut, 0);
});

Deno.test("selectFindings() shows the worst when there is no room for all", () => {
  const collections = repeat(
    FINDINGS_SHOWN + 3,
    (index) => finding("foreign-entry", { collection: `${index}` }),
  );
  const { groups, leftOut } = selectFindings([
    ...collections,
    finding("dimension-mismatch", { collection: "worst" }),
  ]);
  assertEquals(groups.length, FINDINGS_SHOWN);
  assertEquals(groups[0]?.collection, "worst");
  assertEquals(leftOut, 4);
});

Deno.test("selectFindings() lists as many as were asked for, without folding", () => {
  const many = repeat(20, () => finding("sqlite-malformed"));
  const all = [finding("foreign-entry"), ...many];
  const eighteen = selectFindings(all, 18);
  assertEquals(eighteen.groups[0]?.kinds.map(({ shown, hidden }) => [shown.length, hidden]), [
    [18, 2],
  ]);
  assertEquals(eighteen.leftOut, 1);
  assertEquals(selectFindings(all, 0), { groups: [], leftOut: 21 });
  assertEquals(selectFindings(all, 21).groups[0]?.kinds.map(({ hidden }) => hidden), [0, 0]);
});

Deno.test("selectFindings() shows nothing of nothing", () => {
  assertEquals(selectFindings([]), { groups: [], leftOut: 0 });
});
