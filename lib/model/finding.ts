/**
 * A finding: one thing that is wrong, or unusual, in the data of a store.
 *
 * @module
 */

import { FINDING_CODES, type FindingCode, type FindingName, type Severity } from "./codes.ts";

/** A value that JSON can carry. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The fields that every finding has; see `docs/json.md`. */
export interface Finding {
  /** The stable code, for instance `VF2205`. */
  readonly code: string;
  /** The name that belongs to the code, for instance `slot-neighbour-range`. */
  readonly name: FindingName;
  /** How bad it is; fixed for each code. */
  readonly severity: Severity;
  /** The file, relative to the store with forward slashes, or null for the store as a whole. */
  readonly path: string | null;
  /** The name of the collection, or null where the finding belongs to none. */
  readonly collection: string | null;
  /** The id of the segment, or null where the finding belongs to none. */
  readonly segment: string | null;
  /** The first byte that is wrong, counted from the start of the file, or null. */
  readonly offset: number | null;
  /** How many places this one cause has damaged. */
  readonly count: number;
  /** What is wrong here, with the numbers that prove it. */
  readonly message: string;
  /** What the user of the store suffers from it. */
  readonly effect: string;
  /** What to do next. */
  readonly repair: string;
  /** Further facts under names of their own: byte ranges, ids, the true value. */
  readonly detail: Readonly<Record<string, JsonValue>>;
}

/** What a check knows of a finding besides its name. */
export interface FindingFacts {
  /** What is wrong here, with the numbers that prove it; one sentence without a final period. */
  message: string;
  /** The file, relative to the store with forward slashes. */
  path?: string | null;
  /** The name of the collection. */
  collection?: string | null;
  /** The id of the segment. */
  segment?: string | null;
  /** The first byte that is wrong. */
  offset?: number | null;
  /** How many places this one cause has damaged; 1 when left out. */
  count?: number;
  /** Further facts. */
  detail?: Readonly<Record<string, JsonValue>>;
}

/**
 * Makes a finding from its row in the table of codes and what the check knows.
 *
 * @param name The name of the finding.
 * @param facts Where it is, and the numbers that prove it.
 * @returns The finding with code, severity, effect and repair filled in.
 */
export function createFinding(name: FindingName, facts: FindingFacts): Finding {
  const { code, severity, effect, repair }: FindingCode = FINDING_CODES[name];
  return {
    code,
    name,
    severity,
    path: facts.path ?? null,
    collection: facts.collection ?? null,
    segment: facts.segment ?? null,
    offset: facts.offset ?? null,
    count: facts.count ?? 1,
    message: facts.message,
    effect,
    repair,
    detail: facts.detail ?? {},
  };
}

/** How many findings there are of each severity. */
export type SeverityCounts = Record<Severity, number>;

/** The severities, the worst first. */
export const SEVERITIES: readonly Severity[] = ["fatal", "error", "warning", "info"];

/** Whether a finding is damage: what is less than an error keeps nothing from working. */
export function isDamage({ severity }: Pick<Finding, "severity">): boolean {
  return severity === "error" || severity === "fatal";
}

/** Counts findings by severity. */
export function countSeverities(findings: Iterable<Finding>): SeverityCounts {
  const counts: SeverityCounts = { fatal: 0, error: 0, warning: 0, info: 0 };
  for (const finding of findings) counts[finding.severity]++;
  return counts;
}

/**
 * What the findings add up to: may the engine open this store? `incomplete` where no damage is known,
 * but the time was over before every part had been read.
 */
export type Verdict = "clean" | "warnings" | "damaged" | "unsafe" | "incomplete";

/**
 * Draws the verdict from the counts.
 *
 * @param counts How many findings there are of each severity.
 * @param complete Whether every part was checked.
 * @returns `unsafe` with a fatal finding, `damaged` with an error, `warnings` with a warning; in
 * place of that and of `clean`, `incomplete` where a part was never checked.
 */
export function drawVerdict(counts: SeverityCounts, complete = true): Verdict {
  if (counts.fatal > 0) return "unsafe";
  if (counts.error > 0) return "damaged";
  if (!complete) return "incomplete";
  return counts.warning > 0 ? "warnings" : "clean";
}
