/**
 * Which METADATA segment is whose, as a table that other statements join.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import { type Catalogue, collectionLabel, listCollections } from "../catalogue/catalogue.ts";
import { readStoredWatermarks } from "../catalogue/watermark.ts";

/** The table: a row for each collection that has a METADATA segment. */
export const SEGMENT_NAMES = "temp.segment_names";

/**
 * Makes the table anew.
 *
 * @param database The private copy of the database.
 * @param catalogue What it says.
 * @throws {SqliteError} The database cannot be written.
 */
export function makeSegmentNames(database: StoreDatabase, catalogue: Catalogue): void {
  database.execute(`CREATE TEMP TABLE IF NOT EXISTS segment_names (
    segment TEXT PRIMARY KEY, collection TEXT NOT NULL, name TEXT NOT NULL, watermark INTEGER);
    DELETE FROM ${SEGMENT_NAMES}`);
  const insert = database.prepare(`INSERT OR IGNORE INTO ${SEGMENT_NAMES} VALUES (?, ?, ?, ?)`);
  const watermarks = readStoredWatermarks(catalogue);
  for (const { collection, metadata } of listCollections(catalogue)) {
    if (metadata === null) continue;
    const watermark = watermarks.get(metadata.id) ?? 0;
    insert(metadata.id, collection.id, collectionLabel(collection), watermark);
  }
}
