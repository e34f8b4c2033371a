/**
 * Reading the catalogue of a store in a test.
 *
 * @module
 */

import { join } from "@std/path";
import type { Finding } from "../../lib/model/finding.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import type { Catalogue } from "../../lib/stores/chroma/catalogue/catalogue.ts";
import { readCatalogue } from "../../lib/stores/chroma/catalogue/read_catalogue.ts";

/** Opens the catalogue of a store for one test. */
export function openCatalogue(store: string): StoreDatabase {
  return StoreDatabase.open(join(store, "chroma.sqlite3"));
}

/** Reads the catalogue of a store. */
export function catalogueOf(store: string): Catalogue {
  using database = openCatalogue(store);
  return readCatalogue(database);
}

/** A finding in a few words: its name, and the collection that it belongs to. */
export function nameOf({ name, collection }: Finding): string {
  return collection === null ? name : `${name} ${collection}`;
}
