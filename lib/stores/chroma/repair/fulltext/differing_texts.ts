/**
 * Documents whose full text is another one.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import type { SavedFiles } from "../../../saved_files.ts";
import { SEGMENT_NAMES } from "../segment_names.ts";
import { FULLTEXT_TABLE } from "./rebuild_fulltext.ts";

/** The file of what two sources disagree on. */
export const CONFLICTS_FILE = "conflicts.jsonl";

/** What became of documents that differ. */
export interface SettledTexts {
  /** Records whose document was wrong and has been corrected, by collection. */
  readonly corrected: ReadonlyMap<string, readonly string[]>;
  /** How many pairs of texts are in the file. */
  readonly saved: number;
}

// Chroma 0.4.15 filled the full text by the number of another table's row: no witness of anything.
const FIND = `INSERT INTO temp.differing_texts (row, id, segment)
  SELECT c.id, e.embedding_id, e.segment_id FROM ${FULLTEXT_TABLE}_content AS c
  JOIN embedding_metadata AS m ON m.id = c.id AND m.key = 'chroma:document'
  JOIN embeddings AS e ON e.id = c.id
  WHERE c.c0 IS NOT NULL AND m.string_value IS NOT c.c0
    AND c.c0 IS NOT (SELECT o.string_value FROM embedding_metadata AS o WHERE o.rowid = c.id)`;

const DOCUMENT = `json_extract(q.metadata, '$."chroma:document"')`;

/** The last document that the queue has for each of them, as far as it has been applied. */
const HEAR_QUEUE = `UPDATE temp.differing_texts SET isWrong = 1 WHERE row IN (
  SELECT row FROM (
    SELECT d.row AS row, ${DOCUMENT} AS text, max(q.seq_id) FROM embeddings_queue AS q
    JOIN ${SEGMENT_NAMES} AS s ON s.collection = substr(q.topic, -36)
    JOIN temp.differing_texts AS d ON d.id = q.id AND d.segment = s.segment
    WHERE q.operation < 3 AND q.seq_id <= s.watermark AND json_valid(q.metadata)
      AND ${DOCUMENT} IS NOT NULL
    GROUP BY d.row) AS heard
  WHERE heard.text = (SELECT c0 FROM ${FULLTEXT_TABLE}_content AS c WHERE c.id = heard.row))`;

const LIST = `SELECT s.name, d.id, d.isWrong, CAST(m.string_value AS BLOB), CAST(c.c0 AS BLOB)
  FROM temp.differing_texts AS d
  LEFT JOIN ${SEGMENT_NAMES} AS s ON s.segment = d.segment
  JOIN embedding_metadata AS m ON m.id = d.row AND m.key = 'chroma:document'
  JOIN ${FULLTEXT_TABLE}_content AS c ON c.id = d.row ORDER BY d.row`;

const CORRECT = `UPDATE embedding_metadata
  SET string_value = (SELECT c0 FROM ${FULLTEXT_TABLE}_content AS c WHERE c.id = embedding_metadata.id)
  WHERE key = 'chroma:document' AND id IN (SELECT row FROM temp.differing_texts WHERE isWrong = 1)`;

/**
 * Corrects documents that two witnesses contradict, and writes down both texts of all that differ.
 *
 * @param database The private copy of the database, with the table of `segment_names.ts`.
 * @param saved Takes the texts.
 * @returns What became of them.
 * @throws {SqliteError} The documents cannot be read or written.
 */
export function settleTexts(database: StoreDatabase, saved: Pick<SavedFiles, "add">): SettledTexts {
  database.execute(`CREATE TEMP TABLE IF NOT EXISTS differing_texts (
    row INTEGER PRIMARY KEY, id TEXT, segment TEXT, isWrong INTEGER DEFAULT 0);
    DELETE FROM temp.differing_texts; ${FIND}; ${HEAR_QUEUE}`);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const decode = (bytes: unknown): string | null =>
    bytes instanceof Uint8Array ? decoder.decode(bytes) : null;
  const corrected = new Map<string, string[]>();
  let count = 0;
  for (const [name, id, isWrong, document, text] of database.iterate(LIST)) {
    const texts = [
      { source: "embedding_metadata", text: decode(document) },
      { source: FULLTEXT_TABLE, text: decode(text) },
    ];
    const [kept, other] = isWrong === 1 ? texts.reverse() : texts;
    saved.add(CONFLICTS_FILE, { collection: name, id, key: "chroma:document", kept, other });
    count++;
    if (isWrong !== 1) continue;
    const ids = corrected.get(String(name)) ?? [];
    ids.push(String(id));
    corrected.set(String(name), ids);
  }
  database.execute(CORRECT);
  return { corrected, saved: count };
}
