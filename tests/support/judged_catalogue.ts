/**
 * Everything that the checks of Chroma's catalogue say of one store.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../lib/model/finding.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import type { Catalogue } from "../../lib/stores/chroma/catalogue.ts";
import { checkCatalogue } from "../../lib/stores/chroma/check_catalogue.ts";
import { checkConfiguration } from "../../lib/stores/chroma/check_configuration.ts";
import { checkMigrations } from "../../lib/stores/chroma/check_migrations.ts";
import { checkOrphans } from "../../lib/stores/chroma/check_orphans.ts";
import { checkPendingRows, checkQueue } from "../../lib/stores/chroma/check_queue.ts";
import { checkSchema } from "../../lib/stores/chroma/check_schema.ts";
import { checkWatermarks } from "../../lib/stores/chroma/check_watermarks.ts";
import { type Engine, inferEngine } from "../../lib/stores/chroma/migrations.ts";
import { readRecordCounts } from "../../lib/stores/chroma/orphans.ts";
import { listQueuePositions } from "../../lib/stores/chroma/queue.ts";
import { readCatalogue } from "../../lib/stores/chroma/read_catalogue.ts";
import { readPendingRows, readQueueSummary } from "../../lib/stores/chroma/read_queue.ts";
import type { PickleWatermarks } from "../../lib/stores/chroma/watermark.ts";

/** A catalogue, and what the checks say of it. */
export interface JudgedCatalogue {
  readonly catalogue: Catalogue;
  readonly engine: Engine;
  /** What needs no look at records and queue. */
  readonly quick: readonly Finding[];
  /** What records and queue show besides. */
  readonly full: readonly Finding[];
}

/** Opens the catalogue of a store for one test. */
export function openCatalogue(store: string): StoreDatabase {
  return StoreDatabase.open(join(store, "chroma.sqlite3"));
}

/** Reads the catalogue of a store. */
export function catalogueOf(store: string): Catalogue {
  using database = openCatalogue(store);
  return readCatalogue(database);
}

/** Reads the catalogue of a store and runs every check over it. */
export function judgeCatalogue(
  store: string,
  pickles: PickleWatermarks | null = null,
): JudgedCatalogue {
  using database = openCatalogue(store);
  const catalogue = readCatalogue(database);
  const engine = inferEngine(catalogue);
  const quick = [
    ...checkSchema(catalogue, engine),
    ...checkMigrations(catalogue, engine),
    ...checkCatalogue(catalogue, engine),
    ...checkConfiguration(catalogue, engine),
    ...checkWatermarks(catalogue, engine, pickles),
  ];
  const full = checkOrphans(catalogue, readRecordCounts(database, catalogue));
  if (catalogue.tables.has("embeddings_queue")) {
    const positions = listQueuePositions(catalogue, pickles);
    full.push(...checkQueue(catalogue, engine, readQueueSummary(database, positions)));
    full.push(...checkPendingRows(catalogue, readPendingRows(database, positions, engine)));
  }
  return { catalogue, engine, quick, full };
}

/** A finding in a few words: its name, and the collection that it belongs to. */
export function nameOf({ name, collection }: Finding): string {
  return collection === null ? name : `${name} ${collection}`;
}

/** The findings that are worse than leftovers, in a few words. */
export function faultsOf({ quick, full }: JudgedCatalogue): string[] {
  return [...quick, ...full].filter(({ severity }) => severity !== "info").map(nameOf);
}
