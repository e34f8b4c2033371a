/**
 * What damages are made with: the files of a collection's index, and the database.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../../../lib/base/errors.ts";
import { toIndex } from "../../../lib/base/bytes.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../lib/hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, type HnswHeader, parseHeader } from "../../../lib/hnsw/header.ts";
import { type SqlValue, StoreDatabase } from "../../../lib/sqlite/database.ts";
import { CATALOGUE_NAME, SEGMENT_FILES } from "../../../lib/stores/chroma/layout.ts";
import { DamageNotApplicable, type DamageTarget } from "./damage.ts";
import { PatchFile } from "./patch_file.ts";

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

/** The path of the database. */
export function cataloguePath(target: DamageTarget): string {
  return join(target.store, CATALOGUE_NAME);
}

/**
 * Runs an action with a connection that may change everything in the database, the tables that
 * SQLite keeps for itself too.
 *
 * @param target The copy of a store.
 * @param action What is done; the connection is closed after it.
 * @returns What the action gives.
 * @throws {SqliteError} SQLite refused a statement.
 */
export function withDatabase<T>(target: DamageTarget, action: (database: StoreDatabase) => T): T {
  // Guards of SQLite against writing into its own tables go away with the tolerance for damage.
  using database = StoreDatabase.open(cataloguePath(target), { writable: true, tolerant: true });
  return action(database);
}

/**
 * Runs one statement that changes rows.
 *
 * @param target The copy of a store.
 * @param sql The statement.
 * @param parameters The values of its `?`.
 * @throws {DamageNotApplicable} No row was changed.
 * @throws {SqliteError} SQLite refused the statement.
 */
export function changeRows(target: DamageTarget, sql: string, ...parameters: SqlValue[]): void {
  withDatabase(target, (database) => {
    database.rows(sql, ...parameters);
    if ((database.number("SELECT changes()") ?? 0) === 0) {
      throw new DamageNotApplicable("The database has no row that this damage would change");
    }
  });
}

/** The id of the collection, a UUID as Chroma writes it. */
export function collectionId(target: DamageTarget): string {
  return withDatabase(target, (database) => {
    const row = database.row("SELECT id FROM collections WHERE name = ?", target.collection);
    if (typeof row?.[0] !== "string") {
      throw new DamageNotApplicable(`No collection is named ${target.collection}`);
    }
    return row[0];
  });
}

/** The id of the collection's VECTOR segment, which is also the name of its directory. */
export function vectorSegmentId(target: DamageTarget): string {
  const collection = collectionId(target);
  return withDatabase(target, (database) => {
    const id = database.row(
      "SELECT id FROM segments WHERE collection = ? AND scope = 'VECTOR'",
      collection,
    )?.[0];
    if (typeof id !== "string" || !UUID.test(id)) {
      throw new DamageNotApplicable(`The collection ${target.collection} has no vector segment`);
    }
    return id;
  });
}

/** The directory of the collection's VECTOR segment; it exists. */
export function segmentDirectory(target: DamageTarget): string {
  const path = join(target.store, vectorSegmentId(target));
  if (!isThere(path, (info) => info.isDirectory)) {
    throw new DamageNotApplicable(`The collection ${target.collection} has no segment directory`);
  }
  return path;
}

/** The path of a file of the collection's index; it exists. */
export function segmentFile(target: DamageTarget, key: SegmentFileKey): string {
  const path = join(segmentDirectory(target), SEGMENT_FILES[key]);
  if (!isThere(path, (info) => info.isFile)) {
    throw new DamageNotApplicable(
      `The index of the collection ${target.collection} has no ${SEGMENT_FILES[key]}`,
    );
  }
  return path;
}

/**
 * Reads what header.bin says of the collection's index.
 *
 * @param target The copy of a store.
 * @returns The header, the layout and the number of slots in use.
 * @throws {DamageNotApplicable} The index is empty, or was damaged before.
 */
export function readIndex(target: DamageTarget): TargetIndex {
  using file = PatchFile.open(segmentFile(target, "header"));
  const header = parseHeader(file.read(0, HEADER_SIZE_BYTES));
  const geometry = header === null ? null : geometryOfHeader(header);
  const count = header === null ? null : toIndex(header.count);
  if (header === null || geometry === null || count === null || count === 0) {
    throw new DamageNotApplicable(`The collection ${target.collection} has no index to damage`);
  }
  return { header, geometry, count };
}

function isThere(path: string, test: (info: Deno.FileInfo) => boolean): boolean {
  try {
    return test(Deno.statSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw toOperationError(error, path);
  }
}
