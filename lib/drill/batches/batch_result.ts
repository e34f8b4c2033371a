/**
 * What it is called that a server makes of batches of growing size.
 *
 * @module
 */

import type { WriteFs } from "../../fs/write_fs.ts";
import type { MachineSources } from "../../machine/sources.ts";
import type { RepairProgress } from "../../stores/repair_format.ts";
import type { Request } from "./chroma_http.ts";

/**
 * What came of one size: the server took it (`good`); it refused it, or did not answer in time
 * (`refused`); it said yes and does not have every record (`lost`); it ended (`died`), or cannot be
 * reached any more (`gone`); the machine had to swap (`swapped`), or has too little memory to go on
 * (`short`).
 */
export type BatchState = "good" | "refused" | "lost" | "died" | "gone" | "swapped" | "short";

/** What came of batches of one size. */
export interface BatchResult {
  /** How many records a batch had. */
  readonly size: number;
  /** How many batches were written. */
  readonly batches: number;
  /** What came of it. */
  readonly state: BatchState;
  /** What is to be said of it, for people; null where all is well. */
  readonly says: string | null;
  /** How many records the server took, and does not have or not as they were. */
  readonly lostRecords: number;
  /** How long the writing of a record took on average, in milliseconds; null where none was. */
  readonly perRecordMs: number | null;
  /** How long the slowest batch took, in milliseconds; null as well. */
  readonly slowestBatchMs: number | null;
  /** How much memory was used before; null where that is not known. */
  readonly usedBeforeBytes: number | null;
  /** How much was used at the most meanwhile. */
  readonly usedPeakBytes: number | null;
  /** How many pages were written to the swap meanwhile; null where that is not known. */
  readonly swappedPages: number | null;
}

/** What is measured, known before the first batch is written. */
export interface BatchStart {
  /** The store whose copy the server has, as an absolute path; null where it has an empty one. */
  readonly store: string | null;
  /** The address of a server that was running already; null where one was started for this. */
  readonly server: string | null;
  /** The version that the server says it has. */
  readonly version: string | null;
  /** How many components the vectors have. */
  readonly dimension: number;
  /** How many records the server says that it takes at once; null where it does not say. */
  readonly maxBatchSize: number | null;
  /** The sizes that will be tried, the smallest first. */
  readonly sizes: readonly number[];
}

/** What came of all of it. */
export interface BatchOutcome {
  /** What was measured. */
  readonly start: BatchStart;
  /** What came of each size, up to the first that was not good. */
  readonly results: readonly BatchResult[];
  /** The size to be used: the smallest at which a record takes hardly longer than at the best. */
  readonly recommendedSize: number | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** A server that was started for this. */
export interface ThrowAwayServer {
  /** Where it listens. */
  readonly address: string;
  /** How it ended by itself, for people; null while it runs. */
  readonly ended: () => Promise<string | null>;
  /** Ends it. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts a server.
 *
 * @param directory The directory of the store that it has.
 * @param signal Ends the starting.
 * @returns The server, which answers.
 */
export type StartServer = (
  directory: string,
  signal: AbortSignal | undefined,
) => Promise<ThrowAwayServer>;

/** How it is measured. */
export interface BatchDrillOptions {
  /** The store whose copy a server that is started gets; an empty one when left out. */
  readonly store?: string | undefined;
  /** Starts a server, or the address of one that runs. */
  readonly server: StartServer | string;
  /** How many components the vectors have; as many as those of the store when left out. */
  readonly dimension?: number | undefined;
  /** The largest size that is tried; what the server takes when left out. */
  readonly maxSize?: number | undefined;
  /** Is told what is measured, before the first batch is written. */
  readonly onStart?: (start: BatchStart) => Promise<void>;
  /** Is told of each size what came of it. */
  readonly onResult?: (result: BatchResult) => Promise<void>;
  /** Is told how far it has come. */
  readonly onProgress?: (progress: RepairProgress) => void;
  /** Ends the work. */
  readonly signal?: AbortSignal | undefined;
  /** The time of day. */
  readonly now?: () => Date;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs?: () => number;
  /** The machine; this one by default. */
  readonly sources?: MachineSources;
  /** Makes requests; `fetch` by default. */
  readonly request?: Request | undefined;
  /** The file system; this machine's by default. */
  readonly fs?: WriteFs;
}
