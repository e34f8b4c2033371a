/**
 * Which rows of the queue can go, and why the others cannot.
 *
 * A row can go when both halves of its collection have taken it in, so that no engine reads it again:
 * its number is below both watermarks, as engines that purge by themselves have it. Two more things
 * are held here:
 *
 * - the index really has every vector that the rows bring: each is compared. After the purge the
 *   index is the only place that has it;
 * - the last row of the queue stays. SQLite numbers a row after the highest number that is there;
 *   with the last one gone the next write would get a number that both halves have passed already,
 *   and no engine would ever apply it.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import type { OptimizationAction, OptimizationRest } from "../../../model/optimization.ts";
import { collectionLabel, listCollections } from "../catalogue/catalogue.ts";
import { CATALOGUE_NAME, type Layout } from "../layout.ts";
import {
  listVectorSegments,
  type OpenedCatalogue,
  readPickleWatermarks,
} from "../opened_catalogue.ts";
import { listQueuePositions, type QueuePosition, type QueueTopic } from "../records/queue.ts";
import { readQueueSummary } from "../records/read_queue.ts";
import { listIndexes, type StoreIndex } from "../repair/index/wanted_segments.ts";
import { countMissing } from "../repair/index/segment_parts.ts";
import { salvageVectors } from "../salvage/salvage_vectors.ts";

/** Rows of one collection that can go. */
export interface PlannedPurge {
  /** Their topic. */
  readonly topic: string;
  /** They are those with a lower number. */
  readonly below: number;
  /** What stands in the plan. */
  readonly action: OptimizationAction;
}

/** What becomes of the queue. */
export interface PurgePlan {
  /** What goes. */
  readonly purges: readonly PlannedPurge[];
  /** What stays, and why. */
  readonly rests: readonly OptimizationRest[];
}

/** A topic of a collection, and what is known of it. */
interface Topic {
  readonly entry: QueueTopic;
  readonly position: QueuePosition;
  readonly name: string;
  readonly index: StoreIndex | null;
}

const NOTHING: PurgePlan = { purges: [], rests: [] };

/**
 * Plans what becomes of the queue.
 *
 * @param layout The store's directory.
 * @param opened Its catalogue.
 * @param signal Ends the work.
 * @returns What goes and what stays.
 * @throws {OperationError} A file cannot be read.
 * @throws {SqliteError} The queue cannot be read.
 */
export function planPurge(
  layout: Layout,
  opened: OpenedCatalogue,
  signal: AbortSignal | undefined,
): PurgePlan {
  const { catalogue, engine, reading: { database } } = opened;
  if (catalogue === null || engine === null || database === null) return NOTHING;
  const last = catalogue.queueBounds?.lastSequence ?? null;
  if (last === null) return NOTHING;
  const segments = listVectorSegments(layout, catalogue, engine);
  const positions = listQueuePositions(catalogue, readPickleWatermarks(segments, catalogue))
    .map((position) => holdLast(position, Number(last)));
  const byCollection = new Map(positions.map((position) => [position.collectionId, position]));
  const names = new Map(
    listCollections(catalogue).map((
      { collection },
    ) => [collection.id, collectionLabel(collection)]),
  );
  const indexes = new Map(
    listIndexes(layout, opened).map((index) => [index.collection.id, index]),
  );
  const plans = readQueueSummary(database, positions).topics.map((entry) => {
    signal?.throwIfAborted();
    const id = entry.collectionId ?? "";
    const position = byCollection.get(id);
    if (position === undefined) return keepOrphans(entry);
    const index = indexes.get(id) ?? null;
    return planTopic({ entry, position, name: names.get(id) ?? id, index });
  });
  return {
    purges: plans.flatMap(({ purges }) => purges),
    rests: plans.flatMap(({ rests }) => rests),
  };
}

/** Has the last row of the whole queue stay, whatever the watermarks are. */
function holdLast(position: QueuePosition, last: number): QueuePosition {
  const { metadata, vector } = position;
  return {
    ...position,
    metadata: Math.min(metadata, last),
    vector: vector === null ? null : Math.min(vector, last),
  };
}

function keepOrphans({ count }: QueueTopic): PurgePlan {
  const reason = "they belong to a collection that is not there; " +
    "`vecfsck repair --only VF1306` takes them out";
  return { purges: [], rests: [toRest(null, count, reason)] };
}

function planTopic(topic: Topic): PurgePlan {
  const { entry: { count, sizeBytes, settledCount, settledSizeBytes, ...entry }, name } = topic;
  const { position: { metadata, vector } } = topic;
  const rests = listWaiting(topic);
  if (settledCount === 0 || vector === null) return { purges: [], rests };
  const below = Math.min(metadata, vector);
  const doubt = findDoubt(topic, below);
  if (doubt !== null) {
    return { purges: [], rests: [toRest(name, settledCount, doubt), ...rests] };
  }
  const action: OptimizationAction = {
    kind: "purge-queue",
    title: `take ${formatCount(settledCount, "row")} of ${name} out of the queue, which its ` +
      "index and its records have taken in",
    collection: name,
    segment: null,
    figures: [
      { measure: "queue-rows", before: count, after: count - settledCount },
      { measure: "queue-bytes", before: sizeBytes, after: sizeBytes - settledSizeBytes },
    ],
    replaces: [CATALOGUE_NAME],
  };
  return { purges: [{ topic: entry.topic, below, action }], rests };
}

/** Rows that the index has not taken in. */
function listWaiting({ entry: { count, pendingCount }, name }: Topic): OptimizationRest[] {
  if (pendingCount === null) {
    return [toRest(name, count, "nothing tells how far the index of the collection is")];
  }
  if (pendingCount === 0) return [];
  return [
    toRest(
      name,
      pendingCount,
      "the index lacks them: the engine takes them in with its next flush",
    ),
  ];
}

function toRest(collection: string | null, count: number, reason: string): OptimizationRest {
  return { kind: "purge-queue", collection, count, measure: "queue-rows", reason };
}

/** Why rows have to stay although both halves are said to have them; null where they need not. */
function findDoubt({ index }: Topic, below: number): string | null {
  if (index === null) return "the collection has no index that could be looked at";
  const { request, place } = index;
  if (place.vectorWatermark === null) return "nothing tells how far the index is";
  // Of the places that hold vectors only the index counts.
  using salvage = salvageVectors({ ...request, movedAside: [], elsewhere: [] });
  let unproven = countMissing(salvage);
  for (const { source, evidence, queueSequence } of salvage.records()) {
    const isHeld = source === "index" && evidence === "id-map";
    if (!isHeld && (queueSequence === null || queueSequence < below)) unproven++;
  }
  if (unproven === 0) return null;
  return `the index does not hold the vectors of ${formatCount(unproven, "record")} as the ` +
    "queue brought them";
}
