/**
 * Judges what SQLite's own check found in chroma.sqlite3, one finding for each cause:
 *
 * - a table whose b-trees are damaged (VF1105): that its indexes then disagree with it, and that
 *   values then are of the wrong kind, follows from it and is told there;
 * - a table that is whole while an index says something else (VF1106);
 * - a table with values that its rules forbid (VF1112), except a collection without a name, which
 *   is told with the catalogue (VF1205);
 * - the full text and the tables behind it (VF1402), for they can be made again from the documents;
 * - pages that stand in two b-trees at once (VF1105).
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding, type JsonValue } from "../../../model/finding.ts";
import type { IntegrityProblem, IntegrityReport } from "./integrity_report.ts";
import { CATALOGUE_NAME } from "../layout.ts";

/** How many byte ranges and names a finding carries at the most. */
const MOST_RANGES = 32;

/** Where the header says where the list of free pages begins and how many there are. */
const FREELIST_OFFSET = 32;

/** What SQLite says of a collection without a name; the catalogue's own check tells of it. */
const NAME_OF_COLLECTION = "collections.name";

/**
 * Judges the reports of one store together, for damage of the full text shows in both parts.
 *
 * @param reports What was found in the parts that were checked.
 * @returns The findings.
 */
export function checkIntegrity(reports: readonly IntegrityReport[]): Finding[] {
  const pageSizeBytes = reports[0]?.pageSizeBytes ?? 0;
  const problems = reports.flatMap((report) => report.problems);
  const ordinary = problems.filter((problem) => !isFulltext(problem));
  const byTable = Map.groupBy(ordinary, (problem) => problem.table);
  return [
    ...Array.from(byTable.values()).flatMap((group) => checkTable(group, pageSizeBytes)),
    ...checkFulltextTables(problems.filter(isFulltext), pageSizeBytes),
    ...reports.flatMap(checkPageUse),
  ];
}

function isFulltext(problem: IntegrityProblem): boolean {
  return problem.kind === "fulltext" || (problem.table?.startsWith("embedding_fulltext") ?? false);
}

function checkTable(problems: readonly IntegrityProblem[], pageSizeBytes: number): Finding[] {
  const malformed = problems.find((problem) => problem.kind === "malformed");
  if (malformed !== undefined) return [createMalformed(malformed, problems, pageSizeBytes)];
  return problems.flatMap((problem) =>
    problem.kind === "index-mismatch" ? [createMismatch(problem)] : checkConstraint(problem)
  );
}

function createMalformed(
  malformed: IntegrityProblem,
  problems: readonly IntegrityProblem[],
  pageSizeBytes: number,
): Finding {
  const isFreelist = malformed.table === null;
  const what = isFreelist ? "The list of free pages" : describeTable(malformed);
  const place = placeOf([malformed], pageSizeBytes);
  const following = problems.filter((problem) => problem !== malformed);
  return createFinding("sqlite-malformed", {
    message: `${what} is damaged in ${countPlaces(malformed)}, first: ` +
      printable(malformed.message),
    path: CATALOGUE_NAME,
    count: place.count,
    offset: place.offset ?? (isFreelist ? FREELIST_OFFSET : null),
    detail: {
      ...detailOf([malformed], pageSizeBytes),
      following: following.map(({ kind, count, message }) => ({ kind, count, message })),
    },
  });
}

/** Names the table, and where its own b-tree is not among the damaged ones, the indexes alone. */
function describeTable({ table, subjects }: IntegrityProblem): string {
  const name = printable(table ?? "");
  if (subjects.length === 0 || subjects.includes(table ?? "")) return `Table ${name}`;
  return `${subjects.length === 1 ? "Index" : "Indexes"} ${
    printable(subjects.slice(0, 3).join(", "))
  } of table ${name}`;
}

function createMismatch(problem: IntegrityProblem): Finding {
  const indexes = printable(problem.subjects.slice(0, 3).join(", "));
  const disagree = problem.subjects.length === 1
    ? `Index ${indexes} disagrees`
    : `Indexes ${indexes} disagree`;
  return createFinding("sqlite-index-mismatch", {
    message: `${disagree} with table ${printable(problem.table ?? "")} in ` +
      `${countPlaces(problem)}, first: ${printable(problem.message)}`,
    path: CATALOGUE_NAME,
    count: problem.count,
    detail: detailOf([problem], 0),
  });
}

function checkConstraint(problem: IntegrityProblem): Finding[] {
  const columns = problem.subjects.filter((subject) => subject !== NAME_OF_COLLECTION);
  if (columns.length === 0) return [];
  return [createFinding("sqlite-constraint-broken", {
    message: `Table ${printable(problem.table ?? "")} has values that its rules forbid, in ` +
      `${printable(columns.slice(0, 3).join(", "))}: ${printable(problem.message)}`,
    path: CATALOGUE_NAME,
    count: problem.count,
    detail: { ...detailOf([problem], 0), subjects: columns.slice(0, MOST_RANGES) },
  })];
}

function checkFulltextTables(
  problems: readonly IntegrityProblem[],
  pageSizeBytes: number,
): Finding[] {
  // What the full text says of itself is clearer than what its tables say.
  const own = problems.filter((problem) => problem.kind === "fulltext");
  const first = own[0] ?? problems[0];
  if (first === undefined) return [];
  return [createFinding("fulltext-malformed", {
    message: `The full-text index is damaged: ${printable(first.message)}`,
    path: CATALOGUE_NAME,
    ...placeOf(problems, pageSizeBytes),
    detail: {
      ...detailOf(problems, pageSizeBytes),
      tables: [...new Set(problems.map((problem) => problem.table))],
    },
  })];
}

function checkPageUse(report: IntegrityReport): Finding[] {
  const unused = report.unaccountedPages ?? 0;
  if (unused > 0) {
    return [createFinding("sqlite-pages-unused", {
      message: `${formatCount(unused, "page belongs", "pages belong")} to no table and no index`,
      path: CATALOGUE_NAME,
      count: unused,
    })];
  }
  const shared = -unused;
  if (shared <= 0) return [];
  return [createFinding("sqlite-malformed", {
    message: `${formatCount(shared, "page stands", "pages stand")} in more than one b-tree`,
    path: CATALOGUE_NAME,
    count: shared,
  })];
}

function countPlaces(problem: IntegrityProblem): string {
  const places = formatCount(problem.count, "place");
  return problem.isLowerBound ? `at least ${places}` : places;
}

function placeOf(
  problems: readonly IntegrityProblem[],
  pageSizeBytes: number,
): { offset: number | null; count: number } {
  const [first] = listPages(problems);
  return {
    offset: first === undefined ? null : (first - 1) * pageSizeBytes,
    count: problems.reduce((sum, problem) => sum + problem.count, 0),
  };
}

function detailOf(
  problems: readonly IntegrityProblem[],
  pageSizeBytes: number,
): Record<string, JsonValue> {
  const pages = listPages(problems);
  return {
    table: problems[0]?.table ?? null,
    subjects: [...new Set(problems.flatMap((problem) => problem.subjects))].slice(0, MOST_RANGES),
    isLowerBound: problems.some((problem) => problem.isLowerBound),
    ...(pages.length === 0 ? {} : { ranges: toRanges(pages, pageSizeBytes) }),
  };
}

function listPages(problems: readonly IntegrityProblem[]): number[] {
  const pages = new Set(problems.flatMap((problem) => problem.pages));
  return [...pages].sort((a, b) => a - b);
}

/** Joins pages that follow each other; as many ranges as a finding carries. */
function toRanges(pages: readonly number[], pageSizeBytes: number): [number, number][] {
  const ranges: [number, number][] = [];
  for (const page of pages) {
    const start = (page - 1) * pageSizeBytes;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === start) last[1] += pageSizeBytes;
    else if (ranges.length < MOST_RANGES) ranges.push([start, start + pageSizeBytes]);
  }
  return ranges;
}
