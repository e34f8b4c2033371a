/**
 * What the catalogue says of collections besides their records, for whoever makes them elsewhere.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { CollectionFacts } from "../../../model/record_stream.ts";
import { floatJson } from "./metadata_json.ts";

/** To whom a collection belongs, and what the user told about it. */
export type CollectionOwner = Pick<CollectionFacts, "tenant" | "database" | "metadataJson">;

/**
 * Reads to whom collections belong, and their metadata.
 *
 * @param database The open chroma.sqlite3.
 * @returns What is known, by the id of the collection.
 * @throws {SqliteError} The tables cannot be read.
 */
export function readCollectionOwners(database: StoreDatabase): Map<string, CollectionOwner> {
  const columns = listColumns(database, "collections");
  const owned = columns.includes("database_id")
    ? database.rows(
      `SELECT c.id, d.tenant_id, d.name FROM collections AS c
       LEFT JOIN databases AS d ON d.id = c.database_id`,
    )
    : database.rows("SELECT id, NULL, NULL FROM collections");
  const metadata = readMetadata(database);
  return new Map(owned.map(([id, tenant, name]) => [String(id), {
    tenant: typeof tenant === "string" ? tenant : null,
    database: typeof name === "string" ? name : null,
    metadataJson: metadata.get(String(id)) ?? null,
  }]));
}

function listColumns(database: StoreDatabase, table: string): string[] {
  return database.rows("SELECT name FROM pragma_table_info(?)", table).map(([name]) =>
    String(name)
  );
}

function readMetadata(database: StoreDatabase): Map<string, string> {
  const known = listColumns(database, "collection_metadata");
  if (known.length === 0) return new Map();
  const column = (name: string): string => known.includes(name) ? name : "NULL";
  const rows = database.rows(
    `SELECT collection_id, key, ${column("str_value")}, CAST(${column("int_value")} AS TEXT),
       ${column("float_value")}, ${column("bool_value")}
     FROM collection_metadata ORDER BY collection_id, key`,
  );
  const members = new Map<string, string[]>();
  for (const [id, key, ...values] of rows) {
    const json = toJson(values);
    if (typeof id !== "string" || typeof key !== "string" || json === null) continue;
    const own = members.get(id) ?? [];
    own.push(`${JSON.stringify(key)}:${json}`);
    members.set(id, own);
  }
  return new Map(members.entries().map(([id, own]) => [id, `{${own.join()}}`]));
}

function toJson([text, integer, float, boolean]: readonly SqlValue[]): string | null {
  if (typeof text === "string") return JSON.stringify(text);
  if (typeof integer === "string" && /^-?\d+$/.test(integer)) return integer;
  if (typeof float === "number") return floatJson(float);
  return typeof boolean === "number" ? String(boolean === 1) : null;
}
