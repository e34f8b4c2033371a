/**
 * Planning to read what the collections of a store hold: one task for each.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../../base/errors.ts";
import type { ContentsPlan, DetectedStore, TaskContext, TaskResult } from "../../../model/store.ts";
import {
  type Catalogue,
  collectionLabel,
  isWhole,
  listCollections,
} from "../catalogue/catalogue.ts";
import type { Engine } from "../catalogue/migrations.ts";
import { readStoredWatermarks } from "../catalogue/watermark.ts";
import { CATALOGUE_NAME, type Layout, readLayout } from "../layout.ts";
import {
  estimateBytes,
  listVectorSegments,
  openCatalogue,
  type OpenedCatalogue,
  readPickleWatermarks,
} from "../opened_catalogue.ts";
import type { ContentsTask } from "../tasks.ts";
import { readCollectionContents } from "./read_contents.ts";
import type { ValueTable } from "./record_pages.ts";

/** Tables without which nothing is known of what a store holds. */
const NEEDED_TABLES: readonly string[] = ["collections", "segments", "embeddings"];

/** Where values of records are, the lists last. */
const VALUE_TABLES = ["embedding_metadata", "embedding_metadata_array"] as const;

/**
 * Plans reading what the collections of a store hold.
 *
 * @param store The store.
 * @returns One task for each collection.
 * @throws {OperationError} The store cannot be read, is in use, or its catalogue is damaged.
 */
export function planChromaContents(store: DetectedStore): ContentsPlan {
  const layout = readLayout(store.path);
  const opened = openCatalogue(layout);
  try {
    return { tasks: planTasks(layout, opened), release: () => opened?.reading.release() };
  } catch (error) {
    opened?.reading.release();
    throw error;
  }
}

/** Runs a task of such a plan. */
export function runContentsTask({ payload }: ContentsTask, context: TaskContext): TaskResult {
  const contents = readCollectionContents(payload, (sizeBytes) => context.progress(sizeBytes));
  return { findings: [], checkedBytes: {}, contents: [contents] };
}

function planTasks(layout: Layout, opened: OpenedCatalogue | null): ContentsTask[] {
  // A database without a byte is what the first start of an engine leaves: it holds nothing.
  if (opened === null && layout.catalogue !== null && layout.segments.length === 0) return [];
  const { catalogue, engine } = opened ?? {};
  const location = opened?.reading.location ?? null;
  if (!catalogue || !engine || location === null) {
    throw createCatalogueError(layout, `${CATALOGUE_NAME} is missing or is no database`);
  }
  const damaged = NEEDED_TABLES.find((table) => !isWhole(catalogue, table));
  if (damaged !== undefined) {
    throw createCatalogueError(layout, `the table ${damaged} of ${CATALOGUE_NAME} is damaged`);
  }
  const collections = planCollections(layout, catalogue, engine);
  const sharedBytes = Math.floor((layout.catalogue?.sizeBytes ?? 0) / collections.length);
  return collections.map((collection) => ({
    kind: "contents",
    sizeBytes: sharedBytes + (collection.subject === null ? 0 : estimateBytes(collection.subject)),
    payload: { ...collection, engine, valueTables: listValueTables(catalogue), location },
  }));
}

type PlannedCollection = Omit<ContentsTask["payload"], "engine" | "valueTables" | "location">;

function planCollections(
  layout: Layout,
  catalogue: Catalogue,
  engine: Engine,
): PlannedCollection[] {
  const segments = listVectorSegments(layout, catalogue, engine);
  const subjects = new Map(segments.map(({ subject }) => [subject.segmentId, subject]));
  const stored = readStoredWatermarks(catalogue);
  const pickles = readPickleWatermarks(segments, catalogue);
  return listCollections(catalogue).map(({ collection, vector, metadata }) => ({
    id: collection.id,
    name: collectionLabel(collection),
    metadataSegmentId: metadata?.id ?? null,
    subject: vector === null ? null : subjects.get(vector.id) ?? null,
    vectorWatermark: vector === null
      ? null
      : (stored.has(vector.id) ? stored : pickles).get(vector.id) ?? null,
    metadataWatermark: metadata === null ? null : stored.get(metadata.id) ?? null,
  }));
}

function listValueTables(catalogue: Catalogue): ValueTable[] {
  return VALUE_TABLES.flatMap((name) => {
    const columns = catalogue.tables.get(name);
    return columns === undefined ? [] : [{ name, columns: columns.map((column) => column.name) }];
  });
}

function createCatalogueError(layout: Layout, reason: string): OperationError {
  return new OperationError("read-failed", `Cannot tell what the store holds: ${reason}`, {
    path: join(layout.path, CATALOGUE_NAME),
    hint: "Check the store at full level: the check says what is damaged.",
  });
}
