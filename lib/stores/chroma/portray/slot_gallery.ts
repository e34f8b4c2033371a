/**
 * Some slots of an index: their vectors, and the ids of the records that stand there.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../base/errors.ts";
import { BoundedFile } from "../../../fs/read_fs.ts";
import { geometryOf, type HnswGeometry } from "../../../hnsw/geometry.ts";
import type { GraphReading, SampledVector, VectorState } from "../../../model/portrait.ts";
import type { SampleRoom } from "../../draw_sample.ts";
import { SEGMENT_FILES } from "../layout.ts";
import { readIdMap } from "../segment/id_map.ts";
import { readSegment } from "../segment/read_segment.ts";
import type { SegmentSubject } from "../segment/segment_reading.ts";

/** How many slots out of reach are drawn besides the others: they are what one looks for. */
const MOST_UNREACHABLE = 200;

/** An id that is longer is cut: it is shown, not looked up. */
const MOST_ID_CHARACTERS = 120;

/** Which slots are looked at. */
export interface SlotChoice {
  /** Those whose vectors are drawn, ascending. */
  readonly slots: readonly number[];
  /** Those whose records are asked for. */
  readonly wanted: readonly number[];
}

/** What stands in the slots. */
export interface SlotSample {
  /** The vectors that were drawn. */
  readonly vectors: readonly SampledVector[];
  /** The ids of the records that were asked for, by slot. */
  readonly slotIds: ReadonlyMap<number, string>;
}

/** A slot without its links. */
interface ReadSlot {
  readonly slot: number;
  readonly label: number;
  readonly isDeleted: boolean;
  readonly values: Float32Array | null;
}

/** Reads slots of one index. */
export class SlotGallery implements Disposable {
  readonly #subject: SegmentSubject;
  readonly #unreachable: ReadonlySet<number>;
  readonly #geometry: HnswGeometry | null;
  readonly #data: BoundedFile | null;
  /** How many slots can be read. */
  readonly slots: number;

  /**
   * Opens an index.
   *
   * @param subject What the catalogue says of it.
   * @param graph Its graph as a check has read it; null where only its header is to be looked at.
   * @throws {OperationError} A file cannot be read.
   */
  constructor(subject: SegmentSubject, graph: GraphReading | null) {
    this.#subject = subject;
    this.#unreachable = new Set(graph?.unreachableSlots);
    const layout = graph === null ? readHeader(subject) : {
      geometry: geometryOf(graph.maxLinks, graph.dimension),
      count: graph.slots,
    };
    this.#geometry = layout?.geometry ?? null;
    this.#data = layout === null ? null : openFile(subject, SEGMENT_FILES.data);
    const room = this.#geometry === null || this.#data === null
      ? 0
      : Math.floor(this.#data.sizeBytes / this.#geometry.slotSizeBytes);
    this.slots = Math.min(layout?.count ?? 0, room);
  }

  /** Floats of a vector; null where that is not known. */
  get dimension(): number | null {
    return this.#geometry?.dimension ?? null;
  }

  /**
   * Reads slots.
   *
   * @param room Where their vectors go; those for which there is no room are passed over.
   * @param choice Which ones.
   * @returns What stands in them.
   * @throws {OperationError} A file cannot be read.
   */
  draw(room: SampleRoom, { slots, wanted }: SlotChoice): SlotSample {
    const out = [...this.#unreachable].slice(0, MOST_UNREACHABLE);
    const drawn = [...new Set([...slots, ...out])].sort((one, other) => one - other)
      .flatMap((slot) => room.take(this.dimension ?? 0) ? this.#read(slot) ?? [] : []);
    const asked = wanted.flatMap((slot) => this.#read(slot) ?? []);
    const ids = this.#readIds(new Set([...drawn, ...asked].map(({ label }) => label)));
    return {
      vectors: drawn.map((read) => this.#toVector(read, ids)),
      slotIds: new Map(asked.flatMap(({ slot, label }) => {
        const id = ids.get(label);
        return id === undefined ? [] : [[slot, id]];
      })),
    };
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#data?.close();
  }

  #read(slot: number): ReadSlot | null {
    const geometry = this.#geometry;
    if (geometry === null || this.#data === null || slot >= this.slots) return null;
    const { slotSizeBytes, vectorOffset, labelOffset } = geometry;
    const bytes = this.#data.read(slot * slotSizeBytes, slotSizeBytes);
    if (bytes.byteLength < slotSizeBytes) return null;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = new Float32Array(bytes.slice(vectorOffset, labelOffset).buffer);
    const label = Number(view.getBigUint64(labelOffset, true));
    const isWhole = label > 0 && values.every((value) => Number.isFinite(value));
    return {
      slot,
      label,
      isDeleted: (view.getUint8(2) & 1) === 1,
      values: isWhole ? values : null,
    };
  }

  #toVector(
    { slot, label, isDeleted, values }: ReadSlot,
    ids: ReadonlyMap<number, string>,
  ): SampledVector {
    const state: VectorState = values === null
      ? "damaged"
      : isDeleted
      ? "deleted"
      : this.#unreachable.has(slot)
      ? "unreachable"
      : "live";
    return { values, state, label: ids.get(label) ?? `slot ${slot}` };
  }

  /** An id map that is damaged gives those ids that stand before the damage. */
  #readIds(labels: ReadonlySet<number>): Map<number, string> {
    const ids = new Map<number, string>();
    using file = labels.size === 0 ? null : openFile(this.#subject, SEGMENT_FILES.idMap);
    if (file === null) return ids;
    readIdMap(file, (id, label) => {
      if (labels.has(label) && !ids.has(label)) {
        ids.set(label, (id.text() ?? "").slice(0, MOST_ID_CHARACTERS));
      }
    });
    return ids;
  }
}

function readHeader(subject: SegmentSubject): { geometry: HnswGeometry; count: number } | null {
  const ignore = (): void => {};
  const { reading } = readSegment(subject, { level: "quick", onRead: ignore, onId: ignore });
  const { geometry, count } = reading;
  return geometry === null || count === null ? null : { geometry, count: count.effective };
}

function openFile({ storePath, directory }: SegmentSubject, name: string): BoundedFile | null {
  const file = directory?.files[name];
  if (file === undefined) return null;
  try {
    return BoundedFile.open(join(storePath, file.path));
  } catch (error) {
    if (error instanceof OperationError && error.code === "not-found") return null;
    throw error;
  }
}
