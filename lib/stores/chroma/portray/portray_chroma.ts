/**
 * Looking at the inside of a Chroma store: how far each collection has got, and some of its vectors,
 * from the index and from what waits in the queue.
 *
 * @module
 */

import type {
  CollectionPortrait,
  DriftReading,
  GraphReading,
  PortraitEnd,
} from "../../../model/portrait.ts";
import type { DetectedStore } from "../../../model/store.ts";
import { drawSample, SampleRoom, shareOf } from "../../draw_sample.ts";
import type { Portrayal, PortrayOptions } from "../../portray_format.ts";
import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";
import { readLayout } from "../layout.ts";
import {
  findRecords,
  listStraySubjects,
  listVectorSegments,
  openCatalogue,
  readPickleWatermarks,
  type VectorSegment,
} from "../opened_catalogue.ts";
import { countRecordsBySegment } from "../records/count_records.ts";
import { listQueuePositions, type QueueSummary } from "../records/queue.ts";
import { readQueueSummary } from "../records/read_queue.ts";
import type { RecordPlace } from "../records/read_records.ts";
import type { SegmentSubject } from "../segment/segment_reading.ts";
import { listWaitingVectors, readWaitingVector } from "./waiting_vectors.ts";
import { SlotGallery } from "./slot_gallery.ts";

/** A queue that can have more rows is not read through. */
const MOST_COUNTED_ROWS = 100_000;

/**
 * Looks at the inside of a Chroma store.
 *
 * @param store The store, which may be damaged in any way.
 * @param options What is known of it, and how much is drawn.
 * @yields Its collections that have an index; null where others may have their turn.
 * @returns What is known at the end.
 * @throws {OperationError} A file cannot be read, or the store is in use.
 */
export function* portrayChroma(store: DetectedStore, options: PortrayOptions): Portrayal {
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  try {
    const { reading = null, catalogue = null, engine = null } = opened ?? {};
    const database = reading?.database ?? null;
    if (database === null || catalogue === null || engine === null) {
      return yield* portrayStray(listStraySubjects(layout), options);
    }
    return yield* new ChromaPainter(database, catalogue, options)
      .portray(listVectorSegments(layout, catalogue, engine));
  } finally {
    opened?.reading.release();
  }
}

/** Indexes of a store whose catalogue cannot be read. */
function* portrayStray(subjects: readonly SegmentSubject[], options: PortrayOptions): Portrayal {
  const chosen = subjects.slice(0, options.mostCollections);
  const most = shareOf(options.mostVectors, chosen.length);
  for (const subject of chosen) {
    yield null;
    const graph = findGraph(subject, options);
    using gallery = new SlotGallery(subject, graph);
    const { vectors, slotIds } = gallery.draw(new SampleRoom(), {
      slots: drawSample(gallery.slots, most),
      wanted: options.wantedSlots.get(subject.directory?.name ?? subject.segmentId) ?? [],
    });
    yield {
      name: subject.segmentId,
      path: subject.directory?.name ?? null,
      records: null,
      dimension: gallery.dimension,
      drift: null,
      sample: { total: gallery.slots, vectors },
      slotIds,
    };
  }
  return { leftOut: subjects.length - chosen.length, lastWrite: null };
}

function findGraph(
  { segmentId }: SegmentSubject,
  { graphs }: PortrayOptions,
): GraphReading | null {
  return graphs.find(({ segment }) => segment === segmentId) ?? null;
}

/** What the catalogue says of one collection. */
interface PlacedSegment extends VectorSegment {
  readonly place: RecordPlace | null;
}

class ChromaPainter {
  readonly #database: StoreDatabase;
  readonly #catalogue: Catalogue;
  readonly #options: PortrayOptions;

  constructor(database: StoreDatabase, catalogue: Catalogue, options: PortrayOptions) {
    this.#database = database;
    this.#catalogue = catalogue;
    this.#options = options;
  }

  *portray(segments: readonly VectorSegment[]): Portrayal {
    const database = this.#database;
    const pickles = readPickleWatermarks(segments, this.#catalogue);
    yield null;
    const places = findRecords(segments.map(({ entry }) => entry), this.#catalogue, pickles);
    const records = tolerateDamage(() => countRecordsBySegment(database), () => {});
    yield null;
    const queue = this.#isQueueShort()
      ? tolerateDamage(
        () => readQueueSummary(database, listQueuePositions(this.#catalogue, pickles)),
        () => {},
      )
      : null;
    const chosen = segments.slice(0, this.#options.mostCollections);
    for (const [index, segment] of chosen.entries()) {
      yield null;
      const place = places[index] ?? null;
      const own = records?.get(segment.entry.metadata?.id ?? "") ?? null;
      yield {
        ...this.#portrayOne({ ...segment, place }, queue !== null, chosen.length),
        records: records === null ? null : own ?? 0,
        drift: describeDrift(segment, place, queue),
      };
    }
    return this.#end(segments.length - chosen.length);
  }

  #portrayOne(
    { subject, entry, place }: PlacedSegment,
    hasShortQueue: boolean,
    collections: number,
  ): Omit<CollectionPortrait, "records" | "drift"> {
    const { wantedSlots, mostVectors } = this.#options;
    const waiting = hasShortQueue
      ? tolerateDamage(
        () => listWaitingVectors(this.#database, entry.collection.id, place?.vectorWatermark ?? 0),
        () => {},
      ) ?? []
      : [];
    using gallery = new SlotGallery(subject, findGraph(subject, this.#options));
    const total = gallery.slots + waiting.length;
    const drawn = drawSample(total, shareOf(mostVectors, collections));
    const room = new SampleRoom();
    const { vectors, slotIds } = gallery.draw(room, {
      slots: drawn.filter((index) => index < gallery.slots),
      wanted: wantedSlots.get(subject.directory?.name ?? subject.segmentId) ?? [],
    });
    const dimension = gallery.dimension ?? subject.dimension;
    const queued = drawn.filter((index) => index >= gallery.slots).flatMap((index) => {
      const sequence = waiting[index - gallery.slots] ?? -1;
      const vector = readWaitingVector(this.#database, sequence, dimension);
      return vector !== null && room.take(vector.values?.length ?? 0) ? vector : [];
    });
    return {
      name: subject.collection ?? subject.segmentId,
      path: subject.directory?.name ?? null,
      dimension: dimension ?? queued.find(({ values }) => values !== null)?.values?.length ?? null,
      sample: { total, vectors: [...vectors, ...queued] },
      slotIds,
    };
  }

  #isQueueShort(): boolean {
    const { firstSequence = null, lastSequence = null } = this.#catalogue.queueBounds ?? {};
    return firstSequence === null || lastSequence === null ||
      lastSequence - firstSequence < MOST_COUNTED_ROWS;
  }

  #end(leftOut: number): PortraitEnd {
    const last = this.#catalogue.queueBounds?.lastSequence ?? null;
    const lastWrite = last === null ? null : Number(last);
    return { leftOut, lastWrite: Number.isSafeInteger(lastWrite) ? lastWrite : null };
  }
}

function describeDrift(
  { entry }: VectorSegment,
  place: RecordPlace | null,
  queue: QueueSummary | null,
): DriftReading {
  const topics = queue?.topics.filter(({ collectionId }) => collectionId === entry.collection.id);
  return {
    vectorWatermark: place?.vectorWatermark ?? null,
    metadataWatermark: place?.metadataWatermark ?? null,
    queuedWrites: topics?.reduce((sum, { count }) => sum + count, 0) ?? null,
    pendingWrites: topics?.reduce<number | null>(
      (sum, { pendingCount }) => sum === null || pendingCount === null ? null : sum + pendingCount,
      0,
    ) ?? null,
  };
}
