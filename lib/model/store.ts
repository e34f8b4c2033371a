/**
 * What every store format implements, so that engine, output and verbs know none of them.
 *
 * A check runs in three steps. `survey` lists the files and reads the little that the rest is
 * planned by; it returns tasks. Each task is plain data and may run in any thread; `runTask` reads
 * and judges one part of the store. `conclude` adds what only all results together show.
 *
 * @module
 */

import type { Steps, Turns } from "../base/turns.ts";
import type { OperationErrorCode } from "../base/errors.ts";
import type { ByteOwners, ByteRange } from "./byte_owners.ts";
import type { Finding } from "./finding.ts";
import type { IndexPart } from "./index_part.ts";
import type { CheckLevel, FormatName, SkippedBytes } from "./report.ts";
import type { CollectionDimensions } from "./dimensions.ts";
import type { GraphReading } from "./portrait.ts";
import type { StoreStatistics } from "./statistics.ts";

/** A directory, or for some formats a file, that was recognised as a store. */
export interface DetectedStore {
  /** The store's directory or file, as an absolute path. */
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
  /** Names that collections may have whose own was lost. */
  readonly names: readonly string[];
  /** The key of an encrypted export file, or null. */
  readonly key: Uint8Array | null;
}

/** One part of a check: plain data, so that it can be handed to a Worker. */
export interface CheckTask {
  /** Which part; the format tells its tasks apart by it. */
  readonly kind: string;
  /** How many bytes it will read: what large tasks are spread by, and the progress bar runs by. */
  readonly sizeBytes: number;
  /**
   * How many it would read if nothing were known: what is left to do with those it spares takes its
   * time as well, so it begins as early. The same when left out.
   */
  readonly wholeBytes?: number;
  /** What the format needs to run it; plain data. */
  readonly payload: unknown;
  /** What its result follows from; left out where that is never remembered. */
  readonly memo?: TaskMemo;
  /** What an earlier run has {@linkcode TaskResult.kept}, where it still holds: it reads no more. */
  readonly known?: unknown;
}

/** What the result of a task, or of a part of it, follows from. */
export interface MemoSource {
  /** A digest of all that decides the result besides the files: task, catalogue, settings. */
  readonly key: string;
  /** The files that are read, relative to the store; one that is missing may be among them. */
  readonly inputs: readonly string[];
}

/** By what the result of a task can be known again. */
export interface TaskMemo extends MemoSource {
  /** What it checks, for people: `the full text`. */
  readonly label: string;
  /** What of it follows from some of the files alone: what {@linkcode TaskResult.kept} holds. */
  readonly part?: MemoSource;
}

/** What a task learned from the files of {@linkcode TaskMemo.part}, for a run that spares them. */
export interface KeptReading {
  /** Findings in these files; {@linkcode TaskResult.findings} of this run has them too. */
  readonly findings: readonly Finding[];
  /** Bytes of these files that were read and judged, and that the next run does not read. */
  readonly checkedBytes: Readonly<Record<string, number>>;
  /** Bytes of these files that were not looked at, and why. */
  readonly skipped: readonly SkippedBytes[];
  /** What the task needs to do the rest; plain data that JSON can carry. */
  readonly data: unknown;
}

/** Why a file could not be read: an operation error as plain data. */
export interface TaskFailure {
  /** The kind of failure. */
  readonly code: OperationErrorCode;
  /** What happened. */
  readonly message: string;
  /** The file, or null. */
  readonly path: string | null;
  /** What to do next, or null. */
  readonly hint: string | null;
}

/** What a task found. */
export interface TaskResult {
  /** The findings of this part. */
  readonly findings: readonly Finding[];
  /** Bytes that were read and judged, by file (relative to the store). */
  readonly checkedBytes: Readonly<Record<string, number>>;
  /** Bytes of this part that were not looked at, and why. */
  readonly skipped?: readonly SkippedBytes[];
  /** Facts for `conclude`; plain data that JSON can carry. */
  readonly facts?: unknown;
  /** What the next run is spared while the files of {@linkcode TaskMemo.part} do not change. */
  readonly kept?: KeptReading;
  /** What a task of {@linkcode StoreFormat.planContents} read; plain data. */
  readonly contents?: readonly CollectionContents[];
  /** The graph of the index that a task over one has read whole; it is not kept for the next run. */
  readonly graph?: GraphReading;
  /** Why some of its files could not be read, where that hides nothing of the others. */
  readonly failure?: TaskFailure;
}

/** The size and times by which a changed file is noticed. */
export interface FileStamp {
  /** The file, relative to the store with forward slashes. */
  readonly path: string;
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** Its time of modification, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** When anything of it was changed, its name and owner too; null where the system has no such. */
  readonly changedMs: number | null;
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
  /** How many collections there are, where the survey could not tell. */
  readonly collections?: number;
}

/** What a collection holds, whatever the layout in which it is stored. */
export interface CollectionContents {
  /** Its id. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** How many live records it has. */
  readonly records: number;
  /** How many of them have a vector that can be read. */
  readonly vectors: number;
  /**
   * The logical hash: of ids, vectors, documents and metadata, in hexadecimal digits. It does not
   * change when an engine moves a record from its queue to its index, or compacts a file.
   */
  readonly hash: string;
}

/** What is known of a path before it is looked at. */
export interface DetectSettings {
  /** Whether a key was given: what cannot be told from an encrypted file may then be one. */
  readonly hasKey?: boolean;
}

/** What reading the contents of a store needs besides the store. */
export interface ContentsSettings {
  /** The key of an encrypted export file, or null. */
  readonly key: Uint8Array | null;
}

/** How the contents of a store are read. */
export interface ContentsPlan {
  /** One or more tasks whose results have `contents`; any thread runs them. */
  readonly tasks: readonly CheckTask[];
  /** Gives back what the plan holds, for instance private copies of files. */
  release(): void;
}

/** A file of a store, as a backup copies it. */
export interface SnapshotFile extends FileStamp {
  /** A file is copied as it is; a database by SQLite, which waits for its transactions. */
  readonly kind: "file" | "database";
}

/** What a backup copies of a store. */
export interface SnapshotPlan {
  /** The files, relative to the store; companions of a database are part of it, not of this. */
  readonly files: readonly SnapshotFile[];
  /** The directories, relative to the store, the outer ones first. */
  readonly directories: readonly string[];
  /** What is not copied, and why. */
  readonly leftOut: readonly LeftOut[];
}

/** An entry of a store that a backup does not copy. */
export interface LeftOut {
  /** The entry, relative to the store. */
  readonly path: string;
  /** Why, in a few words. */
  readonly reason: string;
}

/** What a running task may use of the engine. */
export interface TaskContext {
  /** Counts bytes that were read, for the progress bar; throws where the check was cancelled. */
  progress(sizeBytes: number): void;
}

/** A store format: the only thing that engine, output and verbs know of it. */
export interface StoreFormat {
  /** Its name in every output. */
  readonly name: FormatName;
  /** What holds a store; one that is a file can be checked and read, and nothing else. */
  readonly container: "directory" | "file";
  /**
   * Recognises a directory, or a file, by its content; null when it is no store of this format. It is
   * given what its {@linkcode StoreFormat.container} says.
   */
  detect(path: string, settings?: DetectSettings): DetectedStore | null;
  /** Lists the files, reads what the rest is planned by, and plans it. */
  survey(
    store: DetectedStore,
    settings: CheckSettings,
    turns: Turns,
  ): StoreSurvey | Promise<StoreSurvey>;
  /** Reads and judges one part of the store. */
  runTask(task: CheckTask, context: TaskContext): TaskResult | Promise<TaskResult>;
  /** Adds what only all results together show. */
  conclude(survey: StoreSurvey, results: readonly TaskResult[]): Conclusion;
  /** Lists what a backup copies; there can be very many files. */
  planSnapshot(store: DetectedStore): Steps<SnapshotPlan>;
  /**
   * Lists what alone tells the names of the collections and their settings; null where the format
   * has no files of their own for that.
   */
  planMetadataSnapshot(store: DetectedStore): SnapshotPlan | null;
  /** Plans reading what the collections hold. The store is whole: it has passed a full check. */
  planContents(
    store: DetectedStore,
    settings: ContentsSettings,
    turns: Turns,
  ): ContentsPlan | Promise<ContentsPlan>;
  /** Lists the indexes that can be moved aside. The store may be damaged in any way. */
  listIndexes(store: DetectedStore): readonly IndexPart[];
  /** The database whose exclusive lock keeps engines out of the store, or null where there is none. */
  lockedDatabase(store: DetectedStore): string | null;
  /**
   * Reads what the store holds in numbers, given its files as the survey has just listed them: that
   * takes no longer than a quick check. The store may be damaged in any way: what cannot be read is
   * null.
   */
  readStatistics(store: DetectedStore, files: readonly FileStamp[]): StoreStatistics;
  /**
   * Reads how many numbers the vectors of a collection have, given its name or its id; more than one
   * answer where several have that name. Rejected where none has.
   */
  readDimensions(
    store: DetectedStore,
    collection: string,
  ): Promise<readonly CollectionDimensions[]>;
  /**
   * Says what stands in some bytes of a file, which may be damaged in any way; null where the file
   * does not tell.
   */
  describeBytes(store: DetectedStore, path: string, range: ByteRange): ByteOwners | null;
}
