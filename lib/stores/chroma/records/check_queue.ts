/**
 * The write-ahead queue against the collections and their watermarks. The rules:
 *
 * - every topic is `persistent://<tenant>/<namespace>/<collection id>`, and all rows of a collection
 *   have one topic, for the engine reads no other; topics of collections that are gone are left over;
 * - every row that waits can be applied, and its vector is finite; where all vectors are of another
 *   length than the catalogue says, it is the catalogue that is wrong;
 * - what both segments have is purged, unless the engine never does that (before 0.5.6);
 * - rows wait for the index in the normal run of things, but not without bound.
 *
 * How many may wait: an engine flushes an index as soon as `sync_threshold` writes have come since
 * the last flush, 0.x at the next border of a batch, 1.x at the end of the call that brought them.
 * After a crash the next start replays what waits and flushes. So what can wait is a threshold, a
 * batch and the largest call: 41,666 records in 0.x, 5,461 in 1.x (measured). Twice the threshold
 * on top of that is more than any crash explains: the flush itself fails, or nothing ever ran.
 *
 * @module
 */

import { formatBytes, formatCount, formatNumber } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding, type FindingFacts } from "../../../model/finding.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  isWhole,
  listCollections,
} from "../catalogue/catalogue.ts";
import {
  type IndexSettings,
  parseJsonObject,
  resolveIndexSettings,
} from "../catalogue/configuration.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Engine } from "../catalogue/migrations.ts";
import type { PendingRows, QueueSummary, QueueTopic } from "./queue.ts";

/** From which embeddings_queue migration on an engine purges. */
const FIRST_PURGING_QUEUE = 2;

/** How many records one call brings at the most. */
const LARGEST_CALL_ROWS = { python: 41_666, rust: 5_461 } as const;

const TOPIC = /^(persistent:\/\/[^/]+\/[^/]+\/)[0-9a-f-]{36}$/i;

const BYTES_PER_FLOAT = 4;

/** A single row may just be damaged. */
const FEWEST_WITNESSES = 2;

/** How many topics or rows a finding names. */
const MOST_NAMED = 100;

/**
 * Judges how full the queue is, and of what.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @param summary The rows by topic.
 * @returns What is wrong, waiting or left over.
 */
export function checkQueue(
  catalogue: Catalogue,
  engine: Engine,
  summary: QueueSummary,
): Finding[] {
  return [
    ...checkTopics(catalogue, summary),
    ...checkPurged(catalogue, engine, summary),
    ...checkLag(catalogue, engine, summary),
  ];
}

/**
 * Judges the rows that wait to be applied.
 *
 * @param catalogue The catalogue.
 * @param pending What those rows look like, by collection.
 * @returns What keeps rows from being applied.
 */
export function checkPendingRows(
  catalogue: Catalogue,
  pending: readonly PendingRows[],
): Finding[] {
  const collections = new Map(
    catalogue.collections.map((collection) => [collection.id, collection]),
  );
  const findings: Finding[] = [];
  for (const rows of pending) {
    const collection = collections.get(rows.collectionId);
    const place = {
      path: CATALOGUE_NAME,
      collection: collection === undefined ? rows.collectionId : collectionLabel(collection),
    };
    const mismatch = findMismatch(rows, collection?.dimension ?? null);
    if (mismatch !== null) {
      findings.push(createFinding("dimension-mismatch", { ...place, ...mismatch }));
    }
    const [first] = rows.faulty;
    if (first !== undefined && (mismatch === null || rows.unfitCount < rows.faultyCount)) {
      findings.push(createFinding("queue-row-invalid", {
        ...place,
        count: rows.faultyCount,
        message: `${formatCount(rows.faultyCount, "row")} of the ${formatNumber(rows.count)} ` +
          `waiting cannot be applied; the first is ${first.sequence} (${first.fault})`,
        detail: { rows: rows.faulty.map(({ sequence, fault }) => ({ sequence, fault })) },
      }));
    }
    const [firstNonFinite] = rows.nonFinite;
    if (firstNonFinite !== undefined) {
      findings.push(createFinding("vector-not-finite", {
        ...place,
        count: rows.nonFiniteCount,
        message: `NaN or infinity in ${formatCount(rows.nonFiniteCount, "vector")} of the ` +
          `queue; the first is that of row ${firstNonFinite}`,
        detail: { rows: rows.nonFinite },
      }));
    }
  }
  return findings;
}

/** Where all vectors are of another length, they are right and the catalogue is wrong. */
function findMismatch(
  { vectorCount, vectorSizeBytes }: PendingRows,
  dimension: number | null,
): Pick<FindingFacts, "message" | "detail"> | null {
  const queue = (vectorSizeBytes ?? 0) / BYTES_PER_FLOAT;
  const isVector = Number.isInteger(queue) && queue >= 1;
  if (dimension === null || !isVector || queue === dimension) return null;
  if (vectorCount < FEWEST_WITNESSES) return null;
  return {
    message: `The ${formatCount(vectorCount, "vector")} waiting in the queue have ${queue} ` +
      `dimensions, the catalogue says ${dimension}`,
    detail: { queue, catalogue: dimension },
  };
}

function checkTopics(catalogue: Catalogue, summary: QueueSummary): Finding[] {
  const prefix = usualPrefix(summary.topics);
  const written = new Map(catalogue.collections.map(({ id, topic }) => [id, topic]));
  const invalid: QueueTopic[] = [];
  const orphaned: QueueTopic[] = [];
  for (const entry of summary.topics) {
    const { topic, collectionId } = entry;
    if (!TOPIC.test(topic)) {
      invalid.push(entry);
    } else if (collectionId === null) {
      orphaned.push(entry);
    } else if (topic !== (written.get(collectionId) ?? `${prefix}${collectionId}`)) {
      invalid.push(entry);
    }
  }
  return [
    ...invalid.map((entry) => invalidTopic(catalogue, entry)),
    ...isWhole(catalogue, "collections") ? orphanedTopics(orphaned) : [],
  ];
}

/** The tenant and namespace that most rows have: the engine reads the rows of one alone. */
function usualPrefix(topics: readonly QueueTopic[]): string {
  const counts = new Map<string, number>();
  for (const { topic, collectionId, count } of topics) {
    const prefix = TOPIC.exec(topic)?.[1];
    if (prefix === undefined || collectionId === null) continue;
    counts.set(prefix, (counts.get(prefix) ?? 0) + count);
  }
  const [usual] = [...counts].sort(([, left], [, right]) => right - left);
  return usual?.[0] ?? "";
}

function invalidTopic(catalogue: Catalogue, entry: QueueTopic): Finding {
  const collection = catalogue.collections.find(({ id }) => id === entry.collectionId);
  return createFinding("queue-row-invalid", {
    path: CATALOGUE_NAME,
    collection: collection === undefined ? null : collectionLabel(collection),
    count: entry.count,
    message: `${formatCount(entry.count, "row")} from ${entry.firstSequence} on with the topic ` +
      `${printable(entry.topic, 120)}, under which no engine looks for them`,
    detail: { topic: printable(entry.topic, 200), firstSequence: entry.firstSequence },
  });
}

function orphanedTopics(topics: readonly QueueTopic[]): Finding[] {
  if (topics.length === 0) return [];
  const { count, sizeBytes } = addUp(topics, "count", "sizeBytes");
  return [createFinding("queue-orphaned", {
    path: CATALOGUE_NAME,
    count,
    message: `${formatCount(count, "row")} (${formatBytes(sizeBytes)}) of ` +
      `${formatCount(topics.length, "collection")} that are not there`,
    detail: { sizeBytes, topics: topics.slice(0, MOST_NAMED).map(({ topic }) => topic) },
  })];
}

function checkPurged(catalogue: Catalogue, engine: Engine, summary: QueueSummary): Finding[] {
  if (engine.schema.embeddings_queue < FIRST_PURGING_QUEUE) return retained(summary);
  const reason = whyUnpurged(catalogue);
  if (reason === null) return [];
  const { count, sizeBytes } = addUp(summary.topics, "settledCount", "settledSizeBytes");
  if (count === 0) return [];
  return [createFinding("queue-unpurged", {
    path: CATALOGUE_NAME,
    count,
    message: `Kept in the queue though both segments have them: ` +
      `${formatCount(count, "row")} (${formatBytes(sizeBytes)}); ${reason}`,
    detail: { sizeBytes },
  })];
}

function retained(summary: QueueSummary): Finding[] {
  if (summary.count === 0) return [];
  return [createFinding("queue-retained", {
    path: CATALOGUE_NAME,
    count: summary.count,
    message: `${formatCount(summary.count, "row")} (${formatBytes(summary.sizeBytes)}) ` +
      "in the queue",
    detail: { sizeBytes: summary.sizeBytes },
  })];
}

/** Why nothing is purged; null when it is, or when the setting cannot be read. */
function whyUnpurged(catalogue: Catalogue): string | null {
  if (!isWhole(catalogue, "embeddings_queue_config")) return null;
  const [stored] = catalogue.queueConfigurations;
  // The engine then writes the setting at the next write: off, unless the queue is empty.
  if (stored === undefined) return "automatically_purge was never set";
  const setting = parseJsonObject(stored)?.automatically_purge;
  return setting === false ? "automatically_purge is off" : null;
}

function checkLag(catalogue: Catalogue, engine: Engine, summary: QueueSummary): Finding[] {
  const pendingCounts = new Map<string, number>();
  for (const { collectionId, pendingCount } of summary.topics) {
    if (collectionId === null || pendingCount === null) continue;
    pendingCounts.set(collectionId, (pendingCounts.get(collectionId) ?? 0) + pendingCount);
  }
  const findings: Finding[] = [];
  for (const subject of listCollections(catalogue)) {
    const pending = pendingCounts.get(subject.collection.id) ?? 0;
    if (pending === 0 || subject.vector === null) continue;
    const settings = resolveIndexSettings(catalogue, subject.collection, subject.vector, engine);
    findings.push(lagging(subject, pending, settings, engine));
  }
  return findings;
}

function lagging(
  { collection, vector }: CollectionSegments,
  pending: number,
  { syncThreshold, batchSize }: IndexSettings,
  engine: Engine,
): Finding {
  const most = 3 * syncThreshold + batchSize + LARGEST_CALL_ROWS[engine.era];
  return createFinding(pending > most ? "index-stuck" : "index-lagging", {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    segment: vector?.id ?? null,
    count: pending,
    message: `${formatCount(pending, "row")} waiting for the index, which is flushed after ` +
      formatNumber(syncThreshold) +
      (pending > most ? `; in an engine that works no more than ${formatNumber(most)} wait` : ""),
    detail: { pending, syncThreshold },
  });
}

function addUp(
  topics: readonly QueueTopic[],
  count: "count" | "settledCount",
  sizeBytes: "sizeBytes" | "settledSizeBytes",
): { count: number; sizeBytes: number } {
  return {
    count: topics.reduce((sum, topic) => sum + topic[count], 0),
    sizeBytes: topics.reduce((sum, topic) => sum + topic[sizeBytes], 0),
  };
}
