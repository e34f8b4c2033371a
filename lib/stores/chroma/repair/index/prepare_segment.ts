/**
 * Planning the repair of one index: what is saved, from where, which way it comes back, and what is
 * lost.
 *
 * @module
 */

import { CATALOGUE_NAME } from "../../layout.ts";
import { listElsewhere, OlderCopyVectors } from "../../salvage/older_copies.ts";
import type { SegmentSalvage } from "../../salvage/salvage_request.ts";
import { salvageVectors } from "../../salvage/salvage_vectors.ts";
import { type OutsideVectors, supplementSalvage } from "../../salvage/supplemented_salvage.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { AddRecordsStep } from "./add_records_step.ts";
import { chooseStrategy } from "./choose_strategy.ts";
import { describeIndexStep } from "./describe_index_step.ts";
import type { HandedInVectors } from "./handed_in_vectors.ts";
import { IndexStep } from "./index_step.ts";
import { QueueStep } from "./queue_step.ts";
import { sourceOfSalvage } from "./salvage_source.ts";
import { countMissing } from "./segment_parts.ts";
import { findFaults } from "./settled_faults.ts";
import type { WantedIndex } from "./wanted_segments.ts";

/**
 * Plans the steps for one index.
 *
 * @param wanted The index; its catalogue is open while the steps are planned.
 * @param context What the stage was given.
 * @param handedIn The vectors that were handed in, or null.
 * @returns The steps; none where its records cannot be read through, or there is nothing to be done.
 * @throws {OperationError} A file cannot be read.
 */
export function prepareSegment(
  wanted: WantedIndex,
  context: RepairContext,
  handedIn: HandedInVectors | null,
): PreparedStep[] {
  const salvage = salvageAll(wanted, context, handedIn);
  const steps: PreparedStep[] = [];
  let isHeld = false;
  try {
    if (!isReadThrough(salvage) || isDimensionInDoubt(wanted, salvage)) return steps;
    const strangers = listStrangers(wanted.handedInIds, salvage);
    const isFilled = salvage.counts.bySource["handed-in"] > 0;
    if (isFilled || (wanted.findings.length > 0 && !isAsGoodAsItGets(wanted, context, salvage))) {
      steps.push(prepareIndex(wanted, context, salvage));
      isHeld = true;
    }
    if (handedIn !== null && strangers.length > 0) {
      steps.push(AddRecordsStep.prepare(wanted, handedIn, strangers, context.request));
    }
    return steps;
  } finally {
    salvage.rebind(null);
    if (!isHeld) salvage[Symbol.dispose]();
  }
}

/**
 * Whether the index, or most vectors in the queue where it tells nothing, have another dimension than
 * the collection: then nothing can be read of it, for the collection itself may be wrong. That an
 * index is foreign counts only where the queue bears the collection out.
 */
function isDimensionInDoubt(
  { request: { database }, collection, place, isForeign }: WantedIndex,
  { own }: SegmentSalvage,
): boolean {
  const layout = own?.layout ?? null;
  if (layout !== null && !isForeign) return layout.geometry.dimension !== collection.dimension;
  const { dimension } = collection;
  const [fitting, others] = database?.row(
    `SELECT count(*) FILTER (WHERE octet_length(vector) = ?),
       count(*) FILTER (WHERE octet_length(vector) <> ?) FROM embeddings_queue
     WHERE substr(topic, -36) = ? AND typeof(vector) = 'blob' AND encoding = 'FLOAT32'`,
    4 * (dimension ?? 0),
    4 * (dimension ?? 0),
    place.collectionId,
  ) ?? [];
  if (isForeign) return Number(others) > 0 || Number(fitting) === 0;
  return dimension === null ? Number(others) > 0 : Number(others) > Number(fitting);
}

/** Saves vectors from every place that there is. */
function salvageAll(
  { request, name }: WantedIndex,
  { request: { olderCopies } }: RepairContext,
  handedIn: HandedInVectors | null,
): SegmentSalvage {
  const { segmentId } = request.subject;
  const parts = olderCopies.filter(({ isWhole }) => !isWhole);
  const elsewhere = parts.flatMap(({ directory }) => listElsewhere(directory, segmentId));
  const salvage = salvageVectors({ ...request, elsewhere });
  const places: OutsideVectors[] = [];
  try {
    const { dimension } = salvage;
    if (dimension === null || !isLacking(salvage)) return salvage;
    for (const { directory, isWhole } of olderCopies) {
      const copy = isWhole ? OlderCopyVectors.open(directory, segmentId, dimension) : null;
      if (copy !== null) places.push(copy);
    }
    if (handedIn !== null) places.push(handedIn.placesOf(name));
    return supplementSalvage(salvage, places);
  } catch (error) {
    for (const opened of places) opened[Symbol.dispose]();
    salvage[Symbol.dispose]();
    throw error;
  }
}

/** Whether a better vector for any record would be of use. */
function isLacking({ counts }: SegmentSalvage): boolean {
  const missing = Object.values(counts.missing).reduce((sum, count) => sum + count, 0);
  return missing + counts.lengthsLost + counts.perhapsOutdated > 0;
}

/**
 * Whether records lack their vectors and are to stay, and nothing else is wrong: then no repair makes
 * anything better, and a second one must not begin again.
 */
function isAsGoodAsItGets(
  { findings, place, request: { subject } }: WantedIndex,
  { request: { keepUnsearchable, strategy } }: RepairContext,
  { counts: { bySource } }: SegmentSalvage,
): boolean {
  if (!keepUnsearchable || bySource["moved-aside"] + bySource["older-copy"] > 0) return false;
  // Through the queue the directory comes with the next start of the engine.
  const isQueued = strategy === "queue" && subject.directory === null &&
    place.vectorWatermark === null;
  const staying = [
    "vectors-missing",
    "vector-not-finite",
    ...(isQueued ? ["segment-missing"] : []),
  ];
  return findings.every(({ name, path }) => staying.includes(name) && isInCatalogue(path, name));
}

/** A vector in a slot that is not finite goes with the slot. */
function isInCatalogue(path: string | null, name: string): boolean {
  return name !== "vector-not-finite" || path === CATALOGUE_NAME;
}

/** Which records there are is known only where every row was read. */
function isReadThrough({ database: { rows, operations } }: SegmentSalvage): boolean {
  return rows?.damagedPlaces === 0 && operations?.damagedPlaces === 0;
}

/** The ids for which vectors were handed in, and that are no records. */
function listStrangers(handedInIds: readonly string[], salvage: SegmentSalvage): string[] {
  if (handedInIds.length === 0) return [];
  const strangers = new Set(handedInIds);
  for (const { id } of salvage.records()) strangers.delete(id);
  for (const { id } of salvage.missing()) strangers.delete(id);
  return [...strangers];
}

function prepareIndex(
  wanted: WantedIndex,
  context: RepairContext,
  salvage: SegmentSalvage,
): PreparedStep {
  const { request: { subject, database }, place, engine, name } = wanted;
  const { request } = context;
  const source = sourceOfSalvage(salvage, subject, {
    engine,
    vectorWatermark: place.vectorWatermark,
    lastSequence: database?.number(LAST_SEQUENCE, place.collectionId) ?? null,
  });
  const vectors = salvage.counts.records - countMissing(salvage);
  const strategy = chooseStrategy({ request, engine, source, vectors, collection: name });
  const isReplayed = strategy.build === null && database !== null;
  const faults = isReplayed ? findFaults(wanted, database) : [];
  const step = describeIndexStep({ wanted, context, salvage, strategy, faults });
  const parts = { wanted, salvage, request };
  return strategy.build === null || source === null
    ? new QueueStep(step, parts)
    : new IndexStep(step, { ...parts, source });
}

const LAST_SEQUENCE =
  "SELECT CAST(max(seq_id) AS REAL) FROM embeddings_queue WHERE substr(topic, -36) = ?";
