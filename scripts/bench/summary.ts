/**
 * What an operator takes from the benchmarks: five sentences, and the table of the README.
 *
 * @module
 */

import { formatDuration } from "../../lib/base/format.ts";
import { INTEGRITY_CHECK_NAME } from "./checks.ts";
import { LIBRARY_NAME } from "./chromem.ts";
import { findRow, medianOf, type Results, type Row, type Section, type Table } from "./results.ts";

/** A line of the table: a row of a section, and what it is called there. */
interface Line {
  readonly section: string;
  readonly row: string;
  readonly title: string;
  /** What the peer of its table is called; the name of its row where this is missing. */
  readonly peer?: string;
}

const LINES: readonly Line[] = [
  {
    section: "check",
    row: "vecfsck check --full",
    title: "full check",
    peer: "SQLite's `integrity_check` alone",
  },
  {
    section: "check",
    row: "vecfsck check --quick",
    title: "quick check",
    peer: "SQLite's `integrity_check` alone",
  },
  {
    section: "chromem",
    row: "vecfsck check --full",
    title: "full check of chromem-go",
    peer: "the Go library loads it",
  },
  { section: "guard", row: "vecfsck guard, unchanged", title: "guard of an unchanged store" },
  {
    section: "backup",
    row: "vecfsck backup, the first",
    title: "first backup, checked",
    peer: "`cp -r`, then `sha256sum`",
  },
  {
    section: "repair",
    row: "vecfsck repair, every link lost",
    title: "repair of an index without a link",
    peer: "chroma-hnswlib adds the vectors",
  },
  {
    section: "optimize",
    row: "vecfsck optimize --no-backup",
    title: "optimize",
    peer: "`chroma vacuum`",
  },
  {
    section: "export",
    row: "vecfsck export --format jsonl",
    title: "export as JSON Lines",
    peer: "chromadb's `get()` by pages",
  },
];

/**
 * Renders the table of the README.
 *
 * @param results What is known.
 * @returns The table as Markdown, without a line for what was not measured.
 */
export function renderSummaryTable(results: Results): string {
  const lines = LINES.flatMap((line) => {
    const section = results.sections.find(({ name }) => name === line.section);
    const table = section?.tables.find(({ rows }) => rows.some(({ name }) => name === line.row));
    const row = table?.rows.find(({ name }) => name === line.row);
    const peer = table?.rows.find(({ name }) => name === table.peer);
    const own = row === undefined ? null : medianOf(row);
    const other = peer === undefined ? null : medianOf(peer);
    if (table === undefined || peer === undefined || own === null || other === null) return [];
    const cells = [
      `${line.title}: ${table.input}`,
      formatTime(own),
      `${line.peer ?? peer.name}: ${formatTime(other)}`,
      formatRatio(own, other),
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  return ["| what | vecfsck | peer | ratio |", "| --- | ---: | --- | ---: |", ...lines].join("\n");
}

/**
 * Renders what matters to an operator.
 *
 * @param results What is known.
 * @returns A list of five lines as Markdown, those left out of which nothing was measured.
 */
export function renderHeadlines(results: Results): string {
  const section = (name: string): Section | undefined =>
    results.sections.find((candidate) => candidate.name === name);
  return [
    aboutChecks(section("check")),
    aboutChromem(section("chromem")),
    aboutStarts(section("guard"), section("start")),
    aboutRepairs(section("repair")),
    aboutBackups(section("backup")),
  ].filter((line) => line !== null).map((line) => `- ${line}`).join("\n");
}

function aboutChecks(section: Section | undefined): string | null {
  const table = section?.tables[0];
  const [full, quick] = [
    timeIn(table, "vecfsck check --full"),
    timeIn(table, "vecfsck check --quick"),
  ];
  const ratio = ratioIn(table, "vecfsck check --full", INTEGRITY_CHECK_NAME);
  if (full === null || quick === null || ratio === null) return null;
  return `**A full check** of ${table?.input} takes ${full}: ${ratio} what SQLite's own check of ` +
    `the database takes, which looks at no vector; a quick look takes ${quick} whatever the size.`;
}

function aboutChromem(section: Section | undefined): string | null {
  const parts = (section?.tables ?? []).flatMap((table) => {
    const full = timeIn(table, "vecfsck check --full");
    const library = timeIn(table, LIBRARY_NAME);
    return full === null || library === null
      ? []
      : [`${full} where the library takes ${library} to load it (${table.input})`];
  });
  return parts.length === 0
    ? null
    : `**A full check of chromem-go** takes ${parts.join(", and ")}.`;
}

function aboutStarts(guard: Section | undefined, start: Section | undefined): string | null {
  const waited = timeOf(findRow(guard, "vecfsck guard, unchanged"));
  const compiled = timeOf(findRow(start, "compiled: vecfsck check --quick"));
  if (waited === null) return null;
  const rest = compiled === null
    ? ""
    : ` The compiled file has checked a small store ${compiled} after it was started.`;
  return `**A service waits** ${waited} for \`guard\` where nothing has changed since the last ` +
    `time.${rest}`;
}

function aboutRepairs(section: Section | undefined): string | null {
  const repair = timeOf(findRow(section, "vecfsck repair, every link lost"));
  const peers = ["one thread", "two threads"].map((threads) =>
    timeOf(findRow(section, `chroma-hnswlib adds the vectors, ${threads}`))
  );
  if (repair === null || peers[0] === null) return null;
  return `**A repair** of an index of which every link is lost takes ${repair}, all checks ` +
    `included; adding the same vectors by chroma-hnswlib takes ${peers[0]} on one thread and ` +
    `${peers[1] ?? "an unknown time"} on two, once somebody has them.`;
}

function aboutBackups(section: Section | undefined): string | null {
  const table = section?.tables[0];
  const [first, again] = [
    timeIn(table, "vecfsck backup, the first"),
    timeIn(table, "vecfsck backup, unchanged"),
  ];
  const copy = timeIn(table, table?.peer ?? "");
  if (first === null || again === null || copy === null) return null;
  return `**A backup** that was checked in full takes ${first}, and ${again} where nothing has ` +
    `changed; copying and digests alone take ${copy}.`;
}

function timeIn(table: Table | undefined, name: string): string | null {
  return timeOf(table?.rows.find((row) => row.name === name));
}

function timeOf(row: Row | undefined): string | null {
  const median = row === undefined ? null : medianOf(row);
  return median === null ? null : formatTime(median);
}

function ratioIn(table: Table | undefined, own: string, peer: string): string | null {
  const find = (name: string): number | null => {
    const row = table?.rows.find((candidate) => candidate.name === name);
    return row === undefined ? null : medianOf(row);
  };
  const [ownMs, peerMs] = [find(own), find(peer)];
  return ownMs === null || peerMs === null ? null : formatRatio(ownMs, peerMs);
}

/** Writes a time with as many digits as a noisy machine bears out. */
export function formatTime(durationMs: number): string {
  if (durationMs < 1) return `${(1000 * durationMs).toFixed(0)} µs`;
  if (durationMs < 10) return `${durationMs.toFixed(1)} ms`;
  if (durationMs < 100) return `${durationMs.toFixed(0)} ms`;
  return formatDuration(durationMs);
}

/** Writes a ratio: `1.40 ×`. */
export function formatRatio(own: number, peer: number): string {
  return `${(own / peer).toFixed(2)} ×`;
}
