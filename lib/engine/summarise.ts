/**
 * The end of a check: what the findings add up to, and what was read, spared and left.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { countSeverities, drawVerdict, type Finding } from "../model/finding.ts";
import {
  type CheckLevel,
  SCHEMA_VERSION,
  type SkippedBytes,
  type SummaryEvent,
} from "../model/report.ts";
import type { Conclusion, DetectedStore, FileStamp, StoreSurvey } from "../model/store.ts";
import type { AuditResult } from "./audit.ts";
import {
  explainUnfinished,
  listEarlierBytes,
  standingResult,
  type TaskEntry,
} from "./check_history.ts";

/** What one pass over a store gives. */
export interface CheckOutcome {
  /** When it began, in milliseconds since 1970. */
  readonly startedMs: number;
  /** What the first step learned. */
  readonly survey: StoreSurvey;
  /** Every finding. */
  readonly findings: readonly Finding[];
  /** What became of each task. */
  readonly entries: readonly TaskEntry[];
  /** What the audits found. */
  readonly audits: readonly AuditResult[];
  /** What the last step added. */
  readonly conclusion: Conclusion;
  /** Why parts could not be read. */
  readonly failures: readonly OperationError[];
}

/** What a summary says besides the outcome. */
export interface SummaryFacts {
  /** How much was looked at. */
  readonly level: CheckLevel;
  /** How long the check was given, in milliseconds; undefined where it was not limited. */
  readonly maxDurationMs: number | undefined;
  /** The time of day, in milliseconds since 1970. */
  readonly nowMs: number;
  /** How long it took. */
  readonly elapsedMs: number;
}

/** Whether no finding is an error or worse. */
export function isSound(findings: readonly Finding[]): boolean {
  const { fatal, error } = countSeverities(findings);
  return fatal + error === 0;
}

/**
 * Summarises a check.
 *
 * @param store The store.
 * @param outcome What came of the check.
 * @param facts What else the summary says.
 * @returns The last event of the check.
 */
export function summarise(
  store: DetectedStore,
  outcome: CheckOutcome,
  { level, maxDurationMs, nowMs, elapsedMs }: SummaryFacts,
): SummaryEvent {
  const { survey, entries, conclusion } = outcome;
  const collections = conclusion.collections ?? survey.collections;
  const counts = countSeverities(outcome.findings);
  const complete = entries.every((entry) => standingResult(entry) !== null);
  const presentBytes = survey.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const bytes = addUpChecked(outcome);
  const bytesChecked = sumWithin(survey.files, bytes);
  for (const { path, sizeBytes } of entries.flatMap(listEarlierBytes)) bytes.add(path, sizeBytes);
  return {
    type: "summary",
    schema: SCHEMA_VERSION,
    store: store.path,
    format: store.format,
    engine: survey.engine,
    level,
    verdict: drawVerdict(counts, complete),
    counts,
    collections,
    collectionsDamaged: countDamaged(outcome.findings, collections),
    records: complete ? conclusion.records : null,
    bytesChecked,
    bytesSkipped: presentBytes - bytesChecked,
    skipped: explainSkipped(outcome, presentBytes - bytesChecked, { level, maxDurationMs }),
    complete,
    bytesVerified: sumWithin(survey.files, bytes),
    oldestUnverifiedSeconds: level === "quick" ? null : ageOfOldest(entries, nowMs),
    elapsedMs: Math.round(elapsedMs),
  };
}

/** Where a name was lost, the place of the collection stands for it. */
function countDamaged(findings: readonly Finding[], collections: number): number {
  const damaged = findings.filter((finding) => !isSound([finding]))
    .flatMap(({ collection, segment }) => collection ?? segment ?? []);
  return Math.min(collections, new Set(damaged).size);
}

/** Bytes of many files, added up by file. */
class BytesByFile {
  readonly #bytes = new Map<string, number>();

  add(path: string, sizeBytes: number): void {
    this.#bytes.set(path, this.of(path) + sizeBytes);
  }

  of(path: string): number {
    return this.#bytes.get(path) ?? 0;
  }
}

function addUpChecked({ entries, audits }: CheckOutcome): BytesByFile {
  const bytes = new BytesByFile();
  for (const { checkedBytes } of [...entries.flatMap(({ fresh }) => fresh ?? []), ...audits]) {
    for (const path in checkedBytes) bytes.add(path, checkedBytes[path] ?? 0);
  }
  return bytes;
}

/** Adds up the bytes of files, of each no more than it has. */
function sumWithin(files: readonly FileStamp[], bytes: BytesByFile): number {
  return files.reduce((sum, file) => sum + Math.min(file.sizeBytes, bytes.of(file.path)), 0);
}

/** Null where a part was never checked. */
function ageOfOldest(entries: readonly TaskEntry[], nowMs: number): number | null {
  if (entries.some((entry) => standingResult(entry) === null)) return null;
  const times = entries.flatMap((entry) => listEarlierBytes(entry))
    .map(({ verifiedMs }) => verifiedMs);
  return Math.max(0, Math.floor((nowMs - Math.min(nowMs, ...times)) / 1000));
}

/** Gives every skipped byte a reason: what survey and tasks named, and the rest to the level. */
function explainSkipped(
  { survey, entries }: CheckOutcome,
  bytesSkipped: number,
  { level, maxDurationMs }: Pick<SummaryFacts, "level" | "maxDurationMs">,
): SkippedBytes[] {
  const sizes = new Map<string, number>();
  const named = [
    ...survey.skipped,
    ...entries.flatMap((entry) => standingResult(entry)?.skipped ?? []),
    ...entries.flatMap((entry) => explainEntry(entry, maxDurationMs)),
  ];
  let rest = bytesSkipped;
  for (const { reason, sizeBytes } of named) {
    // Stamps are older than what the tasks saw, so the parts are held against the whole.
    const counted = Math.min(sizeBytes, rest);
    if (counted > 0) sizes.set(reason, (sizes.get(reason) ?? 0) + counted);
    rest -= counted;
  }
  if (rest > 0) {
    const reason = level === "quick" ? "not read at this level" : "not readable";
    sizes.set(reason, (sizes.get(reason) ?? 0) + rest);
  }
  return Array.from(sizes, ([reason, sizeBytes]) => ({ reason, sizeBytes }));
}

/** Says why a task has read less than it could have. */
function explainEntry(entry: TaskEntry, maxDurationMs: number | undefined): SkippedBytes[] {
  const why = maxDurationMs === undefined ? null : explainUnfinished(entry, maxDurationMs);
  const start = why === null ? "" : `${why}; `;
  if (standingResult(entry) === null && why !== null) {
    return [{ reason: `${start}never checked`, sizeBytes: entry.task.sizeBytes }];
  }
  return listEarlierBytes(entry).map(({ sizeBytes, verifiedMs }) => ({
    reason: `${start}unchanged since the check of ${formatTime(verifiedMs)}`,
    sizeBytes,
  }));
}

function formatTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.\d+Z$/, "Z");
}
