/**
 * What salvage is asked for, and what it answers.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { PickleFault } from "../../../codec/pickle.ts";
import type { SlotCounts } from "../../../hnsw/salvage_slots.ts";
import type { GeometrySource } from "../../../hnsw/salvage_geometry.ts";
import type { Engine } from "../catalogue/migrations.ts";
import type { SegmentDirectory } from "../layout.ts";
import type { RecordPlace } from "../records/read_records.ts";
import type { SegmentSubject } from "../segment/segment_reading.ts";
import type { IndexDirectory } from "./index_directory.ts";
import type { LabelEvidence } from "./label_evidence.ts";
import type { OrderReport } from "./order_report.ts";
import type { OperationsReading } from "./read_operations.ts";
import type { RowReading } from "./read_rows.ts";

/** Which index is salvaged, and from what. */
export interface SalvageRequest {
  /** The segment, its directory and how it was configured. */
  readonly subject: SegmentSubject;
  /** Directories of the same segment that were moved aside. */
  readonly movedAside: readonly SegmentDirectory[];
  /** Directories of the same segment that stand outside of the store, for instance in quarantine. */
  readonly elsewhere: readonly ElsewhereDirectory[];
  /** The database, or null when it cannot be read at all: then ids come from id maps alone. */
  readonly database: StoreDatabase | null;
  /** Where the records stand; null when the catalogue cannot tell. */
  readonly place: RecordPlace | null;
  /** The engine that wrote the store; null only without a database. */
  readonly engine: Engine | null;
  /** Whether 1.x made the store: `wasMadeByRust` tells from the catalogue. */
  readonly madeByRust: boolean;
}

/** A directory of an index that stands outside of the store. */
export interface ElsewhereDirectory {
  /** The directory in which it stands, laid out as a store is. */
  readonly root: string;
  /** The directory itself. */
  readonly directory: SegmentDirectory;
}

/** Where a vector comes from. */
export type VectorSource =
  | "queue"
  | "index"
  /** A directory of the same segment that was moved aside, in the store or out of it. */
  | "moved-aside"
  /** An older copy of the whole store. */
  | "older-copy"
  /** It was handed in. */
  | "handed-in";

/** Why a record has no vector that can be used. */
export type MissingReason =
  /** No place that was looked at holds a vector for it. */
  | "gone"
  /** Vectors are left that no id is known for: one of them is its own, and none can be chosen. */
  | "ambiguous"
  /** Its vector holds NaN or infinity. */
  | "not-finite"
  /** Its slot is torn, zeroed or has a label that another slot has too. */
  | "slot-damaged";

/** What says that a record is there. */
export type RecordSource =
  /** Its row in `embeddings`. */
  | "row"
  /** The unique index over `embeddings` alone: its row cannot be read. */
  | "unique-index"
  /** The queue, which still has to be applied. */
  | "queue"
  /** An id map alone, in a store whose rows cannot be read through: it may have been deleted. */
  | "id-map";

/** A record whose vector is saved. */
export interface SalvagedRecord {
  /** Its id. */
  readonly id: string;
  /** `embeddings.id`, or null where it is not known. */
  readonly rowId: number | null;
  /** The number of its newest write, or null where it is not known. */
  readonly sequenceNumber: number | null;
  /** What says that it is there. */
  readonly recordSource: RecordSource;
  /** Where its vector comes from. */
  readonly source: VectorSource;
  /** The directory that holds its vector, or null where it is in none of the segment's. */
  readonly directory: string | null;
  /** The row of the queue that holds its vector, or null. */
  readonly queueSequence: number | null;
  /** Its label in the segment's own index, or null when it has none there that is known. */
  readonly label: number | null;
  /** Its slot in the segment's own index, or null. */
  readonly slot: number | null;
  /** What the label is known from, or null without one. */
  readonly evidence: LabelEvidence | null;
  /** Whether the vector is of length 1 because the length that it had is lost. */
  readonly isLengthLost: boolean;
  /** Whether a newer version may have been written that no place holds any more. */
  readonly isPerhapsOutdated: boolean;
  /**
   * Whether the queue makes it after the watermark of the index, so that the engine will bring it in
   * by itself.
   */
  readonly isPending: boolean;
  /**
   * Reads the vector as it was written.
   *
   * @param target Takes the components; as long as the dimension.
   * @returns The same array.
   * @throws {OperationError} It cannot be read any more.
   */
  readVector(target: Float32Array): Float32Array;
  /**
   * Reads the vector as an index stores it, where it comes from one.
   *
   * @param target Takes the components; as long as the dimension.
   * @returns For a vector of the space cosine that is normalised already the length that it had; NaN
   * for one that is as the user wrote it.
   * @throws {OperationError} It cannot be read any more.
   */
  readStored(target: Float32Array): number;
}

/** A record whose vector is not saved. */
export interface MissingRecord {
  /** Its id. */
  readonly id: string;
  /** `embeddings.id`, or null where it is not known. */
  readonly rowId: number | null;
  /** The number of its newest write, or null where it is not known. */
  readonly sequenceNumber: number | null;
  /** What says that it is there. */
  readonly recordSource: RecordSource;
  /** The row of the queue that brings its newest vector, which cannot be used; or null. */
  readonly queueSequence: number | null;
  /** Whether the queue makes it after the watermark of the index. */
  readonly isPending: boolean;
  /** Why there is no vector. */
  readonly reason: MissingReason;
}

/** A vector of the index that belongs to no record. */
export interface GhostVector {
  /** Its slot in the segment's own index. */
  readonly slot: number;
  /** Its label. */
  readonly label: number;
  /** The id that an id map gives it, which is no record; null when none does. */
  readonly id: string | null;
}

/** What was found in a directory of an index. */
export interface DirectoryReport {
  /** Its name in the store. */
  readonly name: string;
  /** Whether it was moved aside. */
  readonly movedAside: boolean;
  /** What the layout of its slots is known from; null when it is not known. */
  readonly layout: GeometrySource | null;
  /** Its slots; null without a layout. */
  readonly slots: SlotCounts | null;
  /** Why decoding its id map ended early, or null; null without an id map, too. */
  readonly idMapFault: PickleFault | null;
  /** How many labels its id map gave that can be relied on; null without an id map. */
  readonly idMapLabels: number | null;
  /** Ids about whose label its id map contradicts itself. */
  readonly contradicted: number;
}

/** How many records and vectors there are of which kind. */
export interface SalvageCounts {
  /** Records that are live once the queue has been applied. */
  readonly records: number;
  /** Records with a vector, by its source. */
  readonly bySource: Readonly<Record<VectorSource, number>>;
  /** Records with a label, by what it is known from. */
  readonly byEvidence: Readonly<Record<LabelEvidence, number>>;
  /** Records without one, by the reason. */
  readonly missing: Readonly<Record<MissingReason, number>>;
  /** Records by what says that they are there. */
  readonly byRecordSource: Readonly<Record<RecordSource, number>>;
  /** Saved vectors of length 1 whose own length is lost. */
  readonly lengthsLost: number;
  /** Saved vectors that may be older than the record. */
  readonly perhapsOutdated: number;
  /** Slots whose vector the queue says otherwise, so that the queue's is taken. */
  readonly slotsDisputed: number;
  /**
   * Usable live slots of the segment's own index that belong to no record as far as is known: ghosts
   * or, while records are ambiguous, theirs.
   */
  readonly unclaimedSlots: number;
}

/** What was read of the database. */
export interface DatabaseReport {
  /** The rows of `embeddings`; null when they were not read. */
  readonly rows: RowReading | null;
  /** The queue; null when it was not read. */
  readonly operations: OperationsReading | null;
}

/** What can be saved of one index, with the files open from which vectors are read. */
export interface SegmentSalvage extends Disposable {
  /** Floats of a vector, or null when no place tells. */
  readonly dimension: number | null;
  /** How many records and vectors there are of which kind. */
  readonly counts: SalvageCounts;
  /** What was found in each directory, the segment's own first. */
  readonly directories: readonly DirectoryReport[];
  /** What was read of the database. */
  readonly database: DatabaseReport;
  /** What became of the order rule. */
  readonly order: OrderReport;
  /** The segment's own directory, open as long as the salvage is; null when it has none. */
  readonly own: IndexDirectory | null;
  /** Yields the records whose vectors are saved: rows by their key, then what the queue brings. */
  records(): Generator<SalvagedRecord, void, undefined>;
  /** Yields the records whose vectors are not, in the same order. */
  missing(): Generator<MissingRecord, void, undefined>;
  /** Yields the vectors of the segment's own index that belong to no record, slot by slot. */
  ghosts(): Generator<GhostVector, void, undefined>;
  /**
   * Has the vectors of the queue read from another connection from now on.
   *
   * @param database The connection; null where there is none for the time being.
   */
  rebind(database: StoreDatabase | null): void;
}
