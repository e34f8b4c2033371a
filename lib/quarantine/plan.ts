/**
 * Which indexes of a store are moved aside, and why. Nothing is read or written here.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount, formatDuration } from "../base/format.ts";
import { type Finding, isDamage } from "../model/finding.ts";
import type { IndexPart } from "../model/index_part.ts";

/** An index that is as much older than the catalogue as was asked for. */
export interface StaleIndex {
  /** Its directory, relative to the store. */
  readonly path: string;
  /** How much older it is, in milliseconds. */
  readonly ageMs: number;
}

/** What indexes are chosen by; each of these adds some. */
export interface QuarantineSelection {
  /** Indexes that are older than the catalogue. */
  readonly stale?: readonly StaleIndex[];
  /** What a full check has found: indexes with an error or worse in their files are chosen. */
  readonly findings?: readonly Finding[];
  /** Indexes by what the engine calls them. */
  readonly segments?: readonly string[];
}

/** An index that is going to be moved aside. */
export interface PlannedIndex {
  /** The index. */
  readonly part: IndexPart;
  /** Why, for people. */
  readonly reasons: readonly string[];
  /** The codes of the findings for which it is chosen, sorted. */
  readonly findings: readonly string[];
}

/** How many codes a reason names. */
const MOST_CODES = 8;

/**
 * Plans which indexes are moved aside.
 *
 * @param parts The indexes of the store.
 * @param selection What they are chosen by.
 * @returns Those that are chosen, in the order of the store.
 * @throws {OperationError} An index was asked for by a name that none has.
 */
export function planQuarantine(
  parts: readonly IndexPart[],
  { stale = [], findings = [], segments = [] }: QuarantineSelection,
): PlannedIndex[] {
  for (const segment of segments) requirePart(parts, segment);
  const ages = new Map(stale.map(({ path, ageMs }) => [path, ageMs]));
  return parts.flatMap((part) => {
    const codes = listCodes(part, findings);
    const ageMs = ages.get(part.path);
    const reasons = [
      ...(segments.includes(part.id) ? ["it was asked for"] : []),
      ...(codes.length === 0 ? [] : [`it is damaged: ${joinCodes(codes)}`]),
      ...(ageMs === undefined ? [] : [`it is ${formatDuration(ageMs)} older than the catalogue`]),
    ];
    return reasons.length === 0 ? [] : [{ part, reasons, findings: codes }];
  });
}

function requirePart(parts: readonly IndexPart[], segment: string): void {
  if (parts.some(({ id }) => id === segment)) return;
  const known = parts.map(({ id }) => id).join(", ");
  throw new OperationError("not-found", `The store has no index ${segment}`, {
    hint: known === "" ? "It has no index at all." : `It has ${known}.`,
  });
}

/** The codes of what is wrong with the files of an index; what others lack because of it is not. */
function listCodes({ path }: IndexPart, findings: readonly Finding[]): string[] {
  const codes = findings
    .filter(isDamage)
    .filter((finding) => finding.path === path || finding.path?.startsWith(`${path}/`))
    .map(({ code }) => code);
  return [...new Set(codes)].sort();
}

function joinCodes(codes: readonly string[]): string {
  const more = codes.length - MOST_CODES;
  const shown = codes.slice(0, MOST_CODES).join(", ");
  return more > 0 ? `${shown} and ${formatCount(more, "more code")}` : shown;
}
