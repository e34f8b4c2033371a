/**
 * What stands inside a store, for people who would rather look than read: the graph of each index,
 * how far it is behind the catalogue, and a sample of the vectors. Plain data; nothing is judged.
 *
 * @module
 */

/** The graph of an index in numbers, as a check has read it. */
export interface GraphReading {
  /** The id of the segment. */
  readonly segment: string;
  /** The directory of the index, relative to the store. */
  readonly path: string;
  /** Floats of a vector. */
  readonly dimension: number;
  /** M: links of a node on the levels above 0; on level 0 there are twice as many. */
  readonly maxLinks: number;
  /** How many slots are there to be read. */
  readonly slots: number;
  /** How many slots are in use by what the files say; more than {@linkcode slots} where some are gone. */
  readonly expectedSlots: number;
  /** How many of the slots are not deleted. */
  readonly live: number;
  /** How many of the slots are deleted. */
  readonly deleted: number;
  /** How many live slots no search can reach; null where that could not be found out. */
  readonly unreachable: number | null;
  /** The first of these. */
  readonly unreachableSlots: readonly number[];
  /** The slot at which every search begins; null where header.bin does not tell. */
  readonly entryPoint: number | null;
  /** How many slots have each level as their highest; empty where link_lists.bin cannot be read. */
  readonly levels: readonly number[];
  /** How many slots have so many neighbours on level 0: none, one, two, and so on. */
  readonly degrees: readonly number[];
}

/** How far the index of a collection and its records have got. */
export interface DriftReading {
  /** The last write that the index has taken in; null where that is not known. */
  readonly vectorWatermark: number | null;
  /** The last write that the records have taken in; null where that is not known. */
  readonly metadataWatermark: number | null;
  /** How many writes of the collection are in the queue; null where they were not counted. */
  readonly queuedWrites: number | null;
  /** How many of them the index lacks; null where that is not known. */
  readonly pendingWrites: number | null;
}

/** What is known of a vector that was drawn. */
export type VectorState = "live" | "deleted" | "unreachable" | "queued" | "damaged" | "missing";

/** A vector that was drawn. */
export interface SampledVector {
  /** The numbers; null where it is missing, or damaged so that none of them means anything. */
  readonly values: Float32Array | null;
  /** What is known of it. */
  readonly state: VectorState;
  /** Which one it is, for people: the id of its record, or the slot where none is known. */
  readonly label: string;
}

/** Some vectors of a collection, drawn so that each has the same chance. */
export interface VectorSample {
  /** Of how many they were drawn. */
  readonly total: number;
  /** The vectors. */
  readonly vectors: readonly SampledVector[];
}

/** A collection as it stands in its files. */
export interface CollectionPortrait {
  /** Its name; where that is lost, the name of its place. */
  readonly name: string;
  /** Where its vectors are, relative to the store: the directory of its index, or its folder. */
  readonly path: string | null;
  /** How many records or documents it has; null where they cannot be counted. */
  readonly records: number | null;
  /** Floats of a vector; null where that is not known. */
  readonly dimension: number | null;
  /** How far it has got; null where the format has no queue, or it cannot be read. */
  readonly drift: DriftReading | null;
  /** The vectors that were drawn. */
  readonly sample: VectorSample;
  /** The ids of records in slots that were asked for, by slot. */
  readonly slotIds: ReadonlyMap<number, string>;
}

/** What is known of a store once all of its collections have been looked at. */
export interface PortraitEnd {
  /** How many collections there are besides those that were looked at. */
  readonly leftOut: number;
  /** The last write in the queue of all collections; null where the format has none. */
  readonly lastWrite: number | null;
}
