/**
 * Programs that write to stores: each call adds one record, as the engine of the format does.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "@std/path";
import { encodeGob } from "../../../lib/codec/gob.ts";
import type { FormatName } from "../../../lib/model/report.ts";
import { StoreDatabase } from "../../../lib/sqlite/database.ts";
import { DOCUMENT_SHAPE } from "../../../lib/stores/chromem/shapes.ts";
import { chromemStore } from "../../support/chromem_stores.ts";
import { tinyStore } from "../../verbs/tiny_store.ts";

/** What writes to stores of one format. */
export interface Writer {
  /** The format. */
  readonly format: FormatName;
  /** Gives a new store, which an engine wrote. */
  create(): Promise<string>;
  /**
   * Adds a record.
   *
   * @param store The store's directory.
   * @param number The number of the record: the same one has the same content in every store.
   * @throws {unknown} The store is in use, or cannot be written to.
   */
  add(store: string, number: number): void;
}

/** Above every number that the engine itself has given. */
const FIRST_SEQUENCE = 1_000_000;

const TOPIC = "SELECT topic FROM embeddings_queue WHERE topic LIKE '%' || (" +
  "SELECT id FROM collections WHERE name = 'unflushed') LIMIT 1";

/** Chroma: a row in the queue, which is what an engine writes before anything else. */
export const CHROMA_WRITER: Writer = {
  format: "chroma",
  create: tinyStore,
  add(store, number) {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    const vector = Float32Array.from({ length: 32 }, (_, index) => Math.sin(number + index));
    const metadata = JSON.stringify({ "chroma:document": `record ${number}`, page: number });
    const [topic] = database.row(TOPIC) ?? [];
    if (typeof topic !== "string") throw new Error("no topic");
    const hex = new Uint8Array(vector.buffer).toHex();
    database.execute(
      "INSERT INTO embeddings_queue (seq_id, operation, topic, id, vector, encoding, metadata) " +
        `VALUES (${FIRST_SEQUENCE + number}, 0, '${topic}', 'soak-${number}', x'${hex}', ` +
        `'FLOAT32', '${metadata}')`,
    );
  },
};

/** The collection that grows, and how many components its vectors have. */
const [CHROMEM_COLLECTION, CHROMEM_DIMENSION] = ["knowledge-base", 24];

/** How chromem-go names files and folders. */
function nameOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}

/** chromem-go: a file for the document, whose name is the digest of the id. */
export const CHROMEM_WRITER: Writer = {
  format: "chromem",
  create: () => chromemStore("plain"),
  add(store, number) {
    const id = `soak-${number}`;
    const vector = Float32Array.from(
      { length: CHROMEM_DIMENSION },
      (_, index) => Math.sin(number + index),
    );
    const length = Math.hypot(...vector);
    const bytes = encodeGob({
      ID: id,
      Metadata: new Map([["page", String(number)]]),
      Embedding: vector.map((value) => value / length),
      Content: `record ${number}`,
    }, DOCUMENT_SHAPE);
    Deno.writeFileSync(join(store, nameOf(CHROMEM_COLLECTION), `${nameOf(id)}.gob`), bytes);
  },
};
