/**
 * What the cures of this stage need to know of the working store.
 *
 * @module
 */

import { OperationError } from "../../../../base/errors.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { type Catalogue, collectionLabel } from "../../catalogue/catalogue.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { CATALOGUE_NAME, type Layout, readLayout } from "../../layout.ts";
import {
  findRecords,
  listVectorSegments,
  openCatalogue,
  readPickleWatermarks,
} from "../../opened_catalogue.ts";
import { listQueuePositions, type QueuePosition } from "../../records/queue.ts";
import type { RecordPlace } from "../../records/read_records.ts";
import type { SegmentSubject } from "../../segment/segment_reading.ts";
import type { RepairContext } from "../repair_context.ts";
import { makeSegmentNames } from "../segment_names.ts";

/** A collection whose records can be told. */
export interface RecordCollection {
  /** Its name, or its id where it has none. */
  readonly name: string;
  /** Where its records stand, and how far both halves have got. */
  readonly place: RecordPlace;
  /** What is known of its index. */
  readonly subject: SegmentSubject;
}

/** The working store, read, with its database open. */
export interface RecordStore {
  /** The private copy of the database; `temp.segment_names` is there. */
  readonly database: StoreDatabase;
  /** The directory. */
  readonly layout: Layout;
  /** What the database says. */
  readonly catalogue: Catalogue;
  /** The engine that it tells. */
  readonly engine: Engine;
  /** The collections that have both segments. */
  readonly collections: readonly RecordCollection[];
  /** How far every collection has got. */
  readonly positions: readonly QueuePosition[];
}

/**
 * Reads the working store.
 *
 * @param context What the stage is given.
 * @returns The store.
 * @throws {OperationError} It cannot be read or copied.
 */
export async function openRecordStore({ working }: RepairContext): Promise<RecordStore> {
  working.settle();
  const layout = readLayout(working.path);
  const opened = openCatalogue(layout);
  opened?.reading.release();
  const { catalogue = null, engine = null } = opened ?? {};
  if (catalogue === null || engine === null) {
    throw new OperationError("read-failed", `${CATALOGUE_NAME} cannot be read`, {
      path: CATALOGUE_NAME,
      hint: "Nothing was changed. Repair the database as well: leave --only out.",
    });
  }
  const segments = listVectorSegments(layout, catalogue, engine);
  const pickles = readPickleWatermarks(segments, catalogue);
  const places = findRecords(segments.map(({ entry }) => entry), catalogue, pickles);
  const collections = segments.flatMap(({ entry, subject }, index) => {
    const place = places[index] ?? null;
    return place === null ? [] : [{ name: collectionLabel(entry.collection), place, subject }];
  });
  const database = await working.openDatabase();
  makeSegmentNames(database, catalogue);
  const positions = listQueuePositions(catalogue, pickles);
  return { database, layout, catalogue, engine, collections, positions };
}
