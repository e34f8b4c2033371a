/**
 * What optimising a store does, and what became of it: plain data that output and verbs show,
 * whatever the format of the store.
 *
 * @module
 */

/** What an action does; the words of `--json`. */
export type OptimizationKind =
  /** Rows leave the queue that both halves of their collections have taken in. */
  | "purge-queue"
  /** The segments of the full text become one. */
  | "merge-fulltext"
  /** Numbers are gathered by which SQLite decides how it looks for rows. */
  | "update-statistics"
  /** The rows of the database are copied into a fresh file without free pages. */
  | "compact-database"
  /** An index is written without its deleted slots. */
  | "compact-index"
  /** The database gets another journal mode. */
  | "set-journal-mode";

/** What a figure counts; the words of `--json`. */
export type OptimizationMeasure =
  /** Rows of the queue. */
  | "queue-rows"
  /** What these rows hold, in bytes. */
  | "queue-bytes"
  /** Segments of the full text. */
  | "fulltext-segments"
  /** Pages of the database. */
  | "pages"
  /** Pages of the database in which nothing stands. */
  | "free-pages"
  /** The length of the database, in bytes. */
  | "database-bytes"
  /** Slots of an index. */
  | "slots"
  /** Slots of an index that are deleted. */
  | "deleted-slots"
  /** The length of the files of an index, in bytes. */
  | "index-bytes";

/** A number before and after. */
export interface OptimizationFigure {
  /** What it counts. */
  readonly measure: OptimizationMeasure;
  /** How many there are. */
  readonly before: number;
  /** How many there will be, in a plan as far as that can be told; in an outcome, how many are. */
  readonly after: number;
}

/** One thing that is done. */
export interface OptimizationAction {
  /** What it does. */
  readonly kind: OptimizationKind;
  /** The same for people: one clause that begins with a verb, without a final period. */
  readonly title: string;
  /** The name of the collection, or null where it belongs to none or to several. */
  readonly collection: string | null;
  /** The id of the segment, or null. */
  readonly segment: string | null;
  /** What changes by it. */
  readonly figures: readonly OptimizationFigure[];
  /** The entries of the store that it replaces, relative to the store. */
  readonly replaces: readonly string[];
}

/** Something that takes space or time and stays as it is. */
export interface OptimizationRest {
  /** What could have been done about it. */
  readonly kind: OptimizationKind;
  /** The name of the collection, or null where it belongs to none. */
  readonly collection: string | null;
  /** How much there is of it. */
  readonly count: number;
  /** Of what. */
  readonly measure: OptimizationMeasure;
  /** Why it stays, for people: one clause without a final period. */
  readonly reason: string;
}

/** A plan, before it is bound to a store. */
export interface OptimizationDraft {
  /** What is done, in this order. */
  readonly actions: readonly OptimizationAction[];
  /** What stays, and why. */
  readonly rests: readonly OptimizationRest[];
  /** How much room is needed while it is done, in bytes, as far as that can be told. */
  readonly sizeBytes: number;
}
