/**
 * What damages are made with: the files of a collection's index, and the database.
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../../base/bytes.ts";
import type { EntryKind } from "../../../fs/write_fs.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, type HnswHeader, parseHeader } from "../../../hnsw/header.ts";
import {
  SQLITE_RESULT,
  SqliteError,
  type SqlValue,
  StoreDatabase,
} from "../../../sqlite/database.ts";
import { CATALOGUE_NAME, SEGMENT_FILES } from "../../../stores/chroma/layout.ts";
import { DamageNotApplicable, type DamagePlace } from "../damage.ts";

// The id of a segment names a directory: a store that calls one ".." must not lead out of itself.
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A file of an index, by the name that the program has for it. */
export type SegmentFileKey = keyof typeof SEGMENT_FILES;

/** What header.bin says of an index that holds at least one slot. */
export interface TargetIndex {
  /** The header. */
  readonly header: HnswHeader;
  /** Where everything stands in the files. */
  readonly geometry: HnswGeometry;
  /** How many slots are in use. */
  readonly count: number;
}

/**
 * Gives the path of the database.
 *
 * @param place The copy of a store.
 * @returns The path, whether it exists or not.
 */
export function cataloguePath(place: DamagePlace): string {
  return join(place.store, CATALOGUE_NAME);
}

/**
 * Runs an action with a connection that may change everything in the database, the tables that
 * SQLite keeps for itself too.
 *
 * @param place The copy of a store.
 * @param action What is done; the connection is closed after it.
 * @returns What the action gives.
 * @throws {DamageNotApplicable} There is no database, or its schema lacks what the action needs.
 * @throws {SqliteError} SQLite refused a statement for another reason.
 */
export function withDatabase<T>(place: DamagePlace, action: (database: StoreDatabase) => T): T {
  const path = cataloguePath(place);
  // SQLite would make a database where there is none.
  if (kindOf(place, path) !== "file") {
    throw new DamageNotApplicable(`The store has no ${CATALOGUE_NAME}`);
  }
  // Guards of SQLite against writing into its own tables go away with the tolerance for damage.
  using database = StoreDatabase.open(path, { writable: true, tolerant: true });
  try {
    return action(database);
  } catch (error) {
    if (error instanceof SqliteError && error.primaryCode === SQLITE_RESULT.ERROR) {
      throw new DamageNotApplicable(`The database of this store is another: ${error.message}`);
    }
    throw error;
  }
}

/**
 * Runs one statement that changes rows.
 *
 * @param place The copy of a store.
 * @param sql The statement.
 * @param parameters The values of its `?`.
 * @throws {DamageNotApplicable} No row was changed, or there is no such table or column.
 * @throws {SqliteError} SQLite refused the statement for another reason.
 */
export function changeRows(place: DamagePlace, sql: string, ...parameters: SqlValue[]): void {
  withDatabase(place, (database) => {
    database.rows(sql, ...parameters);
    if ((database.number("SELECT changes()") ?? 0) === 0) {
      throw new DamageNotApplicable("The database has no row that this damage would change");
    }
  });
}

/**
 * Lists the names of the collections.
 *
 * @param place The copy of a store, and the file system.
 * @returns The names, sorted; those that a store has twice once.
 */
export function listCollectionNames(place: Omit<DamagePlace, "collection">): string[] {
  const rows = withDatabase(
    { ...place, collection: "" },
    (database) => database.rows("SELECT DISTINCT name FROM collections ORDER BY name"),
  );
  return rows.flatMap(([name]) => typeof name === "string" ? [name] : []);
}

/**
 * Reads the id of the collection.
 *
 * @param place The copy of a store, and the name of the collection.
 * @returns The id, a UUID as Chroma writes it.
 * @throws {DamageNotApplicable} There is no such collection.
 */
export function collectionId(place: DamagePlace): string {
  return withDatabase(place, (database) => {
    const row = database.row("SELECT id FROM collections WHERE name = ?", place.collection);
    if (typeof row?.[0] !== "string") {
      throw new DamageNotApplicable(`No collection is named ${place.collection}`);
    }
    return row[0];
  });
}

/**
 * Reads the id of the collection's VECTOR segment, which is also the name of its directory.
 *
 * @param place The copy of a store, and the name of the collection.
 * @returns The id.
 * @throws {DamageNotApplicable} The collection has no such segment.
 */
export function vectorSegmentId(place: DamagePlace): string {
  const collection = collectionId(place);
  return withDatabase(place, (database) => {
    const id = database.row(
      "SELECT id FROM segments WHERE collection = ? AND scope = 'VECTOR'",
      collection,
    )?.[0];
    if (typeof id !== "string" || !UUID.test(id)) {
      throw new DamageNotApplicable(`The collection ${place.collection} has no vector segment`);
    }
    return id;
  });
}

/**
 * Finds the directory of the collection's VECTOR segment.
 *
 * @param place The copy of a store, and the name of the collection.
 * @returns Its path; it exists.
 * @throws {DamageNotApplicable} There is none.
 */
export function segmentDirectory(place: DamagePlace): string {
  const path = join(place.store, vectorSegmentId(place));
  if (kindOf(place, path) !== "directory") {
    throw new DamageNotApplicable(`The collection ${place.collection} has no segment directory`);
  }
  return path;
}

/**
 * Finds a file of the collection's index.
 *
 * @param place The copy of a store, and the name of the collection.
 * @param key Which file.
 * @returns Its path; it exists.
 * @throws {DamageNotApplicable} There is none.
 */
export function segmentFile(place: DamagePlace, key: SegmentFileKey): string {
  const path = join(segmentDirectory(place), SEGMENT_FILES[key]);
  if (kindOf(place, path) !== "file") {
    throw new DamageNotApplicable(
      `The index of the collection ${place.collection} has no ${SEGMENT_FILES[key]}`,
    );
  }
  return path;
}

/**
 * Makes sure that an index is not known to be without a slot in use: of its other files nothing is
 * read then, and nobody could tell what was done to them.
 *
 * @param place The copy of a store.
 * @throws {DamageNotApplicable} The index is empty.
 */
export function requireSlots(place: DamagePlace): void {
  const header = readHeader(place);
  // A header that was overwritten with zeros says nothing of the slots.
  if (header?.count !== 0n || header.slotSizeBytes === 0n) return;
  throw new DamageNotApplicable(`The index of the collection ${place.collection} is empty`);
}

function readHeader(place: DamagePlace): HnswHeader | null {
  const path = join(segmentDirectory(place), SEGMENT_FILES.header);
  if (kindOf(place, path) !== "file") return null;
  using file = place.fs.openForReading(path);
  return parseHeader(file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, HEADER_SIZE_BYTES))));
}

/**
 * Reads what header.bin says of the collection's index.
 *
 * @param place The copy of a store.
 * @returns The header, the layout and the number of slots in use.
 * @throws {DamageNotApplicable} The index is empty, or was damaged before.
 */
export function readIndex(place: DamagePlace): TargetIndex {
  const header = readHeader(place);
  const geometry = header === null ? null : geometryOfHeader(header);
  const count = header === null ? null : toIndex(header.count);
  if (header === null || geometry === null || count === null || count === 0) {
    throw new DamageNotApplicable(`The collection ${place.collection} has no index to damage`);
  }
  return { header, geometry, count };
}

function kindOf({ fs }: DamagePlace, path: string): EntryKind | null {
  return fs.look(path)?.kind ?? null;
}
