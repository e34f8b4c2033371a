/**
 * The page of benchmarks, made from what is known: docs/benchmarks.md from docs/benchmarks.json.
 *
 * @module
 */

import { formatBytes, formatCount } from "../../lib/base/format.ts";
import type { Benchmark } from "./benchmarks.ts";
import { medianOf, type Results, type Row, type Run, type Section, type Table } from "./results.ts";
import { formatRatio, formatTime, renderHeadlines, renderSummaryTable } from "./summary.ts";

const BEGIN = "<!-- benchmarks:begin -->";
const END = "<!-- benchmarks:end -->";

const INTRODUCTION = `<!-- Generated from benchmarks.json by \`deno task bench\`. -->

# Benchmarks
`;

const METHOD = `## How it is measured

\`deno task bench\` runs what stands here and writes this page. Contenders of a table run in turn, A B
C, A B C, so that a machine whose speed drifts drifts for all of them. Files are in the memory of the
system, by a first run that is not counted or because they were just copied. A time is that of a whole process, from its start to its
exit, and the median of its runs; a ratio is that of two medians of the same table. Peak memory is
that of the largest process of a command, which is asked for it every 10 ms. What could not be
measured is told as that.

In commands, \`vecfsck\` stands for

\`\`\`text
deno run --quiet --no-prompt --allow-read --allow-write cli.ts
\`\`\`

and paths are examples. The stores are those that real engines make: \`VECFSCK_ENGINES\` names a
directory with \`chroma-1.5.9/bin\` and \`chroma-0.5.23/bin\` (virtual environments of Python with that
chromadb), \`VECFSCK_CHROMEM\` a program built from \`tests/fixtures/chromem/judge\`, and \`DENORT_BIN\`
the runtime of executables where it cannot be downloaded. Stores that are there already are named as
arguments; \`--only NAME\` runs one benchmark and leaves the others as they were measured before,
\`--quick\` runs each once and smaller, and \`--list\` lists them.
`;

/**
 * Renders the page.
 *
 * @param results What is known.
 * @param benchmarks What can be measured: a benchmark without a section is told as not measured.
 * @returns The page as Markdown, not formatted.
 */
export function renderPage(results: Results, benchmarks: readonly Benchmark[]): string {
  const headlines = renderHeadlines(results);
  const sections = benchmarks.map((benchmark) =>
    renderSection(benchmark, results.sections.find(({ name }) => name === benchmark.name), results)
  );
  return [
    INTRODUCTION,
    headlines,
    METHOD,
    `## Machines and versions\n\n${results.runs.map(renderRun).join("\n\n")}`,
    ...sections,
  ].filter((part) => part !== "").join("\n\n") + "\n";
}

/**
 * Writes the table of the README anew, between its marks.
 *
 * @param readme The text of the README.
 * @param results What is known.
 * @returns The new text; the same where the marks are missing.
 */
export function replaceSummary(readme: string, results: Results): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) return readme;
  return `${readme.slice(0, begin)}${BEGIN}\n\n${renderSummaryTable(results)}\n\n${
    readme.slice(end)
  }`;
}

function renderRun(run: Run, index: number): string {
  const { processor, cores, memoryBytes, kernel, disk, load } = run.machine;
  const versions = Object.entries(run.versions)
    .map(([name, version]) => `${name} ${version ?? "missing"}`);
  return `Run ${index + 1}, ${formatInstant(run.startedAt)}${
    run.isQuick ? ", **quick: each once, smaller, not for comparisons**" : ""
  }:\n\n` + [
    `${processor}, ${formatCount(cores, "core")}, ${formatBytes(memoryBytes)} of memory`,
    `${kernel}; ${disk}`,
    `load average when it began: ${load.toFixed(2)}`,
    versions.join(", "),
  ].map((line) => `- ${line}`).join("\n");
}

function formatInstant(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

function renderSection(
  { name, title, about }: Benchmark,
  section: Section | undefined,
  { runs }: Results,
): string {
  const parts = [`## ${title}`, about];
  if (section === undefined) {
    return [...parts, "Not measured."].join("\n\n");
  }
  const run = runs.findIndex(({ startedAt }) => startedAt === section.run);
  const isQuick = runs[run]?.isQuick ? ", quick" : "";
  parts.push(
    `Run ${run + 1}${isQuick}, ${formatInstant(section.run)}; \`deno task bench --only ${name}\`.`,
  );
  for (const table of section.tables) parts.push(renderTable(table));
  for (const note of section.notes) parts.push(note);
  return parts.join("\n\n");
}

function renderTable({ input, warmUps, peer, rows }: Table): string {
  const peerRow = rows.find(({ name }) => name === peer);
  const peerMs = peerRow === undefined ? null : medianOf(peerRow);
  const columns = [...new Set(rows.flatMap(({ more }) => Object.keys(more)))];
  const hasPeaks = rows.some(({ peakBytes }) => peakBytes !== null);
  const heads = [
    "what",
    "median",
    "min to max",
    "runs",
    ...peer === null ? [] : [`against ${shorten(peer)}`],
    ...hasPeaks ? ["peak memory"] : [],
    ...columns,
  ];
  const lines = rows.map((row) => {
    const cells = row.missing === null
      ? [
        ...cellsOf(row, { peerMs, hasPeer: peer !== null, hasPeaks }),
        ...columns.map((column) => row.more[column] ?? ""),
      ]
      : ["not measured", ...Array(heads.length - 2).fill("")];
    return `| ${[row.name, ...cells].join(" | ")} |`;
  });
  const commands = rows.flatMap(({ command }) => command === null ? [] : [command]);
  const missing = rows.flatMap(({ name, missing }) =>
    missing === null ? [] : [`- ${name}: ${missing}`]
  );
  return [
    `On ${input}${warmUps > 0 ? ", after a run that is not counted" : ""}:`,
    [`| ${heads.join(" | ")} |`, `| --- ${"| ---: ".repeat(heads.length - 1)}|`, ...lines].join(
      "\n",
    ),
    ...missing.length === 0 ? [] : [`Not measured:\n\n${missing.join("\n")}`],
    ...commands.length === 0 ? [] : [`\`\`\`text\n${commands.join("\n")}\n\`\`\``],
  ].join("\n\n");
}

function cellsOf(
  row: Row,
  { peerMs, hasPeer, hasPeaks }: { peerMs: number | null; hasPeer: boolean; hasPeaks: boolean },
): string[] {
  const median = medianOf(row) ?? NaN;
  return [
    formatTime(median),
    `${formatTime(Math.min(...row.wallMs))} to ${formatTime(Math.max(...row.wallMs))}`,
    String(row.wallMs.length),
    ...hasPeer ? [peerMs === null ? "no peer" : formatRatio(median, peerMs)] : [],
    ...hasPeaks ? [row.peakBytes === null ? "" : formatBytes(row.peakBytes)] : [],
  ];
}

/** The head of a column has no room for what stands behind a comma. */
function shorten(peer: string): string {
  return peer.split(/[,:]/)[0] ?? peer;
}
