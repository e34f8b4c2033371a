import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { BENCHMARKS } from "../../scripts/bench/benchmarks.ts";
import { renderPage, replaceSummary } from "../../scripts/bench/render.ts";
import {
  mergeResults,
  NO_RESULTS,
  type Results,
  type Row,
  type Run,
  type Section,
} from "../../scripts/bench/results.ts";
import { REPOSITORY } from "../support/fixtures.ts";

const ORDER = BENCHMARKS.map(({ name }) => name);

function run(startedAt: string): Run {
  return {
    startedAt,
    isQuick: false,
    machine: {
      processor: "a processor",
      cores: 2,
      memoryBytes: 8e9,
      kernel: "linux 6",
      disk: "ext4",
      load: 0.1,
    },
    versions: { vecfsck: "1.0.0", chromadb: null },
  };
}

const FIRST = run("2026-01-01T10:00:00.000Z");
const SECOND = run("2026-01-02T10:00:00.000Z");

function row(name: string, wallMs: number[], missing: string | null = null): Row {
  return { name, command: null, wallMs, peakBytes: null, missing, more: {} };
}

function section(name: string, { startedAt }: Run, rows: Row[]): Section {
  return {
    name,
    run: startedAt,
    tables: [{ input: "7 records", warmUps: 1, peer: "PRAGMA integrity_check", rows }],
    notes: [],
  };
}

const CHECKED = [
  row("vecfsck check --full", [300, 100, 200]),
  row("vecfsck check --quick", [50]),
  row("PRAGMA integrity_check", [100]),
];

Deno.test("mergeResults() replaces the sections of a run and leaves the others as they are", () => {
  const sections = [section("seal", FIRST, []), section("check", FIRST, CHECKED)];
  const before = mergeResults(NO_RESULTS, FIRST, sections, ORDER);
  assertEquals(before.sections.map(({ name }) => name), ["check", "seal"]);
  const after = mergeResults(before, SECOND, [section("seal", SECOND, [])], ORDER);
  assertEquals(after.sections.map(({ run }) => run), [FIRST.startedAt, SECOND.startedAt]);
  assertEquals(after.runs, [FIRST, SECOND]);
});

Deno.test("mergeResults() forgets runs and benchmarks of which nothing is left", () => {
  const before = mergeResults(NO_RESULTS, FIRST, [section("check", FIRST, [])], ORDER);
  const after = mergeResults(before, SECOND, [section("check", SECOND, [])], ORDER);
  assertEquals(after.runs, [SECOND]);
  assertEquals(mergeResults(after, SECOND, [], []).sections, []);
});

Deno.test("renderPage() has every benchmark, and says what was not measured", () => {
  const rows = [...CHECKED, row("cat of every file", [], "there is no cat")];
  const results = mergeResults(NO_RESULTS, FIRST, [section("check", FIRST, rows)], ORDER);
  const page = renderPage(results, BENCHMARKS);
  for (const { title } of BENCHMARKS) assertStringIncludes(page, `\n## ${title}\n`);
  assertEquals(page.split("\nNot measured.\n").length, BENCHMARKS.length);
  assertStringIncludes(page, "- cat of every file: there is no cat");
  assertStringIncludes(page, "| vecfsck check --full | 0.20 s | 0.10 s to 0.30 s | 3 | 2.00 × |");
  assertStringIncludes(page, "- **A full check** of 7 records takes 0.20 s: 2.00 × what");
  assertStringIncludes(page, "chromadb missing");
});

Deno.test("renderPage() marks what a quick run has measured", () => {
  const quick = { ...FIRST, isQuick: true };
  const results = mergeResults(NO_RESULTS, quick, [section("check", quick, CHECKED)], ORDER);
  assertStringIncludes(renderPage(results, BENCHMARKS), "not for comparisons");
});

Deno.test("replaceSummary() writes between its marks and nowhere else", () => {
  const results = mergeResults(NO_RESULTS, FIRST, [section("check", FIRST, CHECKED)], ORDER);
  const [begin, end] = ["<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"];
  const replaced = replaceSummary(`before\n${begin}\nold\n${end}\nafter\n`, results);
  assert(replaced.startsWith(`before\n${begin}\n`) && replaced.endsWith(`${end}\nafter\n`));
  assertStringIncludes(replaced, "| full check: 7 records | 0.20 s |");
  assertEquals(replaced.includes("old"), false);
  assertEquals(replaceSummary(replaced, results), replaced);
  assertEquals(replaceSummary("no marks\n", results), "no marks\n");
});

Deno.test("docs/benchmarks.md is what docs/benchmarks.json says, and so is the table of the README", async () => {
  const read = (path: string): Promise<string> => Deno.readTextFile(join(REPOSITORY, path));
  const results: Results = JSON.parse(await read("docs/benchmarks.json"));
  const readme = await read("README.md");
  assertEquals(await read("docs/benchmarks.md"), await format(renderPage(results, BENCHMARKS)));
  assertEquals(readme, await format(replaceSummary(readme, results)));
});

/** Formats a page as everything here is. */
async function format(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "--config", join(REPOSITORY, "deno.json"), "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}
