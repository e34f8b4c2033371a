/**
 * What a check reports: the lines of `--json`, which are the events of the library too.
 *
 * `docs/json.md` describes them; a test holds that page against real output. Fields are only ever
 * added.
 *
 * @module
 */

import type { Finding, SeverityCounts, Verdict } from "./finding.ts";
import type { OperationErrorCode } from "../base/errors.ts";

/** The version of the shape of every line; additive changes do not raise it. */
export const SCHEMA_VERSION = 1;

/** The store formats that this version knows. */
export type FormatName = "chroma" | "chromem" | "chromem-export";

/** How much a check looks at; `full` reads every byte that can be judged. */
export type CheckLevel = "quick" | "full";

/** A finding as the library yields it and `--json` prints it. */
export interface FindingEvent extends Finding {
  /** Tells the events apart. */
  readonly type: "finding";
  /** The version of this shape. */
  readonly schema: 1;
  /** The store, as an absolute path. */
  readonly store: string;
}

/** The end of a check of one store. */
export interface SummaryEvent {
  /** Tells the events apart. */
  readonly type: "summary";
  /** The version of this shape. */
  readonly schema: 1;
  /** The store, as an absolute path. */
  readonly store: string;
  /** The format of the store. */
  readonly format: FormatName;
  /** The engine that wrote it last, as far as the store tells, for instance `chroma 1.5`. */
  readonly engine: string | null;
  /** What was looked at. */
  readonly level: CheckLevel;
  /** May the engine open it? */
  readonly verdict: Verdict;
  /** How many findings there are of each severity. */
  readonly counts: SeverityCounts;
  /** How many collections the catalogue names. */
  readonly collections: number;
  /** How many of them have an error or something worse. */
  readonly collectionsDamaged: number;
  /** How many live records the catalogue holds, or null when they were not counted. */
  readonly records: number | null;
  /** Bytes that were read and judged. */
  readonly bytesChecked: number;
  /** Bytes that are there and were not looked at; with `bytesChecked` all bytes of the store. */
  readonly bytesSkipped: number;
  /** Why bytes were skipped: a reason, and how many bytes it cost. */
  readonly skipped: readonly SkippedBytes[];
  /** Whether every part was checked: now, or earlier and its files have not changed since. */
  readonly complete: boolean;
  /** Bytes that were read and judged now, or earlier in files that have not changed since. */
  readonly bytesVerified: number;
  /**
   * How long ago that part was read which has waited longest, in whole seconds; null where a part
   * was never read, or the level reads no file whole.
   */
  readonly oldestUnverifiedSeconds: number | null;
  /** How long the check took, in milliseconds. */
  readonly elapsedMs: number;
}

/** Bytes that a check did not look at, and why. */
export interface SkippedBytes {
  /** Why, for people. */
  readonly reason: string;
  /** How many bytes. */
  readonly sizeBytes: number;
}

/** An operation that failed: no statement about the store's data. */
export interface ErrorEvent {
  /** Tells the events apart. */
  readonly type: "error";
  /** The version of this shape. */
  readonly schema: 1;
  /** The store that was asked for, or null when the call itself was wrong. */
  readonly store: string | null;
  /** Why the operation failed. */
  readonly code: OperationErrorCode;
  /** The file or directory that the operation was about, or null. */
  readonly path: string | null;
  /** What happened. */
  readonly message: string;
  /** What to do next, or null. */
  readonly hint: string | null;
}

/** Everything that a check yields. */
export type CheckEvent = FindingEvent | SummaryEvent;
