/**
 * Records as JSON Lines: a line for each record, and before those of a collection one that says what
 * is known of it. `repair --vectors` takes these lines, and so does whatever takes `missing.jsonl`.
 *
 * | field        | what it is                                                                      |
 * | ------------ | ------------------------------------------------------------------------------- |
 * | `collection` | the name of the collection; null where nothing tells it                         |
 * | `id`         | the record; null in the line of a collection, by which it is passed over        |
 * | `document`   | its text, or null                                                               |
 * | `metadata`   | its metadata, an object, or null                                                |
 * | `embedding`  | its vector; null where it is lost                                               |
 * | `uri`        | where it comes from; left out where it has none                                 |
 * | `reason`     | why it has no vector; left out where that is not known                          |
 * | `header`     | what is known of the collection, in its own line alone                          |
 *
 * @module
 */

import type { CollectionFacts, RecordBatch } from "../model/record_stream.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import type { ByteSink, RecordWriter } from "./record_writer.ts";

/** So many bytes are gathered before they are written. */
const CHUNK_SIZE_BYTES = 1 << 20;

// Characters on which a terminal acts and that JSON does not escape: DEL, C1, directions.
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** What lines have. */
export interface LineOptions {
  /** False where vectors and what is known of collections are written to other files. */
  readonly isWhole?: boolean;
}

/** Writes records as JSON Lines. */
export class LinesWriter implements RecordWriter {
  readonly #sink: ByteSink;
  readonly #isWhole: boolean;
  readonly #buffer = new ByteBuffer();
  #prefix = "";

  /** Takes where the lines go. */
  constructor(sink: ByteSink, { isWhole = true }: LineOptions = {}) {
    this.#sink = sink;
    this.#isWhole = isWhole;
  }

  /** Writes the line of a collection. */
  async begin(collection: CollectionFacts): Promise<void> {
    this.#prefix = `{"collection":${textJson(collection.name)},"id":`;
    if (!this.#isWhole) return;
    this.#buffer.addText(`${this.#prefix}null,"header":${headerJson(collection)}}\n`);
    await this.#flush();
  }

  /** Writes the lines of records. */
  async add(batch: RecordBatch): Promise<void> {
    for (let row = 0; row < batch.count; row++) {
      this.#addRecord(batch, row);
      if (this.#buffer.length >= CHUNK_SIZE_BYTES) await this.#flush();
    }
  }

  /** Writes what is left of a collection. */
  async end(): Promise<void> {
    await this.#flush();
  }

  #addRecord(batch: RecordBatch, row: number): void {
    const buffer = this.#buffer;
    const { ids, documents, metadataJsons, uris, reasons, dimension } = batch;
    buffer.addText(
      `${this.#prefix}${textJson(ids[row] ?? null)},"document":${
        textJson(documents[row] ?? null)
      },"metadata":${safeJson(metadataJsons[row] ?? "null")}`,
    );
    const uri = uris[row] ?? null;
    if (uri !== null) buffer.addText(`,"uri":${textJson(uri)}`);
    if (this.#isWhole) {
      if (batch.hasVector[row] === 1) {
        buffer.addText(`,"embedding":[`);
        buffer.addFloats(batch.vectors.subarray(row * dimension, (row + 1) * dimension));
        buffer.addText("]");
      } else buffer.addText(`,"embedding":null`);
    }
    const reason = reasons?.[row] ?? null;
    if (reason !== null) buffer.addText(`,"reason":${textJson(reason)}`);
    buffer.addText("}\n");
  }

  async #flush(): Promise<void> {
    if (this.#buffer.length > 0) await this.#sink.write(this.#buffer.bytes);
    this.#buffer.clear();
  }
}

/**
 * Writes what is known of a collection as JSON.
 *
 * @param collection What is known.
 * @returns A JSON object.
 */
export function headerJson(collection: CollectionFacts): string {
  const { id, name, tenant, database, dimension, space, metadataJson, records } = collection;
  const facts = safeJson(
    JSON.stringify({ id, name, tenant, database, dimension, space, records }),
  );
  return `${facts.slice(0, -1)},"metadata":${safeJson(metadataJson ?? "null")}}`;
}

function textJson(text: string | null): string {
  return safeJson(JSON.stringify(text));
}

/** Escapes what a terminal would act on; outside of texts JSON has none of it. */
function safeJson(json: string): string {
  return json.replaceAll(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
