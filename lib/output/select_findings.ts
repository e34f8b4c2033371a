/**
 * Which findings a screen has room for: the worst first, repeats folded, grouped by collection.
 *
 * @module
 */

import { type Finding, SEVERITIES } from "../model/finding.ts";

/** How many findings of one kind are shown in one collection before the rest is folded. */
export const REPEATS_SHOWN = 5;

/** How many findings of a store are shown unless the user asks for another number. */
export const FINDINGS_SHOWN = 100;

/** Findings of one kind (one code) in one collection. */
export interface FindingKind {
  /** Those that are shown; at least one. */
  readonly shown: readonly Finding[];
  /** How many more there are. */
  readonly hidden: number;
}

/** The findings of one collection, or of the store where they belong to none. */
export interface FindingGroup {
  /** The name of the collection, or null for the store. */
  readonly collection: string | null;
  /** The kinds, the worst first. */
  readonly kinds: readonly FindingKind[];
}

/** What is shown, and how much is not. */
export interface FindingSelection {
  /** The store's own findings, then the collections, the worst first. */
  readonly groups: readonly FindingGroup[];
  /** How many findings there are of kinds that are not shown at all. */
  readonly leftOut: number;
}

/**
 * Selects the findings to show.
 *
 * @param findings Every finding of a store.
 * @param maxFindings How many are shown at the most; 100 with repeats folded when left out, and
 * that many without folding when given.
 * @returns What is shown, in order, and how much is not.
 */
export function selectFindings(
  findings: readonly Finding[],
  maxFindings?: number,
): FindingSelection {
  const kinds = groupByKind(findings);
  const repeatsShown = maxFindings === undefined ? REPEATS_SHOWN : Infinity;
  let room = maxFindings ?? FINDINGS_SHOWN;
  let leftOut = 0;
  const groups = new Map<string | null, FindingKind[]>();
  for (const kind of kinds) {
    const [first] = kind;
    const shown = kind.slice(0, Math.min(room, repeatsShown));
    if (first === undefined || shown.length === 0) {
      leftOut += kind.length;
      continue;
    }
    room -= shown.length;
    const group = groups.get(first.collection) ?? [];
    group.push({ shown, hidden: kind.length - shown.length });
    groups.set(first.collection, group);
  }
  return { groups: orderGroups(groups), leftOut };
}

/** Puts findings of one collection and one code together; the worst kinds come first. */
function groupByKind(findings: readonly Finding[]): Finding[][] {
  const kinds = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.collection, finding.code]);
    const kind = kinds.get(key);
    if (kind === undefined) kinds.set(key, [finding]);
    else kind.push(finding);
  }
  return [...kinds.values()].sort((a, b) => rankOf(a) - rankOf(b));
}

function rankOf([first]: readonly Finding[]): number {
  return first === undefined ? SEVERITIES.length : SEVERITIES.indexOf(first.severity);
}

/** The kinds came the worst first, so the map has the collections in that order already. */
function orderGroups(groups: ReadonlyMap<string | null, FindingKind[]>): FindingGroup[] {
  const ordered = [...groups].map(([collection, kinds]) => ({ collection, kinds }));
  return [
    ...ordered.filter((group) => group.collection === null),
    ...ordered.filter((group) => group.collection !== null),
  ];
}
