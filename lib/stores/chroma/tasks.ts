/**
 * The parts into which a check of a Chroma store is cut; plain data, so that any thread runs them.
 *
 * @module
 */

import type { CheckLevel } from "../../model/report.ts";
import type { CheckTask } from "../../model/store.ts";
import type { DatabaseHeader } from "../../sqlite/file_header.ts";
import type { DatabaseLocation } from "../../sqlite/reading.ts";
import type { Catalogue } from "./catalogue/catalogue.ts";
import type { CollectionPlace } from "./contents/read_contents.ts";
import type { FulltextComparison } from "./database/fulltext_comparison.ts";
import type { IntegrityReport } from "./database/integrity_report.ts";
import type { Engine } from "./catalogue/migrations.ts";
import type { QueuePosition } from "./records/queue.ts";
import type { RecordPlace } from "./records/read_records.ts";
import type { SegmentSubject } from "./segment/segment_reading.ts";

/** Checks the files of one segment, and its ids against the records. */
export interface SegmentTask extends CheckTask {
  readonly kind: "segment";
  readonly payload: {
    readonly subject: SegmentSubject;
    readonly level: CheckLevel;
    /** Where the records stand; null when the catalogue cannot tell. */
    readonly place: RecordPlace | null;
    /** The database; null when it cannot be opened. */
    readonly location: DatabaseLocation | null;
  };
}

/** Checks the full-text index: alone as long as everything else together. */
export interface FulltextTask extends CheckTask {
  readonly kind: "fulltext";
  readonly payload: DatabasePayload;
}

/** Checks the ordinary tables, the documents against the full text, the queue, and orphans. */
export interface TablesTask extends CheckTask {
  readonly kind: "tables";
  readonly payload: TablesPayload;
}

/** What a task over the database needs. */
export interface DatabasePayload {
  readonly location: DatabaseLocation;
  /** The header of the file that is read. */
  readonly header: DatabaseHeader;
}

/** What the task over the ordinary tables needs besides. */
export interface TablesPayload extends DatabasePayload {
  /** What the catalogue says; null when it could not be read. */
  readonly catalogue: Catalogue | null;
  /** The engine that wrote the store. */
  readonly engine: Engine | null;
  /** How far the segments have got. */
  readonly positions: readonly QueuePosition[];
}

/** What a task leaves for the conclusion; plain data. */
export interface TaskFacts {
  /** How many records a collection has. */
  readonly records?: number;
  /** What SQLite's own check found. */
  readonly integrity?: IntegrityReport;
  /** The documents against the full text. */
  readonly fulltext?: FulltextComparison;
}

/** What a segment's task needs of the files that it is spared. */
export interface KeptSegment {
  /** How many slots are in use, or null when nothing tells. */
  readonly slots: number | null;
}

/** Reads what a collection holds. */
export interface ContentsTask extends CheckTask {
  readonly kind: "contents";
  readonly payload: CollectionPlace;
}

/** Any task of this format. */
export type ChromaTask = SegmentTask | FulltextTask | TablesTask | ContentsTask;
