import { assertEquals } from "@std/assert";
import type { TaskEntry } from "../../lib/engine/check_history.ts";
import { NOTHING_KNOWN } from "../../lib/engine/check_history.ts";
import { createFinding, type Finding, type FindingFacts } from "../../lib/model/finding.ts";
import type { FileStamp } from "../../lib/model/store.ts";
import { listRanges } from "../../lib/report/damaged_ranges.ts";
import { listFiles } from "../../lib/report/list_files.ts";
import { MOST_FILES, MOST_RANGES } from "../../lib/report/report_model.ts";

function stamp(path: string, sizeBytes: number): FileStamp {
  return { path, sizeBytes, modifiedMs: 0, changedMs: null, inode: null };
}

function checkOf(
  files: readonly FileStamp[],
  checkedBytes: Readonly<Record<string, number>>,
): { files: readonly FileStamp[]; entries: TaskEntry[] } {
  const entry: TaskEntry = {
    task: { kind: "x", sizeBytes: 0, payload: null },
    recalled: NOTHING_KNOWN,
    fresh: { findings: [], checkedBytes },
    spared: false,
    stoppedMs: null,
    hadItsTurn: false,
  };
  return { files, entries: [entry] };
}

function finding(facts: Partial<FindingFacts>): Finding {
  return createFinding("slot-zeroed", { message: "x", ...facts });
}

Deno.test("listRanges() takes ranges, then offsets, then the first byte alone", () => {
  const of = (facts: Partial<FindingFacts>): unknown => listRanges(finding(facts));
  assertEquals(of({ offset: 5, detail: { ranges: [[5, 9], [20, 21]] } }), [
    { offset: 5, sizeBytes: 4 },
    { offset: 20, sizeBytes: 1 },
  ]);
  assertEquals(of({ offset: 5, detail: { offsets: [16, 20] } }), [
    { offset: 16, sizeBytes: null },
    { offset: 20, sizeBytes: null },
  ]);
  assertEquals(of({ offset: 5 }), [{ offset: 5, sizeBytes: null }]);
  assertEquals(of({}), []);
});

Deno.test("listRanges() passes over what is no range, whoever wrote it", () => {
  const ranges = [[9, 5], [-1, 4], [1.5, 3], ["1", "2"], null, 7, [3], [2, 2], [1, 1e300]];
  assertEquals(listRanges(finding({ offset: 1, detail: { ranges } })), [
    { offset: 1, sizeBytes: null },
  ]);
});

Deno.test("listFiles() adds up what was looked at, of each file no more than it has", () => {
  const check = checkOf([stamp("a", 100), stamp("d/b", 50), stamp("d/c", 10)], {
    a: 120,
    "d/b": 20,
    gone: 5,
  });
  const files = listFiles(check, [], () => null);
  assertEquals([files.sizeBytes, files.checkedBytes, files.folded], [160, 120, []]);
  assertEquals(files.listed.map(({ path, checkedBytes }) => [path, checkedBytes]), [
    ["a", 100],
    ["d/b", 20],
    ["d/c", 0],
  ]);
});

Deno.test("listFiles() gives each file its ranges in order, and findings without a place apart", () => {
  const check = checkOf([stamp("a", 100)], {});
  const findings = [
    finding({ path: "a", count: 3, detail: { ranges: [[50, 60], [10, 30]] } }),
    finding({ path: "a" }),
    finding({ path: "a", offset: 20 }),
    finding({ path: null, offset: 7 }),
  ];
  const files = listFiles(check, findings, (path, { offset }) => `${path} at ${offset}`);
  const [file] = files.listed;
  assertEquals(file?.ranges.map(({ offset, finding, owner }) => [offset, finding, owner]), [
    [10, 0, "a at 10"],
    [20, 2, "a at 20"],
    [50, 0, "a at 50"],
  ]);
  assertEquals([file?.places, file?.findings], [4, [1]]);
});

Deno.test("listFiles() shows a file that is missing, and no directory as one", () => {
  const check = checkOf([stamp("d/b", 50)], {});
  const findings = [finding({ path: "d/header.bin" }), finding({ path: "d" })];
  const files = listFiles(check, findings, () => null);
  assertEquals(files.listed.map(({ path, isPresent }) => [path, isPresent]), [
    ["d/b", true],
    ["d/header.bin", false],
  ]);
  assertEquals(files.sizeBytes, 50);
});

Deno.test("listFiles() folds very many files, and never one with a finding before one without", () => {
  const stamps = Array.from({ length: 5000 }, (_, index) => stamp(`d${index % 3}/${index}`, 10));
  const checked = Object.fromEntries(stamps.map(({ path }) => [path, 10]));
  const findings = [finding({ path: "d1/4000", offset: 1 }), finding({ path: "d2/2" })];
  const files = listFiles(checkOf(stamps, checked), findings, () => null);
  assertEquals(files.listed.length <= MOST_FILES, true);
  const found = files.listed.filter((file) => file.ranges.length + file.findings.length > 0);
  assertEquals(found.map(({ path }) => path), ["d1/4000", "d2/2"]);
  const folded = files.folded.reduce((sum, { files }) => sum + files, 0);
  assertEquals(folded + files.listed.length, 5000);
  assertEquals([files.sizeBytes, files.checkedBytes], [50_000, 50_000]);
});

Deno.test("listFiles() shows of very many files those that are large, and none of equal ones", () => {
  const stamps = Array.from({ length: 900 }, (_, index) => stamp(`d/${index}`, 10));
  assertEquals(listFiles(checkOf(stamps, {}), [], () => null).listed, []);
  const { listed, folded } = listFiles(
    checkOf([...stamps, stamp("big", 5000)], {}),
    [],
    () => null,
  );
  assertEquals(listed.map(({ path }) => path), ["big"]);
  assertEquals(folded.map(({ directory, files }) => [directory, files]), [["d", 900]]);
});

Deno.test("listFiles() counts the files with findings for which there is no room", () => {
  const stamps = Array.from({ length: 400 }, (_, index) => stamp(`d/${index}`, 10));
  const findings = stamps.map(({ path }) => finding({ path }));
  const { listed, folded } = listFiles(checkOf(stamps, {}), findings, () => null);
  assertEquals(listed.length + (folded[0]?.withFindings ?? 0), 400);
  assertEquals(folded[0]?.files, folded[0]?.withFindings);
});

Deno.test("listFiles() keeps no more ranges than are shown, and counts all places", () => {
  const ranges = Array.from({ length: 300 }, (_, index) => [2 * index, 2 * index + 1]);
  const check = checkOf([stamp("a", 1000)], {});
  const files = listFiles(
    check,
    [finding({ path: "a", count: 900, detail: { ranges } })],
    () => null,
  );
  assertEquals(files.listed[0]?.ranges.length, MOST_RANGES);
  assertEquals(files.listed[0]?.places, 900);
});
