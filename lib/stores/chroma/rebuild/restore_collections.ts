/**
 * Bringing collections back whose row is lost. Their indexes still tell what they were called:
 *
 * | index                                              | an entry                           |
 * | -------------------------------------------------- | ---------------------------------- |
 * | of PRIMARY KEY in `collections`                    | id, row                            |
 * | of UNIQUE in `collections`, from 0.4.15 on         | name, database, row                |
 * | of UNIQUE in `collections`, before that            | name, row                          |
 *
 * Where those are lost too, segments and the queue tell the id, and the name is made of it. How the
 * collection was configured stood in the row alone; an empty configuration says so to whoever puts
 * the catalogue right.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import { salvageIndexEntries } from "../../../sqlite/pages/salvage_index_entries.ts";
import { recoveredName } from "./mend_row.ts";

/** A collection whose row was lost. */
export interface RestoredCollection {
  /** Its id. */
  readonly id: string;
  /** Its name; one made of its id where its own is lost. */
  readonly name: string;
  /** Whether its own name is lost. */
  readonly isRenamed: boolean;
}

const ID_INDEX = "sqlite_autoindex_collections_1";
const NAME_INDEX = "sqlite_autoindex_collections_2";

const DEFAULT_DATABASE_ID = "00000000-0000-0000-0000-000000000000";

/** More collections than any store has lost. */
const MOST_COLLECTIONS = 100_000;

/** What the index of names tells of a row. */
interface NameEntry {
  readonly name: string;
  readonly databaseId: string;
}

/**
 * Brings collections back that have a segment, rows in the queue, or an entry in an index.
 *
 * @param source The damaged file.
 * @param database The fresh database, filled with every row that could be read.
 * @returns What came back.
 * @throws {OperationError} The source cannot be read.
 * @throws {SqliteError} The fresh database cannot be written.
 */
export function restoreCollections(
  source: string,
  database: StoreDatabase,
): RestoredCollection[] {
  const { ids, names } = readIndexes(source);
  const wanted = new Map<string, NameEntry | null>();
  for (const [row, id] of ids) wanted.set(id, names.get(row) ?? null);
  for (const id of listReferredIds(database)) if (!wanted.has(id)) wanted.set(id, null);
  const inserter = new CollectionInserter(database);
  return [...wanted].flatMap(([id, entry]) => inserter.insert(id, entry) ?? []);
}

function readIndexes(
  source: string,
): { ids: ReadonlyMap<bigint, string>; names: ReadonlyMap<bigint, NameEntry> } {
  const ids = new Map<bigint, string>();
  const names = new Map<bigint, NameEntry>();
  for (const { index, values } of salvageIndexEntries(source)) {
    if (ids.size > MOST_COLLECTIONS || names.size > MOST_COLLECTIONS) break;
    const row = values.at(-1);
    const [first = null, second = null] = values;
    if (typeof row !== "bigint" || typeof first !== "string") continue;
    if (index === ID_INDEX && values.length === 2) ids.set(row, first);
    if (index !== NAME_INDEX) continue;
    const databaseId = typeof second === "string" ? second : DEFAULT_DATABASE_ID;
    names.set(row, { name: first, databaseId });
  }
  return { ids, names };
}

/** The collections that segments and the queue name. */
function listReferredIds(database: StoreDatabase): string[] {
  const ofSegments = database.rows("SELECT DISTINCT collection FROM segments").flat();
  const topics = database.rows("SELECT DISTINCT topic FROM embeddings_queue").flat();
  const ofQueue = topics.map((topic) => String(topic).split("/").at(-1) ?? "");
  return [...ofSegments, ...ofQueue].filter((id) => typeof id === "string" && UUID.test(id))
    .map(String);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Inserts the rows of collections, with the columns that the version has. */
class CollectionInserter {
  readonly #columns: ReadonlySet<SqlValue>;
  readonly #database: StoreDatabase;

  constructor(database: StoreDatabase) {
    this.#database = database;
    this.#columns = new Set(
      database.rows("SELECT name FROM pragma_table_info('collections')").flat(),
    );
  }

  /** Puts a collection back; null where it is there. */
  insert(id: string, entry: NameEntry | null): RestoredCollection | null {
    if (this.#database.row("SELECT 1 FROM collections WHERE id = ?", id) !== null) return null;
    const own = entry === null ? null : entry.name;
    const name = own ?? recoveredName(id);
    const values: Record<string, SqlValue> = {
      id,
      name,
      topic: `persistent://default/default/${id}`,
      database_id: entry?.databaseId ?? DEFAULT_DATABASE_ID,
      config_json_str: "",
    };
    const columns = Object.keys(values).filter((column) => this.#columns.has(column));
    const insert = this.#database.prepare(
      `INSERT OR IGNORE INTO collections (${columns.join(", ")})
        VALUES (${columns.map(() => "?").join(", ")})`,
    );
    const isInserted = insert(...columns.map((column) => values[column] ?? null)) === 1;
    return isInserted ? { id, name, isRenamed: own === null } : null;
  }
}
