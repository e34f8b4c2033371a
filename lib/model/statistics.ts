/**
 * What a store holds in numbers, as a format reads them for `status`: cheaply, without judging, and
 * whatever the damage. A number that cannot be read, or not in a moment, is null.
 *
 * @module
 */

/** A collection in numbers. */
export interface CollectionStatistics {
  /** Its name; where that is lost, the name of its place: what findings call it too. */
  readonly name: string;
  /** How many records or documents it has. */
  readonly records: number | null;
  /** Whether what was read for these numbers shows by itself that it is damaged. */
  readonly isBroken: boolean;
}

/** The write-ahead queue of a store. */
export interface QueueStatistics {
  /** How many writes it holds. */
  readonly writes: number;
  /** How many bytes these hold. */
  readonly sizeBytes: number;
  /** Whether both were counted; else there are at most so many writes, of about so many bytes. */
  readonly isCounted: boolean;
}

/** The bytes of a store by what they are for; null where the format has no such files. */
export interface SizeStatistics {
  /** The catalogue: a database with what SQLite keeps beside it, or the files of metadata. */
  readonly databaseBytes: number | null;
  /** The indexes. */
  readonly indexBytes: number | null;
  /** Files of documents. */
  readonly documentBytes: number | null;
  /** What no engine reads: files of others, and what was moved aside in the store itself. */
  readonly foreignBytes: number;
}

/** What was moved aside in the store itself, where no engine reads it. */
export interface MovedAsideStatistics {
  /** How many indexes or collections. */
  readonly entries: number;
  /** Their bytes. */
  readonly sizeBytes: number;
}

/** What a store holds, in numbers. */
export interface StoreStatistics {
  /** The collections in the order of the catalogue; null where they cannot be read. */
  readonly collections: readonly CollectionStatistics[] | null;
  /** How many vectors there are; slots of deleted records may be among them. */
  readonly vectors: number | null;
  /** How many writes wait for an index; null where that is not known, or there is no queue. */
  readonly pendingWrites: number | null;
  /** How long before the catalogue the oldest index was last written; null without indexes. */
  readonly driftSeconds: number | null;
  /** The queue; null where the format has none, or it cannot be read. */
  readonly queue: QueueStatistics | null;
  /** The bytes. */
  readonly sizes: SizeStatistics;
  /** What was moved aside in the store itself. */
  readonly movedAside: MovedAsideStatistics;
  /** Whether an engine that starts now refuses the store as a whole; null where that is not known. */
  readonly isRefused: boolean | null;
}
