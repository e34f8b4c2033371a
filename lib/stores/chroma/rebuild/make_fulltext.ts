/**
 * The full text of a rebuilt database, and the documents that only it still had.
 *
 * @module
 */

import type { StoreDatabase } from "../../../sqlite/database.ts";
import type { RefusedRow } from "./insert_rows.ts";
import type { SchemaVersions } from "./make_schema.ts";

/** The first version whose engine takes the full-text rows of a deleted record away. */
const FIRST_SYSDB_WITHOUT_LEFTOVERS = 5;

/**
 * Brings lost documents back from the full text's copy, and makes the full text of them all. A
 * document without a record keeps its row, by which the record can be found again.
 *
 * @param database The fresh database, with the copies in `salvaged_documents`.
 * @param versions Its version.
 * @param onRefused Is told of every copy that is another than the document.
 * @returns How many documents came back.
 * @throws {SqliteError} The database cannot be read or written.
 */
export function makeFulltext(
  database: StoreDatabase,
  versions: SchemaVersions,
  onRefused: (row: RefusedRow) => void,
): number {
  const hasLeftovers = versions.sysdb < FIRST_SYSDB_WITHOUT_LEFTOVERS;
  // Where copies of deleted documents stay behind, one could go to a record that took the number.
  const restored = hasLeftovers ? 0 : database.prepare(`
    INSERT OR IGNORE INTO embedding_metadata (id, key, string_value)
    SELECT id, 'chroma:document', c0 FROM salvaged_documents WHERE c0 IS NOT NULL`)();
  database.execute(`
    INSERT INTO embedding_fulltext_search (rowid, string_value)
    SELECT id, string_value FROM embedding_metadata
    WHERE key = 'chroma:document' AND string_value IS NOT NULL ORDER BY id`);
  if (hasLeftovers) return restored;
  const differing = database.iterate(`
    SELECT c.id, m.string_value, c.c0 FROM salvaged_documents AS c
    JOIN embedding_metadata AS m ON m.id = c.id AND m.key = 'chroma:document'
    WHERE c.c0 IS NOT NULL AND m.string_value IS NOT c.c0`);
  for (const [id = null, kept = null, other = null] of differing) {
    const table = "embedding_fulltext_search_content";
    onRefused({ table, rowId: Number(id), values: [id, other], standing: [id, kept] });
  }
  return restored;
}
