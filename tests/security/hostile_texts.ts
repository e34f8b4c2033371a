/**
 * Stores in which every text that can be chosen freely was chosen to harm a terminal, a journal or
 * a reader of lines; and what must not come out of a program that shows them.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { BrokenDatabase } from "../support/broken_database.ts";
import { BrokenStore } from "../support/broken_store.ts";

/**
 * Escape sequences of 7 and 8 bits, a carriage return, a backspace, a bell, line ends of every kind
 * with what the journal of systemd reads as a level behind one, and characters that turn the
 * direction of text.
 */
export const HOSTILE =
  "e\x1b[2J\x1b]0;own\x07\x9b31m\r\b\n<0>vil\x7f\x85\u2028\u202e\u2066\u200f\u061c\ufeff";

/** What text on a terminal, or in a log, is never made of; a line feed ends our own lines. */
export const FORBIDDEN: RegExp =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/;

/**
 * Makes sure that a text does nothing to a terminal, and has no line that a store has begun.
 *
 * @param text The text.
 * @param what Where it comes from, for the message.
 */
export function requireHarmless(text: string, what: string): void {
  const at = text.search(FORBIDDEN);
  const near = JSON.stringify(text.slice(Math.max(0, at - 80), at + 20));
  assertEquals(at, -1, `${what.replaceAll(HOSTILE, "…")}: ${near}`);
  assert(!/^<0>/m.test(text), `${what}: a line that the store has begun: ${text}`);
}

/** Quotes a text for a statement. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Where the store is, in a directory with a hostile name. */
export function hostilePlace(directory: string): string {
  return join(directory, `store ${HOSTILE}`);
}

/**
 * Makes a damaged store of Chroma of hostile texts, below a directory.
 *
 * @param directory An empty directory.
 * @returns The store.
 */
export async function hostileChroma(directory: string): Promise<string> {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const evil = quote(HOSTILE);
  store.sql(
    `UPDATE embeddings SET embedding_id = embedding_id || ${evil}`,
    `UPDATE embedding_metadata SET key = key || ${evil} WHERE key NOT LIKE 'chroma:%'`,
    `UPDATE embedding_metadata SET string_value = string_value || ${evil}`,
    `UPDATE collections SET name = name || ${evil}, config_json_str = config_json_str || ${evil}`,
    `UPDATE tenants SET id = id || ${evil}`,
    `UPDATE databases SET name = name || ${evil}`,
    `UPDATE segments SET type = type || ${evil} WHERE id = ${quote(store.segment("dot"))}`,
    `UPDATE migrations SET filename = filename || ${evil} WHERE rowid = 3`,
    `UPDATE embeddings_queue SET id = id || ${evil}, metadata = metadata || ${evil}`,
    `UPDATE embeddings_queue SET topic = topic || ${evil} WHERE seq_id % 2`,
    `UPDATE max_seq_id SET seq_id = ${evil} WHERE segment_id = ${quote(store.segment())}`,
    `INSERT INTO max_seq_id VALUES (${evil}, 1)`,
    `INSERT INTO collection_metadata (collection_id, key, str_value)
      SELECT id, 'hnsw:space' || ${evil}, ${evil} FROM collections`,
    `INSERT INTO segment_metadata (segment_id, key, str_value) VALUES (${evil}, ${evil}, ${evil})`,
    `UPDATE embeddings_queue_config SET config_json_str = ${evil}`,
    `CREATE TABLE "t ${HOSTILE}" ("c ${HOSTILE}" CHECK ("c ${HOSTILE}" > 1))`,
    `PRAGMA ignore_check_constraints = ON; INSERT INTO "t ${HOSTILE}" VALUES (0)`,
    `CREATE TRIGGER "g ${HOSTILE}" AFTER INSERT ON tenants BEGIN SELECT 1; END`,
  );
  const aside = `${store.segment("dot")}.${HOSTILE}`;
  await Deno.mkdir(join(store.path, aside));
  for (const name of ["header.bin", HOSTILE]) {
    await Deno.writeTextFile(join(store.path, aside, name), HOSTILE);
  }
  await Deno.writeTextFile(join(store.path, HOSTILE), HOSTILE);
  await Deno.writeTextFile(join(store.path, `chroma.sqlite3-${HOSTILE}`), HOSTILE);
  await Deno.symlink(HOSTILE, join(store.path, `link ${HOSTILE}`));
  await Deno.writeTextFile(store.file("index_metadata.pickle", "dot"), `c${HOSTILE}\nx\n.`);
  await Deno.truncate(store.file("data_level0.bin"), 9_000);
  return moveTo(store.path, directory);
}

/**
 * Makes a damaged database of chromem-go of hostile texts, below a directory.
 *
 * @param directory An empty directory.
 * @returns The store.
 */
export async function hostileChromem(directory: string): Promise<string> {
  const store = await BrokenDatabase.copyOf("plain");
  const folders = Array.from(Deno.readDirSync(store.path), ({ name }) => name).sort();
  const [first = "", second = ""] = folders;
  store.writeMetadata(`${first}/00000000.gob`, {
    Name: HOSTILE,
    Metadata: new Map([[HOSTILE, HOSTILE]]),
  });
  store.writeMetadata(`${second}/00000000.gob`, { Name: HOSTILE });
  const documents = Array.from(Deno.readDirSync(store.at(first)), ({ name }) => `${first}/${name}`)
    .filter((path) => !path.endsWith("/00000000.gob")).sort();
  for (const path of documents) {
    const { ID, Embedding } = store.readDocument(path);
    store.writeDocument(path, {
      ID: `${ID}${HOSTILE}`,
      ...(Embedding === undefined ? {} : { Embedding }),
      Metadata: new Map([[HOSTILE, HOSTILE]]),
      Content: HOSTILE,
    });
  }
  const [cut = ""] = documents;
  store.cut(cut, 60);
  store.write(`${first}/${HOSTILE}`, HOSTILE);
  store.write(`${HOSTILE}/00000000.gob`, HOSTILE);
  store.write(`${HOSTILE}.gob`, HOSTILE);
  return moveTo(store.path, directory);
}

function moveTo(path: string, directory: string): string {
  const place = hostilePlace(directory);
  Deno.mkdirSync(directory, { recursive: true });
  localFs.rename(path, place);
  return place;
}
