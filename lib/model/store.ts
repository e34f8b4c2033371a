/**
 * What every store format implements, so that engine, output and verbs know none of them.
 *
 * A check runs in three steps. `survey` lists the files and reads the little that the rest is
 * planned by; it returns tasks. Each task is plain data and may run in any thread; `runTask` reads
 * and judges one part of the store. `conclude` adds what only all results together show.
 *
 * @module
 */

import type { Finding } from "./finding.ts";
import type { CheckLevel, FormatName, SkippedBytes } from "./report.ts";

/** A directory that was recognised as a store. */
export interface DetectedStore {
  /** The store's directory, as an absolute path. */
  readonly path: string;
  /** The format by which it was recognised. */
  readonly format: FormatName;
  /** What in its content told the format, for people. */
  readonly evidence: string;
}

/** What a check was asked to do. */
export interface CheckSettings {
  /** How much is looked at. */
  readonly level: CheckLevel;
  /** From which age of the index on its distance to the catalogue is named, in seconds. */
  readonly staleSeconds: number;
}

/** One part of a check: plain data, so that it can be handed to a Worker. */
export interface CheckTask {
  /** Which part; the format tells its tasks apart by it. */
  readonly kind: string;
  /** How many bytes it will read: what large tasks are spread by, and the progress bar runs by. */
  readonly sizeBytes: number;
  /** What the format needs to run it; plain data. */
  readonly payload: unknown;
}

/** What a task found. */
export interface TaskResult {
  /** The findings of this part. */
  readonly findings: readonly Finding[];
  /** Bytes that were read and judged, by file (relative to the store). */
  readonly checkedBytes: Readonly<Record<string, number>>;
  /** Bytes of this part that were not looked at, and why. */
  readonly skipped?: readonly SkippedBytes[];
  /** Facts for `conclude`; plain data. */
  readonly facts?: unknown;
}

/** The size and times by which a changed file is noticed. */
export interface FileStamp {
  /** The file, relative to the store with forward slashes. */
  readonly path: string;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** Its time of modification, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** Its inode, or null where the system has none. */
  readonly inode: number | null;
  /** True where the entry stands for a whole foreign directory, whose bytes were added up. */
  readonly aggregate?: boolean;
}

/** What the first step of a check learned. */
export interface StoreSurvey {
  /** The engine that wrote the store last, as far as it tells, for instance `chroma 1.5`. */
  readonly engine: string | null;
  /** How many collections the catalogue names. */
  readonly collections: number;
  /** Every file of the store, as it was when the survey began. */
  readonly files: readonly FileStamp[];
  /** What the survey itself found. */
  readonly findings: readonly Finding[];
  /** Bytes that no task will look at, and why. */
  readonly skipped: readonly SkippedBytes[];
  /** What is left to be done; empty when nothing more can be read. */
  readonly tasks: readonly CheckTask[];
  /** Gives back what the survey holds, for instance private copies of files. */
  release(): void;
}

/** What the last step of a check adds. */
export interface Conclusion {
  /** Findings that only all results together show. */
  readonly findings: readonly Finding[];
  /** How many live records there are, or null when they were not counted. */
  readonly records: number | null;
}

/** What a running task may use of the engine. */
export interface TaskContext {
  /** Counts bytes that were read, for the progress bar. */
  progress(sizeBytes: number): void;
}

/** A store format: the only thing that engine, output and verbs know of it. */
export interface StoreFormat {
  /** Its name in every output. */
  readonly name: FormatName;
  /** Recognises a directory by its content; null when it is no store of this format. */
  detect(path: string): DetectedStore | null;
  /** Lists the files, reads what the rest is planned by, and plans it. */
  survey(store: DetectedStore, settings: CheckSettings): StoreSurvey;
  /** Reads and judges one part of the store. */
  runTask(task: CheckTask, context: TaskContext): TaskResult;
  /** Adds what only all results together show. */
  conclude(survey: StoreSurvey, results: readonly TaskResult[]): Conclusion;
}
