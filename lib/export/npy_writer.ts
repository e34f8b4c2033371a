/**
 * Vectors as NumPy's own format, version 1.0: `vectors.npy`, which `numpy.load` also maps into memory,
 * and `ids.jsonl` beside it, whose line N (counted from 0) is about the record of row N. What is known
 * of the collection is in `collection.json`, and what has no vector in `missing.jsonl`.
 *
 * | bytes | what they are                                                                          |
 * | ----: | -------------------------------------------------------------------------------------- |
 * |     6 | 93 4E 55 4D 50 59                                                                      |
 * |     2 | the version: 1, 0                                                                      |
 * |     2 | the length of the text that follows, the lower byte first                              |
 * |   118 | `{'descr': '<f4', 'fortran_order': False, 'shape': (N, D), }`, spaces, a newline       |
 * |   4ND | the vectors                                                                            |
 *
 * Every collection has a directory of its own, unless there is only one.
 *
 * @module
 */

import type { CollectionFacts, RecordBatch } from "../model/record_stream.ts";
import { FileNames } from "./file_names.ts";
import { headerJson, LinesWriter } from "./lines_writer.ts";
import type { ExportFile, ExportPlace, RecordWriter } from "./record_writer.ts";

/** The header fills two lines of a processor's cache: NumPy wants the vectors to begin at 64. */
const HEADER_SIZE_BYTES = 128;

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, HEADER_SIZE_BYTES - 10, 0);

/** The files of one collection. */
interface CollectionFiles {
  readonly collection: CollectionFacts;
  readonly directory: string;
  readonly vectors: ExportFile;
  readonly lines: LinesWriter;
  rows: number;
  missing: LinesWriter | null;
}

/** Writes vectors as NumPy's arrays. */
export class NpyWriter implements RecordWriter {
  readonly #place: ExportPlace;
  readonly #names: FileNames | null;
  #files: CollectionFiles | null = null;

  /**
   * Takes where the files go.
   *
   * @param place Where they go.
   * @param isAlone Whether there is one collection only, so that it has no directory of its own.
   */
  constructor(place: ExportPlace, isAlone: boolean) {
    this.#place = place;
    this.#names = isAlone ? null : new FileNames();
  }

  /** Makes the files of a collection. */
  async begin(collection: CollectionFacts): Promise<void> {
    const directory = this.#names === null ? "" : `${this.#names.take(collection)}/`;
    const vectors = this.#place.createFile(`${directory}vectors.npy`);
    const lines = new LinesWriter(this.#place.createFile(`${directory}ids.jsonl`), {
      isWhole: false,
    });
    this.#files = { collection, directory, vectors, lines, rows: 0, missing: null };
    const facts = this.#place.createFile(`${directory}collection.json`);
    await facts.write(new TextEncoder().encode(`${headerJson(collection)}\n`));
    await vectors.write(npyHeader(collection.records, collection.dimension ?? 0));
    await lines.begin(collection);
  }

  /** Writes vectors, and what belongs to them. */
  async add(batch: RecordBatch): Promise<void> {
    const files = this.#files;
    if (files === null) return;
    const complete = selectRows(batch, 1);
    await files.lines.add(complete);
    const { buffer, byteOffset, byteLength } = complete.vectors;
    if (byteLength > 0) await files.vectors.write(new Uint8Array(buffer, byteOffset, byteLength));
    files.rows += complete.count;
    if (complete.count === batch.count) return;
    files.missing ??= await this.#createMissing(files);
    await files.missing.add(selectRows(batch, 0));
  }

  /** Ends the files of a collection. */
  async end(): Promise<void> {
    const files = this.#files;
    if (files === null) return;
    this.#files = null;
    const { collection, vectors, lines, rows, missing } = files;
    await lines.end();
    await missing?.end();
    if (rows !== collection.records) {
      vectors.overwriteStart(npyHeader(rows, collection.dimension ?? 0));
    }
  }

  async #createMissing({ directory, collection }: CollectionFiles): Promise<LinesWriter> {
    const missing = new LinesWriter(this.#place.createFile(`${directory}missing.jsonl`));
    await missing.begin(collection);
    return missing;
  }
}

function npyHeader(rows: number, dimension: number): Uint8Array {
  const header = new Uint8Array(HEADER_SIZE_BYTES).fill(0x20);
  header.set(MAGIC);
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dimension}), }`;
  header.set(new TextEncoder().encode(text), MAGIC.length);
  header[HEADER_SIZE_BYTES - 1] = 0x0a;
  return header;
}

/** Takes the records of a batch that have a vector, or those that have none. */
function selectRows(batch: RecordBatch, wanted: 0 | 1): RecordBatch {
  const rows = [...batch.hasVector.keys()].filter((row) => batch.hasVector[row] === wanted);
  if (rows.length === batch.count) return batch;
  const { dimension } = batch;
  const pick = <Value>(column: readonly Value[]): Value[] =>
    rows.flatMap((row) => column.slice(row, row + 1));
  const vectors = new Float32Array(rows.length * dimension);
  for (const [index, row] of rows.entries()) {
    vectors.set(batch.vectors.subarray(row * dimension, (row + 1) * dimension), index * dimension);
  }
  return {
    count: rows.length,
    ids: pick(batch.ids),
    documents: pick(batch.documents),
    uris: pick(batch.uris),
    metadataJsons: pick(batch.metadataJsons),
    dimension,
    vectors,
    hasVector: new Uint8Array(rows.length).fill(wanted),
    ...(batch.reasons === undefined ? {} : { reasons: pick(batch.reasons) }),
  };
}
