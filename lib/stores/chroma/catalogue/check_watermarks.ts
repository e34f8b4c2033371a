/**
 * The watermarks in `max_seq_id` against the segments and the queue. The rules:
 *
 * - each is a number in the form that the engine writes, and was not garbled by a migration;
 * - none lies beyond the queue: the next write gets the number after the highest one in the queue,
 *   so it is taken for an old one, and no engine ever shows it (measured in 0.4.24, 0.5.23, 1.5.9);
 * - a METADATA segment that has records has one, and so has a VECTOR segment that was flushed since
 *   0.5.6 (before that, its watermark stands in index_metadata.pickle alone);
 * - one that belongs to no segment is named.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding, type FindingFacts } from "../../../model/finding.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionRow,
  isWhole,
  listCollections,
  type SegmentRow,
  type WatermarkRow,
} from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Engine } from "./migrations.ts";
import {
  decodeWatermark,
  FIRST_QUEUE_WITH_VECTOR_WATERMARKS,
  type PickleWatermarks,
  type Watermark,
} from "./watermark.ts";

/** How many ids a finding names. */
const MOST_NAMED = 100;

/** What all watermarks are held against. */
interface Context {
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  readonly pickles: PickleWatermarks | null;
  readonly unmarkedSegments: ReadonlySet<string>;
}

/** A segment of a collection, and its row in max_seq_id. */
interface Subject {
  readonly collection: CollectionRow;
  readonly segment: SegmentRow;
  readonly row: WatermarkRow | undefined;
}

/**
 * Judges the watermarks.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @param pickles The watermarks in the pickles, or null when they have not been read.
 * @returns What is wrong or left over.
 */
export function checkWatermarks(
  catalogue: Catalogue,
  engine: Engine,
  pickles: PickleWatermarks | null,
): Finding[] {
  const unmarkedSegments = new Set(catalogue.unmarkedSegments);
  const context: Context = { catalogue, engine, pickles, unmarkedSegments };
  const rows = new Map(catalogue.watermarks.map((row) => [row.segmentId, row]));
  const findings: Finding[] = [];
  for (const { collection, metadata, vector } of listCollections(catalogue)) {
    for (const segment of [metadata, vector]) {
      if (segment === null) continue;
      const subject = { collection, segment, row: rows.get(segment.id) };
      findings.push(...checkForm(context, subject));
      findings.push(...checkAhead(context, subject));
      findings.push(...checkMissing(context, subject));
    }
  }
  return [...findings, ...checkOrphans(catalogue)];
}

function checkForm({ engine }: Context, subject: Subject): Finding[] {
  if (subject.row === undefined) return [];
  const watermark = decodeWatermark(subject.row);
  const raw = printable(watermark.raw, 100);
  const detail = { stored: watermark.raw, trueValue: watermark.trueValue };
  switch (watermark.kind) {
    case "poisoned":
      return [createFinding("watermark-poisoned", {
        ...placeOf(subject),
        message: `The watermark is ${raw}; ${describeTrueValue(watermark)}`,
        detail,
      })];
    case "invalid":
      return [createFinding("watermark-invalid", {
        ...placeOf(subject),
        message: `The watermark is ${raw}, which is no sequence number`,
        detail,
      })];
    case "blob":
      // Before 1.0 that is the right form.
      if (engine.era === "python") return [];
      return [createFinding("watermark-blob", {
        ...placeOf(subject),
        message: `The watermark is ${raw}, which stands for ${watermark.trueValue}`,
        detail,
      })];
    case "integer":
      return [];
  }
}

function describeTrueValue({ trueValue }: Watermark): string {
  if (trueValue === null) return "it was NULL before, so the true number is gone";
  return trueValue >= 10_000_000
    ? `the true number ends in ${trueValue}`
    : `the true number is ${trueValue}`;
}

function checkAhead({ catalogue, pickles }: Context, subject: Subject): Finding[] {
  if (catalogue.queueBounds === null) return [];
  const last = catalogue.queueBounds.lastSequence ?? 0n;
  const value = subject.row === undefined
    ? pickles?.get(subject.segment.id) ?? null
    : decodeWatermark(subject.row).value;
  if (value === null || BigInt(value) <= last) return [];
  const queue = catalogue.queueBounds.lastSequence === null
    ? "the queue is empty and will begin at 1 again"
    : `the queue has got no further than ${last}`;
  return [createFinding("watermark-ahead", {
    ...placeOf(subject),
    message: `The watermark is ${value}, but ${queue}: the next ` +
      `${formatNumber(value - Number(last))} writes to the store will not appear here`,
    detail: { watermark: value, queueLast: Number(last) },
  })];
}

function checkMissing(context: Context, subject: Subject): Finding[] {
  const { catalogue, engine, pickles } = context;
  const { segment, row } = subject;
  if (row !== undefined || !isWhole(catalogue, "max_seq_id")) return [];
  const isMetadata = segment.scope === "METADATA";
  const isMissing = isMetadata
    ? context.unmarkedSegments.has(segment.id)
    : engine.schema.embeddings_queue >= FIRST_QUEUE_WITH_VECTOR_WATERMARKS &&
      pickles?.get(segment.id) === null;
  if (!isMissing) return [];
  return [createFinding("watermark-missing", {
    ...placeOf(subject),
    message: isMetadata
      ? "The METADATA segment has records, but no row in max_seq_id"
      : "The VECTOR segment was flushed, but has no row in max_seq_id and no watermark in its " +
        "index_metadata.pickle",
  })];
}

function checkOrphans(catalogue: Catalogue): Finding[] {
  if (!isWhole(catalogue, "segments")) return [];
  const segments = new Set(catalogue.segments.map(({ id }) => id));
  const orphans = catalogue.watermarks.filter(({ segmentId }) => !segments.has(segmentId));
  if (orphans.length === 0) return [];
  return [createFinding("watermark-orphan", {
    path: CATALOGUE_NAME,
    count: orphans.length,
    message: `${formatCount(orphans.length, "row")} of max_seq_id for segments that are not there`,
    detail: { segments: orphans.slice(0, MOST_NAMED).map(({ segmentId }) => segmentId) },
  })];
}

function placeOf({ collection, segment }: Subject): Omit<FindingFacts, "message"> {
  return {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    segment: segment.id,
  };
}
