/**
 * What a report shows of stores: plain data, collected in one pass, from which the page is made.
 *
 * Everything in it that comes from a store is as it stands there; who shows it makes it safe.
 *
 * @module
 */

import type { OperationErrorCode } from "../base/errors.ts";
import type { FindingName, Severity } from "../model/codes.ts";
import type { Finding } from "../model/finding.ts";
import type { DriftReading, GraphReading, VectorState } from "../model/portrait.ts";
import type { CheckLevel, SummaryEvent } from "../model/report.ts";
import type { SystemStatus } from "../status/system_status.ts";

/** A report of one or more stores. */
export interface ReportModel {
  /** When it was made, as ISO 8601 in UTC. */
  readonly at: string;
  /** The version of vecfsck that made it. */
  readonly version: string;
  /** How much of each store was looked at. */
  readonly level: CheckLevel;
  /** The stores, in the order in which they were named. */
  readonly stores: readonly StoreReport[];
}

/** What a report says of one store. */
export interface StoreReport {
  /** The store, as an absolute path. */
  readonly store: string;
  /** The end of the check; null where the store could not be checked. */
  readonly summary: SummaryEvent | null;
  /** Why it, or a part of it, could not be looked at; null where all went well. */
  readonly failure: ReportFailure | null;
  /** The state of the store; null where it could not be read. */
  readonly status: SystemStatus | null;
  /** What the check has found. */
  readonly findings: FindingsReport;
  /** The files; null where they could not be listed. */
  readonly files: FilesReport | null;
  /** The collections from the inside; null where they could not be looked at. */
  readonly collections: CollectionsReport | null;
  /** What was done about the store, the newest first. */
  readonly history: readonly HistoryEntry[];
  /** What to do next, in this order. */
  readonly nextSteps: readonly NextStep[];
}

/** Why something could not be looked at. */
export interface ReportFailure {
  /** The kind of failure. */
  readonly code: OperationErrorCode;
  /** What happened. */
  readonly message: string;
  /** What to do next, or null. */
  readonly hint: string | null;
}

/** The findings of a store. */
export interface FindingsReport {
  /** How many there are. */
  readonly total: number;
  /** The worst ones, at most {@linkcode MOST_FINDINGS}; equally bad ones as the check has told them. */
  readonly listed: readonly Finding[];
  /** All of them by code, the worst first. */
  readonly kinds: readonly FindingKindReport[];
}

/** The findings of one code. */
export interface FindingKindReport {
  /** The code. */
  readonly code: string;
  /** The name that belongs to it. */
  readonly name: FindingName;
  /** How bad it is. */
  readonly severity: Severity;
  /** How many findings there are of it. */
  readonly findings: number;
  /** How many places they count together. */
  readonly places: number;
}

/** The files of a store, and how much of them was looked at. */
export interface FilesReport {
  /** Every file by itself, those with findings first; at most {@linkcode MOST_FILES}. */
  readonly listed: readonly FileReport[];
  /** The others, added up by directory. */
  readonly folded: readonly FoldedFiles[];
  /** The bytes of all of them. */
  readonly sizeBytes: number;
  /** How many of these were read and judged. */
  readonly checkedBytes: number;
}

/** One file. */
export interface FileReport {
  /** The file, relative to the store with forward slashes. */
  readonly path: string;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** How many bytes were read and judged: the first ones, where it is not all of them. */
  readonly checkedBytes: number;
  /** Whether it is there; a finding can be about a file that is missing. */
  readonly isPresent: boolean;
  /** The damaged byte ranges, ascending; at most {@linkcode MOST_RANGES}. */
  readonly ranges: readonly DamagedRange[];
  /** How many places the findings with ranges count: neighbours are joined in one range. */
  readonly places: number;
  /** The findings about the file as a whole, as indexes into {@linkcode FindingsReport.listed}. */
  readonly findings: readonly number[];
}

/** Bytes of a file that a finding is about. */
export interface DamagedRange {
  /** The first byte, counted from the start of the file. */
  readonly offset: number;
  /** How many bytes; null where only the first one is known. */
  readonly sizeBytes: number | null;
  /** The finding, as an index into {@linkcode FindingsReport.listed}. */
  readonly finding: number;
  /** What stands there: `slot 12, record a-17`; null where that is not known. */
  readonly owner: string | null;
}

/** Files that are not listed one by one. */
export interface FoldedFiles {
  /** Their directory, relative to the store; empty for the store itself, null for many others. */
  readonly directory: string | null;
  /** How many files. */
  readonly files: number;
  /** Their bytes. */
  readonly sizeBytes: number;
  /** How many of these were read and judged. */
  readonly checkedBytes: number;
  /** How many of them have a finding that is listed. */
  readonly withFindings: number;
}

/** The collections of a store. */
export interface CollectionsReport {
  /** The collections, in the order of the catalogue. */
  readonly listed: readonly CollectionReport[];
  /** How many more there are. */
  readonly leftOut: number;
  /** The last write in the queue of all collections; null where there is none. */
  readonly lastWrite: number | null;
}

/** One collection. */
export interface CollectionReport {
  /** Its name; where that is lost, the name of its place. */
  readonly name: string;
  /** Where its vectors are, relative to the store; null where they are nowhere but in the queue. */
  readonly path: string | null;
  /** How many records or documents it has; null where they cannot be counted. */
  readonly records: number | null;
  /** Floats of a vector; null where that is not known. */
  readonly dimension: number | null;
  /** Whether no error, or anything worse, is known of it. */
  readonly isHealthy: boolean;
  /** How far it has got; null where the format has no queue, or it cannot be read. */
  readonly drift: DriftReading | null;
  /** The graph of its index; null where it has none, or it was not read whole. */
  readonly graph: GraphReading | null;
  /** How many of its records have no vector any more, as far as findings and numbers tell. */
  readonly missingVectors: number;
  /** How many of its vectors are damaged, as far as the findings tell. */
  readonly damagedVectors: number;
  /** Its vectors in two dimensions; null where there are too few of them. */
  readonly projection: ProjectionReport | null;
}

/** Vectors in two dimensions. */
export interface ProjectionReport {
  /** How many vectors there are, of which some were drawn. */
  readonly total: number;
  /** Those that have a position. */
  readonly points: readonly ProjectedPoint[];
  /** How many of those that were drawn have none, by what is known of them. */
  readonly without: Readonly<Record<"missing" | "damaged", number>>;
  /** Which share of the variance of the vectors each direction shows, from 0 to 1. */
  readonly explained: readonly [number, number];
}

/** A vector in two dimensions. */
export interface ProjectedPoint {
  /** Where it is, from 0 to {@linkcode PLANE_SIZE}; both directions have the same scale. */
  readonly x: number;
  /** The same in the other direction. */
  readonly y: number;
  /** What is known of it. */
  readonly state: VectorState;
  /** Whether it lies far outside, and is shown at the edge. */
  readonly isOutside: boolean;
  /** Which one it is, for people. */
  readonly label: string;
}

/** How large the plane is on which vectors are shown. */
export const PLANE_SIZE = 1000;

/** Something that was done about a store. */
export interface HistoryEntry {
  /** When, as ISO 8601 in UTC. */
  readonly at: string;
  /** What kind of thing. */
  readonly kind: "check" | "seal" | "backup" | "quarantine" | "watch";
  /** What, for people: a sentence without a final period. */
  readonly text: string;
  /** How it went; null where that cannot be told, or does not matter. */
  readonly isGood: boolean | null;
}

/** Something to do. */
export interface NextStep {
  /** What, and why: a sentence. */
  readonly text: string;
  /** The command, ready to be copied; null where there is none. */
  readonly command: string | null;
}

/** How many findings of a store are listed one by one. */
export const MOST_FINDINGS = 500;

/** How many files of a store are listed one by one. */
export const MOST_FILES = 200;

/** How many damaged ranges of a file are shown. */
export const MOST_RANGES = 200;

/** How many entries of the history are kept. */
export const MOST_HISTORY = 100;
