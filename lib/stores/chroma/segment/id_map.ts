/**
 * index_metadata.pickle: which id has which label.
 *
 * | field                | type         | meaning                                                  |
 * | -------------------- | ------------ | -------------------------------------------------------- |
 * | dimensionality       | int or None  | floats of a vector; None in an index that 1.x began      |
 * | total_elements_added | u32          | the last label that was given                            |
 * | max_seq_id           | int or None  | before 0.5.6: the watermark of the VECTOR segment        |
 * | id_to_label          | {str: u32}   | the live records                                         |
 * | label_to_id          | {u32: str}   | the same the other way round                             |
 * | id_to_seq_id         | {str: u64}   | Python era: the sequence number of each record           |
 *
 * 1.x writes a plain dictionary (protocol 3, serde_pickle), the Python era an instance of
 * `PersistentData` (protocol 5). An index that 1.x took over keeps its dimensionality, and its
 * id_to_seq_id as the Python era left it. Source: local_persistent_hnsw.py and local_hnsw.rs of
 * Chroma; what each engine refuses was tried with 0.4.24, 0.5.23 and 1.5.9.
 *
 * @module
 */

import { LabelBitmap } from "../../../base/bitmap.ts";
import { MultisetHash, StringHash } from "../../../base/multiset_hash.ts";
import {
  type ByteSource,
  decodePickle,
  type PickleFault,
  type PickleField,
  type PickleScalar,
  type PickleTop,
} from "../../../codec/pickle.ts";

/** Labels are 32-bit integers in 1.x and small ones in the Python era. */
const LARGEST_LABEL = 0xffff_ffff;

/** The class of which 0.4 to 0.6 write an instance, as `module.name`. */
export const ID_MAP_CLASS = "chromadb.segment.impl.vector.local_persistent_hnsw.PersistentData";

/** What each field may be; without the first four, or with another type, no engine loads the map. */
const FIELD_TYPES: Readonly<Record<string, (field: PickleField | undefined) => boolean>> = {
  total_elements_added: isLabel,
  id_to_label: (field) => field === "dictionary",
  label_to_id: (field) => field === "dictionary",
  id_to_seq_id: (field) => field === "dictionary",
  dimensionality: (field) => field === undefined || field === null || typeof field === "number",
  max_seq_id: (field) => field === undefined || field === null || typeof field === "number",
};

const DIRECTIONS: ReadonlyMap<string, IdMapDirection> = new Map([
  ["id_to_label", "id-to-label"],
  ["label_to_id", "label-to-id"],
]);

/** What the id map of a segment holds, without the ids themselves. */
export interface IdMap {
  /** Which half of Chroma's history has this shape. */
  readonly era: "python" | "rust";
  /** The pickle protocol that the file names. */
  readonly protocol: number;
  /** Why decoding ended early, or null; with a fault all that follows is only a part. */
  readonly fault: PickleFault | null;
  /** Fields that are missing, or of a type that an engine cannot load. */
  readonly missingFields: readonly string[];
  /** Floats of a vector, or null as 1.x leaves it. */
  readonly dimensionality: number | null;
  /** The last label that was given, or null when it is no number. */
  readonly totalElementsAdded: number | null;
  /** The watermark of stores before 0.5.6, or null. */
  readonly maxSeqId: number | null;
  /** How many ids have a label. */
  readonly entries: number;
  /** How many labels have an id. */
  readonly reverseEntries: number;
  /** How many ids have a sequence number. */
  readonly sequencedEntries: number;
  /** The highest of those numbers; 0 when there is none. */
  readonly highestSequence: number;
  /** The labels that ids have. */
  readonly labels: LabelBitmap;
  /** The highest of them; 0 when there is none. */
  readonly highestLabel: number;
  /** How many ids have a label that another id has too. */
  readonly duplicateLabels: number;
  /** How many entries, of any direction, are not of the types that an engine can load. */
  readonly oddEntries: number;
  /** Whether the two directions hold the same pairs. */
  readonly directionsAgree: boolean;
  /**
   * Whether the ids that have a label are those that have a sequence number. The Python era needs
   * it; 1.x neither needs nor keeps it.
   */
  readonly sequencesAgree: boolean;
  /** Bytes behind the end of the pickle, for which 1.x refuses the whole index. */
  readonly trailingBytes: number;
}

/** Is told every id that has a label; the scalar is good until it returns. */
export type IdVisitor = (id: PickleScalar, label: number) => void;

/** Which of the two dictionaries an entry comes from. */
export type IdMapDirection = "id-to-label" | "label-to-id";

/** Is told every pair of both directions, as it stands. */
export type EntryVisitor = (direction: IdMapDirection, id: string, label: number) => void;

/**
 * Reads an id map in one pass and flat memory.
 *
 * @param source index_metadata.pickle.
 * @param onId Is told every id that has a label.
 * @returns What it holds; a damaged pickle gives a fault and never throws.
 * @throws {OperationError} The file cannot be read.
 */
export function readIdMap(source: ByteSource, onId: IdVisitor = () => {}): IdMap {
  const collector = new IdMapCollector(onId);
  const top = decode(
    source,
    (dictionary, key, value) => collector.visit(dictionary, key, value),
  );
  const { fields, fault } = top;
  return {
    era: top.isInstance ? "python" : "rust",
    protocol: top.protocol,
    fault,
    missingFields: fault === null ? listMissingFields(fields) : [],
    dimensionality: asNumber(fields.get("dimensionality")),
    totalElementsAdded: asNumber(fields.get("total_elements_added")),
    maxSeqId: asNumber(fields.get("max_seq_id")),
    trailingBytes: top.trailingBytes,
    ...collector.result(),
  };
}

/**
 * Reads the ids themselves, one by one: slower than {@linkcode readIdMap} by the reading of texts.
 *
 * @param source index_metadata.pickle.
 * @param onEntry Is told every entry that is an id and a label, of both directions.
 * @param options Whether entries of a frame that was cut are told as well; false by default.
 * @returns Why decoding ended early, or null; what was told before is right all the same.
 * @throws {OperationError} The file cannot be read.
 */
export function streamIdMap(
  source: ByteSource,
  onEntry: EntryVisitor,
  options: { passesFrames?: boolean } = {},
): PickleFault | null {
  const visit = (dictionary: string, key: PickleScalar, value: PickleScalar): void => {
    const direction = DIRECTIONS.get(dictionary);
    if (direction === undefined) return;
    const [id, label] = direction === "id-to-label" ? [key, value] : [value, key];
    const text = isPair(id, label) ? id.text() : null;
    if (text !== null) onEntry(direction, text, label.number);
  };
  return decode(source, visit, options.passesFrames).fault;
}

function decode(
  source: ByteSource,
  onEntry: (dictionary: string, key: PickleScalar, value: PickleScalar) => void,
  passesFrames = false,
): PickleTop {
  return decodePickle(source, {
    className: ID_MAP_CLASS,
    passesFrames,
    streamed: ["id_to_label", "label_to_id", "id_to_seq_id"],
    onEntry,
  });
}

function listMissingFields(fields: ReadonlyMap<string, PickleField>): string[] {
  return Object.entries(FIELD_TYPES)
    .filter(([name, isLoadable]) => !isLoadable(fields.get(name)))
    .map(([name]) => name);
}

function asNumber(field: PickleField | undefined): number | null {
  return typeof field === "number" && Number.isFinite(field) ? field : null;
}

class IdMapCollector {
  readonly #onId: IdVisitor;
  readonly #labels = new LabelBitmap();
  readonly #forward = new MultisetHash();
  readonly #reverse = new MultisetHash();
  readonly #ids = new MultisetHash();
  readonly #sequenced = new MultisetHash();
  readonly #pair = new StringHash();
  #highestLabel = 0;
  #highestSequence = 0;
  #duplicateLabels = 0;
  #oddEntries = 0;

  constructor(onId: IdVisitor) {
    this.#onId = onId;
  }

  visit(dictionary: string, key: PickleScalar, value: PickleScalar): void {
    if (dictionary === "id_to_label") this.#visitForward(key, value);
    else if (dictionary === "label_to_id") this.#visitReverse(key, value);
    else this.#visitSequence(key, value);
  }

  result(): Pick<
    IdMap,
    | "entries"
    | "reverseEntries"
    | "sequencedEntries"
    | "highestSequence"
    | "labels"
    | "highestLabel"
    | "duplicateLabels"
    | "oddEntries"
    | "directionsAgree"
    | "sequencesAgree"
  > {
    return {
      entries: this.#forward.count,
      reverseEntries: this.#reverse.count,
      sequencedEntries: this.#sequenced.count,
      highestSequence: this.#highestSequence,
      labels: this.#labels,
      highestLabel: this.#highestLabel,
      duplicateLabels: this.#duplicateLabels,
      oddEntries: this.#oddEntries,
      directionsAgree: this.#forward.equals(this.#reverse),
      sequencesAgree: this.#ids.equals(this.#sequenced),
    };
  }

  #visitForward(id: PickleScalar, label: PickleScalar): void {
    if (!isPair(id, label)) {
      this.#oddEntries++;
      return;
    }
    if (this.#labels.set(label.number)) this.#duplicateLabels++;
    this.#highestLabel = Math.max(this.#highestLabel, label.number);
    this.#ids.add(id.hash);
    this.#addPair(this.#forward, id, label);
    this.#onId(id, label.number);
  }

  #visitReverse(label: PickleScalar, id: PickleScalar): void {
    if (isPair(id, label)) this.#addPair(this.#reverse, id, label);
    else this.#oddEntries++;
  }

  #visitSequence(id: PickleScalar, sequence: PickleScalar): void {
    if (id.kind === "string" && sequence.kind === "number" && sequence.number >= 0) {
      this.#sequenced.add(id.hash);
      this.#highestSequence = Math.max(this.#highestSequence, sequence.number);
    } else this.#oddEntries++;
  }

  #addPair(set: MultisetHash, id: PickleScalar, label: PickleScalar): void {
    this.#pair.low = id.hash.low;
    this.#pair.high = id.hash.high;
    set.add(this.#pair.withNumber(label.number));
  }
}

function isPair(id: PickleScalar, label: PickleScalar): boolean {
  return id.kind === "string" && label.kind === "number" && isLabel(label.number);
}

function isLabel(field: PickleField | undefined): boolean {
  return typeof field === "number" && field >= 0 && field <= LARGEST_LABEL;
}
