/**
 * A new index, made of what was salvaged of the old one.
 *
 * It takes the place of the old one at its watermark, so that nothing in the database has to be
 * changed: records that the queue makes after it are left to the engine, which brings them in at its
 * next start, and newer vectors of records that were there before are in the index already when the
 * engine puts them in once more.
 *
 * Where no watermark is known the index takes the whole queue in. 0.x finds that written down in the
 * id map, where the watermark stood before 0.5.6; 1.x does not look there, and replays the queue over
 * records that are in the index already.
 *
 * @module
 */

import type { IndexSettings } from "../../../../hnsw/build/settings.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { FIRST_QUEUE_WITH_VECTOR_WATERMARKS } from "../../catalogue/watermark.ts";
import type { SalvagedRecord, SegmentSalvage } from "../../salvage/salvage_request.ts";
import type { SegmentSubject } from "../../segment/segment_reading.ts";
import type { IndexEntry, IndexSource } from "./index_source.ts";

/** What is known besides. */
export interface SalvageSourceOptions {
  /** The engine that wrote the store. */
  readonly engine: Engine;
  /** The watermark of the index, or null where none is known. */
  readonly vectorWatermark: number | null;
  /** The number of the last write in the queue, or null when it is empty. */
  readonly lastSequence: number | null;
}

/** Engines give a node as many levels as M lets them draw: with M 1 that is no number. */
const SMALLEST_MAX_LINKS = 2;

/** The number of the first write of a store; before 1.0 a watermark of 0 is taken for none. */
const FIRST_SEQUENCE = 1;

/**
 * Makes a source of what was salvaged.
 *
 * @param salvage What was salvaged; it stays open as long as the source is used.
 * @param subject The segment.
 * @param options What is known besides.
 * @returns The source, or null where dimension, space or M say that no index can be built.
 */
export function sourceOfSalvage(
  salvage: SegmentSalvage,
  subject: SegmentSubject,
  options: SalvageSourceOptions,
): IndexSource | null {
  const settings = settingsOf(salvage, subject);
  if (settings === null || subject.settings === null) return null;
  const { engine, vectorWatermark, lastSequence } = options;
  const takesQueue = vectorWatermark === null;
  const isStored = engine.schema.embeddings_queue >= FIRST_QUEUE_WITH_VECTOR_WATERMARKS;
  const previous = salvage.own?.layout?.geometry.dimension === settings.dimension
    ? salvage.own
    : null;
  function* entries(): Generator<IndexEntry, void, undefined> {
    for (const record of salvage.records()) {
      if (!record.isPending || takesQueue) yield toEntry(record, previous !== null);
    }
  }
  let count = 0;
  let newest = FIRST_SEQUENCE;
  for (const { sequenceNumber } of entries()) {
    count++;
    newest = Math.max(newest, sequenceNumber ?? 0);
  }
  return {
    segmentId: subject.segmentId,
    collection: subject.collection ?? subject.segmentId,
    settings,
    resizeFactor: subject.settings.resizeFactor,
    engine,
    watermark: vectorWatermark ?? Math.max(newest, lastSequence ?? 0),
    isWatermarkInIdMap: engine.era === "python" && (takesQueue || !isStored),
    count,
    previous,
    entries,
  };
}

function settingsOf(salvage: SegmentSalvage, subject: SegmentSubject): IndexSettings | null {
  const dimension = subject.dimension ?? salvage.dimension;
  const { settings } = subject;
  if (dimension === null || settings === null || settings.space === null) return null;
  if (settings.maxNeighbors < SMALLEST_MAX_LINKS) return null;
  return {
    dimension,
    space: settings.space,
    maxLinks: settings.maxNeighbors,
    efConstruction: settings.efConstruction,
  };
}

function toEntry(record: SalvagedRecord, hasPrevious: boolean): IndexEntry {
  const { id, rowId, sequenceNumber, isLengthLost, readStored } = record;
  const isInOwn = hasPrevious && record.source === "index";
  return {
    id,
    rowId,
    sequenceNumber,
    slot: isInOwn ? record.slot ?? -1 : -1,
    isLengthLost,
    readStored,
  };
}
