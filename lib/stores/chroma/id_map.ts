/**
 * index_metadata.pickle: which id has which label.
 *
 * | field                | type         | meaning                                                  |
 * | -------------------- | ------------ | -------------------------------------------------------- |
 * | dimensionality       | int or None  | Python era: floats of a vector; 1.x leaves it None       |
 * | total_elements_added | int          | the last label that was given                            |
 * | max_seq_id           | int or None  | before 0.5.6: the watermark of the VECTOR segment        |
 * | id_to_label          | {str: int}   | the live records                                         |
 * | label_to_id          | {int: str}   | the same the other way round                             |
 * | id_to_seq_id         | {str: int}   | Python era: the sequence number of each record           |
 *
 * 1.x writes a plain dictionary (protocol 3, serde_pickle), the Python era an instance of
 * `PersistentData` (protocol 5). Source: local_persistent_hnsw.py and local_hnsw.rs of Chroma.
 *
 * @module
 */

import { LabelBitmap } from "../../base/bitmap.ts";
import { MultisetHash, StringHash } from "../../base/multiset_hash.ts";
import {
  type ByteSource,
  decodePickle,
  type PickleFault,
  type PickleScalar,
} from "../../codec/pickle.ts";

/** Labels are 32-bit integers in 1.x and small ones in the Python era. */
const LARGEST_LABEL = 0xffff_ffff;

const CLASS_NAME = "chromadb.segment.impl.vector.local_persistent_hnsw.PersistentData";

/** The fields without which the engine cannot load the map. */
const REQUIRED_FIELDS = ["total_elements_added", "id_to_label", "label_to_id"] as const;

/** What the id map of a segment holds, without the ids themselves. */
export interface IdMap {
  /** Which half of Chroma's history has this shape. */
  readonly era: "python" | "rust";
  /** The pickle protocol that the file names. */
  readonly protocol: number;
  /** Why decoding ended early, or null; with a fault all that follows is only a part. */
  readonly fault: PickleFault | null;
  /** Fields that are missing. */
  readonly missingFields: readonly string[];
  /** Floats of a vector, or null as 1.x leaves it. */
  readonly dimensionality: number | null;
  /** The last label that was given, or null when it is no number. */
  readonly totalElementsAdded: number | null;
  /** The watermark of stores before 0.5.6, or null. */
  readonly maxSeqId: number | null;
  /** How many ids have a label. */
  readonly entries: number;
  /** The labels that ids have. */
  readonly labels: LabelBitmap;
  /** The highest of them; 0 when there is none. */
  readonly highestLabel: number;
  /** How many ids have a label that another id has too. */
  readonly duplicateLabels: number;
  /** How many entries are not an id and a label. */
  readonly oddEntries: number;
  /** Whether the two directions hold the same pairs. */
  readonly directionsAgree: boolean;
  /** Bytes behind the end of the pickle. */
  readonly trailingBytes: number;
}

/** Is told every id that has a label; the scalar is good until it returns. */
export type IdVisitor = (id: PickleScalar) => void;

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
  const top = decodePickle(source, {
    className: CLASS_NAME,
    streamed: ["id_to_label", "label_to_id", "id_to_seq_id"],
    onEntry: (dictionary, key, value) => collector.visit(dictionary, key, value),
  });
  const { fields, fault } = top;
  return {
    era: top.isInstance ? "python" : "rust",
    protocol: top.protocol,
    fault,
    missingFields: fault === null ? REQUIRED_FIELDS.filter((name) => !fields.has(name)) : [],
    dimensionality: asNumber(fields.get("dimensionality")),
    totalElementsAdded: asNumber(fields.get("total_elements_added")),
    maxSeqId: asNumber(fields.get("max_seq_id")),
    trailingBytes: top.trailingBytes,
    ...collector.result(),
  };
}

function asNumber(value: string | number | boolean | null | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

class IdMapCollector {
  readonly #onId: IdVisitor;
  readonly #labels = new LabelBitmap();
  readonly #forward = new MultisetHash();
  readonly #reverse = new MultisetHash();
  readonly #pair = new StringHash();
  #highestLabel = 0;
  #duplicateLabels = 0;
  #oddEntries = 0;

  constructor(onId: IdVisitor) {
    this.#onId = onId;
  }

  visit(dictionary: string, key: PickleScalar, value: PickleScalar): void {
    if (dictionary === "id_to_label") this.#visitForward(key, value);
    else if (dictionary === "label_to_id") this.#visitReverse(key, value);
  }

  result(): Pick<
    IdMap,
    "entries" | "labels" | "highestLabel" | "duplicateLabels" | "oddEntries" | "directionsAgree"
  > {
    return {
      entries: this.#forward.count,
      labels: this.#labels,
      highestLabel: this.#highestLabel,
      duplicateLabels: this.#duplicateLabels,
      oddEntries: this.#oddEntries,
      directionsAgree: this.#forward.equals(this.#reverse),
    };
  }

  #visitForward(id: PickleScalar, label: PickleScalar): void {
    if (id.kind !== "string" || !isLabel(label)) {
      this.#oddEntries++;
      return;
    }
    if (this.#labels.set(label.number)) this.#duplicateLabels++;
    this.#highestLabel = Math.max(this.#highestLabel, label.number);
    this.#addPair(this.#forward, id, label);
    this.#onId(id);
  }

  #visitReverse(label: PickleScalar, id: PickleScalar): void {
    if (id.kind !== "string" || !isLabel(label)) this.#oddEntries++;
    else this.#addPair(this.#reverse, id, label);
  }

  #addPair(set: MultisetHash, id: PickleScalar, label: PickleScalar): void {
    this.#pair.low = id.hash.low;
    this.#pair.high = id.hash.high;
    set.add(this.#pair.withNumber(label.number));
  }
}

function isLabel(scalar: PickleScalar): boolean {
  const { kind, number } = scalar;
  return kind === "number" && Number.isInteger(number) && number >= 0 && number <= LARGEST_LABEL;
}
