/**
 * Records as Parquet files, one for each collection.
 *
 * | column      | type                    | what it is                                                 |
 * | ----------- | ----------------------- | ---------------------------------------------------------- |
 * | `id`        | text                    | the record                                                 |
 * | `document`  | text                    | its text, or null                                          |
 * | `metadata`  | text                    | its metadata, a JSON object, or null                       |
 * | `uri`       | text                    | where it comes from, or null                               |
 * | `embedding` | list of floats (32 bit) | its vector, all of one length; null where it is lost       |
 *
 * What is known of the collection stands in the metadata of the file, under the key
 * `vecfsck.collection`, as JSON. The library hyparquet-writer encodes it all (decision 14); what is
 * here says which columns there are, and keeps the rows that wait in memory few.
 *
 * @module
 */

import { ByteWriter, ParquetWriter as ParquetEncoder, type SchemaElement } from "hyparquet-writer";
import { VERSION } from "../base/version.ts";
import type { CollectionFacts, RecordBatch } from "../model/record_stream.ts";
import { FileNames } from "./file_names.ts";
import { headerJson } from "./lines_writer.ts";
import type { ByteSink, ExportPlace, RecordWriter } from "./record_writer.ts";

/**
 * A row group ends with the row that brings its vectors to so many floats: the library takes each as
 * a number of JavaScript, and adds two more that say where a vector begins.
 */
const ROW_GROUP_FLOATS = 1 << 18;

/** It ends as well with the row that brings its texts to so many UTF-16 units. */
const ROW_GROUP_TEXT_UNITS = 1 << 22;

/** Or with so many rows, where these are short. */
const ROW_GROUP_ROWS = 1 << 16;

const TEXT_COLUMNS = ["id", "document", "metadata", "uri"] as const;
const VECTOR_COLUMN = "embedding";

/** The schema as a tree, each group before what is in it. */
const SCHEMA: SchemaElement[] = [
  { name: "schema", num_children: TEXT_COLUMNS.length + 1 },
  ...TEXT_COLUMNS.map((name): SchemaElement => ({
    name,
    type: "BYTE_ARRAY",
    repetition_type: "OPTIONAL",
    converted_type: "UTF8",
    logical_type: { type: "STRING" },
  })),
  {
    name: VECTOR_COLUMN,
    repetition_type: "OPTIONAL",
    num_children: 1,
    converted_type: "LIST",
    logical_type: { type: "LIST" },
  },
  { name: "list", repetition_type: "REPEATED", num_children: 1 },
  { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
];

/** Writes collections as Parquet files. */
export class ParquetWriter implements RecordWriter {
  readonly #place: ExportPlace;
  readonly #names: FileNames | null;
  #file: ParquetFile | null = null;

  /**
   * Takes where the files go.
   *
   * @param place Where they go.
   * @param isAlone Whether there is one file, which has no name of its own.
   */
  constructor(place: ExportPlace, isAlone: boolean) {
    this.#place = place;
    this.#names = isAlone ? null : new FileNames();
  }

  /** Makes the file of a collection. */
  begin(collection: CollectionFacts): Promise<void> {
    const name = this.#names === null ? "" : `${this.#names.take(collection)}.parquet`;
    this.#file = new ParquetFile(this.#place.createFile(name), collection);
    return Promise.resolve();
  }

  /** Writes records. */
  async add(batch: RecordBatch): Promise<void> {
    await this.#file?.add(batch);
  }

  /** Writes what stands at the end of the file. */
  async end(): Promise<void> {
    await this.#file?.end();
    this.#file = null;
  }
}

/** Rows that wait until there are enough of them, column by column. */
class RowGroup {
  readonly texts: readonly (string | null)[][] = TEXT_COLUMNS.map(() => []);
  readonly vectors: (number[] | null)[] = [];
  #floats = 0;
  #textUnits = 0;

  get isFull(): boolean {
    return this.#floats >= ROW_GROUP_FLOATS || this.#textUnits >= ROW_GROUP_TEXT_UNITS ||
      this.vectors.length >= ROW_GROUP_ROWS;
  }

  add(
    { ids, documents, metadataJsons, uris, dimension, vectors, hasVector }: RecordBatch,
    row: number,
  ): void {
    for (const [index, column] of [ids, documents, metadataJsons, uris].entries()) {
      const text = column[row] ?? null;
      this.texts[index]?.push(text);
      this.#textUnits += text?.length ?? 0;
    }
    const isThere = hasVector[row] === 1 && dimension > 0;
    const start = row * dimension;
    this.vectors.push(isThere ? Array.from(vectors.subarray(start, start + dimension)) : null);
    if (isThere) this.#floats += dimension;
  }
}

class ParquetFile {
  readonly #encoder: ParquetEncoder;
  #rows = new RowGroup();

  constructor(sink: ByteSink, collection: CollectionFacts) {
    this.#encoder = new ParquetEncoder({
      writer: new SinkWriter(sink),
      schema: SCHEMA,
      codec: "UNCOMPRESSED",
      statistics: false,
      kvMetadata: [{ key: "vecfsck.collection", value: headerJson(collection) }],
      createdBy: `vecfsck version ${VERSION}`,
    });
  }

  async add(batch: RecordBatch): Promise<void> {
    for (let row = 0; row < batch.count; row++) {
      this.#rows.add(batch, row);
      if (this.#rows.isFull) await this.#endRowGroup();
    }
  }

  async end(): Promise<void> {
    await this.#endRowGroup();
    await this.#encoder.finish();
  }

  async #endRowGroup(): Promise<void> {
    const { texts, vectors } = this.#rows;
    if (vectors.length === 0) return;
    this.#rows = new RowGroup();
    const columns = [
      ...TEXT_COLUMNS.map((name, index) => ({ name, data: texts[index] ?? [] })),
      { name: VECTOR_COLUMN, data: vectors },
    ];
    await this.#encoder.write({
      columnData: columns.map((column) => ({ ...column, encoding: "PLAIN", offsetIndex: false })),
      rowGroupSize: vectors.length,
      // One page for each column: a row group is small.
      pageSize: 0,
    });
  }
}

/** Hands on what was encoded, after each row group and at the end. */
class SinkWriter extends ByteWriter {
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    super();
    this.#sink = sink;
  }

  async flush(): Promise<void> {
    await this.#sink.write(this.getBytes());
    // What counts all bytes, `offset`, goes on.
    this.index = 0;
  }

  override async finish(): Promise<void> {
    await this.flush();
  }
}
