/**
 * Sources of indexes for tests: of what a store holds, and of vectors that are made up.
 *
 * @module
 */

import { join } from "@std/path";
import { localFs } from "../../../../../lib/fs/platform.ts";
import type { Space } from "../../../../../lib/hnsw/build/settings.ts";
import type { RepairVerification } from "../../../../../lib/model/repair.ts";
import type { Engine } from "../../../../../lib/stores/chroma/catalogue/migrations.ts";
import { readLayout } from "../../../../../lib/stores/chroma/layout.ts";
import { openCatalogue } from "../../../../../lib/stores/chroma/opened_catalogue.ts";
import {
  buildSegment,
  type BuildSegmentOptions,
  planSegmentBuild,
  type SegmentBuildPlan,
} from "../../../../../lib/stores/chroma/repair/index/build_segment.ts";
import type {
  IndexEntry,
  IndexSource,
} from "../../../../../lib/stores/chroma/repair/index/index_source.ts";
import { sourceOfSalvage } from "../../../../../lib/stores/chroma/repair/index/salvage_source.ts";
import { verifySegment } from "../../../../../lib/stores/chroma/repair/index/verify_segment.ts";
import { IndexDirectory } from "../../../../../lib/stores/chroma/salvage/index_directory.ts";
import { listSalvageRequests } from "../../../../../lib/stores/chroma/salvage/list_requests.ts";
import { salvageVectors } from "../../../../../lib/stores/chroma/salvage/salvage_vectors.ts";
import { clusteredVectors } from "../../../../hnsw/build/built_files.ts";
import { scratchDirectory } from "../../../../support/fixtures.ts";

/** One thread, and nothing that ends or watches the work. */
export const PLAIN_OPTIONS: BuildSegmentOptions = {
  jobs: 1,
  maxMemoryBytes: null,
  signal: undefined,
  onProgress: undefined,
  fs: localFs,
};

/** The engines that tests write for, as their schemas tell them. */
export const ENGINES = {
  "0.4.24": engineOf("chroma 0.4.15 to 0.4.24", "python", [4, 3, 1]),
  "0.5.23": engineOf("chroma 0.5.6 to 0.6.3", "python", [9, 4, 2]),
  "1.5.9": engineOf("chroma 1.5", "rust", [10, 6, 2]),
} as const;

function engineOf(name: string, era: "python" | "rust", versions: readonly number[]): Engine {
  const [sysdb = 0, metadb = 0, embeddings_queue = 0] = versions;
  return { name, era, newerThanKnown: false, schema: { sysdb, metadb, embeddings_queue } };
}

/** Does something with the source that a store gives for a collection. */
export async function withSource<T>(
  store: string,
  collection: string,
  action: (source: IndexSource) => T | Promise<T>,
): Promise<T> {
  const layout = readLayout(store);
  const opened = openCatalogue(layout);
  if (opened === null || opened.engine === null) throw new Error("No catalogue");
  using _reading = opened.reading;
  const request = listSalvageRequests(layout, opened).find(({ subject }) =>
    subject.collection === collection
  );
  if (request === undefined) throw new Error(`No index of ${collection}`);
  using salvage = salvageVectors(request);
  const source = sourceOfSalvage(salvage, request.subject, {
    engine: opened.engine,
    vectorWatermark: request.place?.vectorWatermark ?? null,
    lastSequence: Number(opened.catalogue?.queueBounds?.lastSequence ?? 0),
  });
  if (source === null) throw new Error(`No index of ${collection} can be built`);
  return await action(source);
}

/** What became of an index. */
export interface Rebuilt {
  readonly plan: SegmentBuildPlan;
  readonly verification: RepairVerification;
  /** How long the files are all together. */
  readonly sizeBytes: number;
}

/** Makes the index of a collection anew, and puts it where the old one was. */
export async function rebuildCollection(store: string, collection: string): Promise<Rebuilt> {
  return await withSource(store, collection, async (source) => {
    const directory = join(await scratchDirectory(), source.segmentId);
    const plan = planSegmentBuild(source);
    await buildSegment(source, directory, PLAIN_OPTIONS);
    const verification = await verifySegment(directory, source);
    const sizes = Array.from(
      Deno.readDirSync(directory),
      ({ name }) => Deno.statSync(join(directory, name)).size,
    );
    const place = join(store, source.segmentId);
    await Deno.remove(place, { recursive: true }).catch(() => {});
    await Deno.rename(directory, place);
    return { plan, verification, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) };
  });
}

/** What is otherwise than by default in a source of made up vectors. */
export interface MadeSource {
  readonly count: number;
  readonly dimension?: number;
  readonly space?: Space;
  readonly engine?: Engine;
  readonly ids?: (place: number) => string;
  readonly rowIds?: (place: number) => number | null;
}

/** Makes a source of vectors that stand in no slot. */
export function madeSource(made: MadeSource): IndexSource {
  const { count, dimension = 12, space = "cosine", engine = ENGINES["1.5.9"] } = made;
  const { ids = (place) => `record ${place}`, rowIds = (place) => place + 1 } = made;
  const vectors = clusteredVectors(count, dimension);
  return {
    segmentId: "3f0b3b5c-2a51-4d0c-9d6e-7f3f2f6f1a11",
    collection: "made",
    settings: { dimension, space, maxLinks: 8, efConstruction: 60 },
    resizeFactor: 1.5,
    engine,
    watermark: 700,
    isWatermarkInIdMap: engine === ENGINES["0.4.24"],
    count,
    previous: null,
    *entries(): Generator<IndexEntry> {
      for (let place = 0; place < count; place++) {
        yield {
          id: ids(place),
          rowId: rowIds(place),
          sequenceNumber: place % 3 === 0 ? null : 100 + place,
          slot: -1,
          isLengthLost: false,
          readStored(target) {
            target.set(vectors.subarray(place * dimension, (place + 1) * dimension));
            return NaN;
          },
        };
      }
    },
  };
}

/** Opens the directory of an index that was made of {@linkcode madeSource}. */
export function openMadeIndex(storePath: string, made: IndexSource): IndexDirectory {
  const { segmentId, settings: { dimension, space, maxLinks, efConstruction } } = made;
  const directory = readLayout(storePath).segments.find(({ name }) => name === segmentId);
  if (directory === undefined) throw new Error("No such index");
  return new IndexDirectory(
    {
      storePath,
      segmentId,
      collection: made.collection,
      dimension,
      settings: {
        space,
        maxNeighbors: maxLinks,
        efConstruction,
        efSearch: 10,
        syncThreshold: 1000,
        batchSize: 100,
        resizeFactor: 1.2,
        source: "default",
      },
      era: made.engine.era,
      directory,
    },
    directory,
    [dimension],
  );
}

/** The same records; their vectors come from the slots of an index that was made of them. */
export function keepSlots(made: IndexSource, previous: IndexDirectory): IndexSource {
  return {
    ...made,
    previous,
    *entries(): Generator<IndexEntry> {
      let slot = 0;
      for (const entry of made.entries()) yield { ...entry, slot: slot++ };
    },
  };
}
