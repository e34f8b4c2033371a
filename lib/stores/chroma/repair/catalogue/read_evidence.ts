/**
 * Reading what corrections are planned from: for each finding no more than it needs.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { FindingName } from "../../../../model/finding_names.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionSegments,
  listCollections,
  type SegmentRow,
} from "../../catalogue/catalogue.ts";
import { resolveIndexSettings } from "../../catalogue/configuration.ts";
import { LARGEST_DIMENSION } from "../../catalogue/stored_values.ts";
import { type PickleWatermarks, readStoredWatermarks } from "../../catalogue/watermark.ts";
import type { Layout, SegmentDirectory } from "../../layout.ts";
import type {
  CatalogueEvidence,
  IndexEvidence,
  SegmentWeight,
  WatermarkEvidence,
} from "./catalogue_evidence.ts";
import { countContents, countKnownIds, readIndexEvidence } from "./read_index_evidence.ts";
import { listOutdated } from "./read_outdated.ts";
import { readSegmentCandidates, type SegmentCandidates } from "./read_segment_candidates.ts";
import { WatermarkReader } from "./read_watermark_evidence.ts";

const WATERMARKS: readonly FindingName[] = [
  "watermark-poisoned",
  "watermark-blob",
  "watermark-invalid",
  "watermark-ahead",
  "watermark-missing",
];

const NEEDS_INDEX: readonly FindingName[] = [
  "configuration-not-json",
  "configuration-space-unknown",
  "dimension-mismatch",
  "dimension-missing",
];

const NO_CANDIDATES: SegmentCandidates = { metadata: [], vector: [] };

const NO_NUMBERING = { reached: 0, restartedAt: null, outdated: new Map<string, string[]>() };

const BYTES_PER_FLOAT = 4;

/** Which share of the vectors in the queue has the length that counts; the others are damaged. */
const USUAL_SHARE = 0.8;

/** A collection's id, which ends every topic. */
const COLLECTION_ID_LENGTH = 36;

/** The vectors of one collection in the queue. */
interface VectorCount {
  /** The length that most of them have. */
  readonly sizeBytes: number;
  /** How many have it. */
  readonly usual: number;
  /** How many there are. */
  readonly all: number;
}

/** What evidence is read from. */
export interface EvidenceSources {
  /** The private copy of the database. */
  readonly database: StoreDatabase;
  /** The store's directory. */
  readonly layout: Layout;
  /** What the database says. */
  readonly catalogue: Catalogue;
  /** The watermarks in id maps. */
  readonly pickles: PickleWatermarks;
}

/**
 * Reads evidence.
 *
 * @param sources Where it is read from.
 * @param findings What has to be answered.
 * @returns What is proven.
 * @throws {SqliteError} A table cannot be read.
 * @throws {OperationError} A file cannot be read.
 */
export function readEvidence(
  sources: EvidenceSources,
  findings: readonly Finding[],
): CatalogueEvidence {
  return new EvidenceReader(sources, findings).read();
}

class EvidenceReader {
  readonly #database: StoreDatabase;
  readonly #layout: Layout;
  readonly #catalogue: Catalogue;
  readonly #pickles: PickleWatermarks;
  readonly #stored: PickleWatermarks;
  readonly #findings: readonly Finding[];
  readonly #entries: readonly CollectionSegments[];
  readonly #directories: ReadonlyMap<string, SegmentDirectory>;

  constructor(
    { database, layout, catalogue, pickles }: EvidenceSources,
    findings: readonly Finding[],
  ) {
    this.#pickles = pickles;
    this.#stored = readStoredWatermarks(catalogue);
    this.#database = database;
    this.#layout = layout;
    this.#catalogue = catalogue;
    this.#findings = findings;
    this.#entries = listCollections(catalogue);
    this.#directories = new Map(
      layout.segments.filter(({ movedAside }) => !movedAside)
        .map((directory) => [directory.segmentId, directory]),
    );
  }

  read(): CatalogueEvidence {
    const candidates = this.#has("segment-row-missing")
      ? readSegmentCandidates(this.#database, this.#layout, this.#catalogue)
      : NO_CANDIDATES;
    const queue = this.#readQueue();
    return {
      ...this.#readWatermarks(),
      indexes: this.#readIndexes(),
      queueDimensions: queue.dimensions,
      queuedCollections: new Set(queue.topics.keys()),
      topics: queue.topics,
      metadataCandidates: candidates.metadata,
      vectorCandidates: candidates.vector,
      weights: this.#readWeights(),
      names: this.#readNames(),
    };
  }

  #has(...names: FindingName[]): boolean {
    return this.#findings.some(({ name }) => names.includes(name));
  }

  #readWatermarks(): Pick<CatalogueEvidence, "watermarks" | "numbering"> {
    const queueLast = this.#catalogue.queueBounds?.lastSequence ?? 0n;
    const reader = new WatermarkReader({
      database: this.#database,
      storePath: this.#layout.path,
      directories: this.#directories,
      queueLast,
      believedUpTo: this.#highestWatermark(queueLast),
    });
    const wanted = new Set(
      this.#findings.filter(({ name }) => WATERMARKS.includes(name)).map(({ segment }) => segment),
    );
    const watermarks = new Map<string, WatermarkEvidence>();
    for (const entry of this.#entries) {
      const { metadata, vector } = entry;
      if (metadata !== null && wanted.has(metadata.id)) {
        watermarks.set(metadata.id, reader.readRecords(entry));
      }
      if (vector !== null && wanted.has(vector.id)) {
        watermarks.set(vector.id, reader.readIndex(entry));
      }
    }
    if (wanted.size === 0) return { watermarks, numbering: NO_NUMBERING };
    const numbering = reader.readNumbering(this.#entries);
    const outdated = numbering.reached > Number(queueLast) ? this.#readOutdated() : new Map();
    return { watermarks, numbering: { ...numbering, outdated } };
  }

  #readOutdated(): Map<string, readonly string[]> {
    const outdated = new Map<string, readonly string[]>();
    for (const entry of this.#entries) {
      const watermark = this.#watermarkOf(entry.vector);
      if (watermark === null) continue;
      const ids = listOutdated(entry, {
        database: this.#database,
        storePath: this.#layout.path,
        directory: this.#directories.get(entry.vector?.id ?? "") ?? null,
        watermark,
      });
      if (ids.length > 0) outdated.set(entry.collection.id, ids);
    }
    return outdated;
  }

  #watermarkOf(segment: SegmentRow | null): number | null {
    if (segment === null) return null;
    return this.#stored.get(segment.id) ?? this.#pickles.get(segment.id) ?? null;
  }

  /** The highest number that the queue or a watermark bears out. */
  #highestWatermark(queueLast: bigint): bigint {
    let highest = queueLast;
    for (const { metadata, vector } of this.#entries) {
      for (const segment of [metadata, vector]) {
        const value = this.#watermarkOf(segment);
        if (value !== null && BigInt(value) > highest) highest = BigInt(value);
      }
    }
    return highest;
  }

  #readIndexes(): Map<string, IndexEvidence> {
    const subjects = this.#findings.filter(({ name }) => NEEDS_INDEX.includes(name));
    const segments = new Set(subjects.map(({ segment }) => segment));
    const labels = new Set(subjects.map(({ collection }) => collection));
    const evidence = new Map<string, IndexEvidence>();
    for (const { collection, vector, metadata } of this.#entries) {
      if (vector === null) continue;
      if (!segments.has(vector.id) && !labels.has(collectionLabel(collection))) continue;
      const directory = this.#directories.get(vector.id) ?? null;
      const index = readIndexEvidence(this.#layout.path, directory, {
        dimension: collection.dimension,
        settings: resolveIndexSettings(this.#catalogue, collection, vector),
      });
      const knownIds = directory === null || metadata === null
        ? 0
        : countKnownIds(this.#layout.path, directory, this.#database, [metadata.id])
          .get(metadata.id) ?? 0;
      evidence.set(vector.id, { ...index, knownIds });
    }
    return evidence;
  }

  /** One pass over the queue, which has no index but its primary key. */
  #readQueue(): { dimensions: Map<string, number>; topics: Map<string, string> } {
    const dimensions = new Map<string, number>();
    const topics = new Map<string, string>();
    const needsVectors = this.#has("dimension-mismatch", "dimension-missing");
    if (!needsVectors && !this.#has("segment-row-missing", "watermark-ahead")) {
      return { dimensions, topics };
    }
    const size = needsVectors ? "octet_length(vector)" : "NULL";
    const counts = new Map<string, VectorCount>();
    const rows = this.#database.rows(
      `SELECT topic, ${size}, count(*) FROM embeddings_queue GROUP BY 1, 2 ORDER BY 3 DESC`,
    );
    for (const [topic, sizeBytes, count] of rows) {
      const collection = String(topic).slice(-COLLECTION_ID_LENGTH);
      topics.set(collection, topics.get(collection) ?? String(topic));
      if (typeof sizeBytes !== "number") continue;
      const counted = counts.get(collection) ?? { sizeBytes, usual: Number(count), all: 0 };
      counts.set(collection, { ...counted, all: counted.all + Number(count) });
    }
    for (const [collection, counted] of counts) {
      const dimension = toQueueDimension(counted);
      if (dimension !== null) dimensions.set(collection, dimension);
    }
    return { dimensions, topics };
  }

  #readWeights(): Map<string, SegmentWeight> {
    const weights = new Map<string, SegmentWeight>();
    const ids = this.#findings.filter(({ name }) => name === "segment-row-duplicate")
      .flatMap(({ detail }) => Array.isArray(detail.segments) ? detail.segments.map(String) : []);
    for (const id of ids) {
      const directory = this.#directories.get(id) ?? null;
      const sql = "SELECT count(*) FROM embeddings WHERE segment_id = ?";
      const records = this.#database.number(sql, id) ?? 0;
      const vectors = countContents(readIndexEvidence(this.#layout.path, directory));
      const isMarked = this.#catalogue.watermarks.some(({ segmentId }) => segmentId === id);
      weights.set(id, {
        contents: records + vectors,
        isReferredTo: isMarked || directory !== null,
      });
    }
    return weights;
  }

  #readNames(): Map<string, string> {
    const names = new Map<string, string>();
    if (!this.#has("collection-name-invalid")) return names;
    const sql = "SELECT id, CAST(CAST(name AS BLOB) AS TEXT) FROM collections " +
      "WHERE typeof(name) NOT IN ('text', 'null') AND octet_length(name) < 1024";
    for (const [id, name] of this.#database.rows(sql)) {
      if (typeof name === "string") names.set(String(id), name);
    }
    return names;
  }
}

/** The dimension that nearly all vectors have. */
function toQueueDimension({ sizeBytes, usual, all }: VectorCount): number | null {
  const dimension = sizeBytes / BYTES_PER_FLOAT;
  const isPossible = Number.isInteger(dimension) && dimension >= 1 &&
    dimension <= LARGEST_DIMENSION;
  return isPossible && usual >= USUAL_SHARE * all ? dimension : null;
}
