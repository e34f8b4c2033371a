/**
 * Writing records to a collection in batches that are checked one by one, so that nothing is lost
 * without being noticed, and an interruption costs no more than a batch.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { printable } from "../../base/printable.ts";
import { localFs } from "../../fs/platform.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { BatchIndexError } from "./batch_index_error.ts";
import { type BatchSource, openSource } from "./batch_source.ts";
import { type CallOptions, callPatiently, type CallWorld } from "./call_patiently.ts";
import { hashIds, removeCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { BatchLimitClient, IndexCollection, IndexRecord } from "./collection.ts";
import { goOn } from "./resume.ts";
import {
  type BatchSettings,
  DEFAULT_BATCH_SIZE,
  guardOf,
  requireBatchSize,
  takeBatches,
} from "./safe_batches.ts";
import { writeBatch } from "./write_batch.ts";

/** How far an indexing has come. */
export interface BatchIndexProgress {
  /** How many records of the source are safely there. */
  readonly offset: number;
  /** How many there are; null where the source does not tell before its end. */
  readonly total: number | null;
  /** How many were new in the collection, since this call began. */
  readonly added: number;
  /** How many that were there were replaced. */
  readonly replaced: number;
  /** How many that were there stayed as they were. */
  readonly skipped: number;
}

/** How records are written. */
export interface BatchIndexSettings extends BatchSettings, CallOptions {
  /** The client of the collection, which knows how many records its server takes at once. */
  client?: BatchLimitClient;
  /** A file by which an indexing that was interrupted goes on; it is removed at the end. */
  checkpoint?: string;
  /** Whether records that are there stay as they are, so that their vectors are not sent again. */
  skipExisting?: boolean;
  /** Told after each batch. */
  onProgress?: (progress: BatchIndexProgress) => void;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/** What came of an indexing. */
export interface BatchIndexOutcome {
  /** How many records of the source are safely there: all of them. */
  readonly records: number;
  /** At which of them this call went on; 0 where it began. */
  readonly resumedAt: number;
  /** How many batches were written. */
  readonly batches: number;
  /** How many records were new in the collection. */
  readonly added: number;
  /** How many that were there were replaced. */
  readonly replaced: number;
  /** How many that were there stayed as they were. */
  readonly skipped: number;
  /** How many records the collection counts now. */
  readonly count: number;
}

/** How they are written within this program. */
export interface BatchIndexOptions extends BatchIndexSettings, CallWorld {
  /** Ends the work. */
  signal?: AbortSignal;
  /** The file system. */
  readonly fs?: WriteFs;
}

/**
 * Writes records to a collection in batches, by `upsert` where the collection has that, else by
 * `add`. After each batch its ids are read and the records counted: whoever else writes to the
 * collection meanwhile may add records, and not remove any. What failed on the way is tried again;
 * while memory is short, it waits.
 *
 * With a `checkpoint` an indexing that was interrupted, by whatever, goes on after the last batch
 * that was checked, as long as source and collection are the same. Without one `skipExisting` finds
 * by the ids what is there already.
 *
 * @example With the chromadb client: `await client.getOrCreateCollection({ name: "memories" })`
 * ```ts
 * import { type IndexCollection, safeBatchIndex } from "@vecfsck/vecfsck";
 *
 * async function index(collection: IndexCollection, texts: string[]): Promise<void> {
 *   const records = texts.map((document, index) => ({ id: `text-${index}`, document }));
 *   const { added, count } = await safeBatchIndex(collection, records, {
 *     size: 10,
 *     checkpoint: "./index.checkpoint",
 *     onProgress: ({ offset, total }) => console.log(`${offset} of ${total}`),
 *   });
 *   console.log(added, count);
 * }
 * console.log(typeof index);
 * ```
 *
 * @param collection The collection.
 * @param records The records: a list, anything that can be iterated, or pages.
 * @param settings How large a batch is, and how an interrupted indexing goes on.
 * @returns What came of it.
 * @throws {BatchIndexError} Records were refused, or are not there afterwards; it names them.
 * @throws {OperationError} `usage`: a record or a setting is none, or the checkpoint is of something
 * else. `write-failed`: the server does not answer. `no-memory`: memory stays short. `cancelled`.
 */
export async function safeBatchIndex(
  collection: IndexCollection,
  records: BatchSource<IndexRecord>,
  settings: BatchIndexSettings = {},
): Promise<BatchIndexOutcome> {
  return await indexInBatches(collection, records, settings);
}

/**
 * Writes records as {@linkcode safeBatchIndex} does, in a world that the caller gives.
 *
 * @param collection The collection.
 * @param records The records.
 * @param options The same, and the world.
 * @returns What came of it.
 * @throws {OperationError} As there.
 */
export async function indexInBatches(
  collection: IndexCollection,
  records: BatchSource<IndexRecord>,
  options: BatchIndexOptions,
): Promise<BatchIndexOutcome> {
  if (!("upsert" in collection) && !("add" in collection)) {
    throw new OperationError("usage", "The collection has neither `upsert` nor `add`");
  }
  const { fs = localFs, checkpoint, signal } = options;
  const size = await findSize(options);
  const reader = openSource(records);
  try {
    const resumedAt = await goOn(collection, reader, { ...options, fs });
    const count = await callPatiently("count the records", () => collection.count(), options);
    const run = new IndexRun(collection, { ...options, fs }, { resumedAt, count });
    for await (const batch of takeBatches(reader, { size, memory: guardOf(options), signal })) {
      for (const part of splitAtRepeats(batch, run.offset)) await run.write(part, reader.total);
    }
    if (checkpoint !== undefined) removeCheckpoint(fs, checkpoint);
    return run.outcome;
  } finally {
    await reader.close();
  }
}

/** The size that was asked for, and no more than the server takes. */
async function findSize(options: BatchIndexOptions): Promise<number> {
  const { size = DEFAULT_BATCH_SIZE, client } = options;
  requireBatchSize(size);
  if (client === undefined) return size;
  const ask = (): Promise<number> => client.getMaxBatchSize();
  const most = await callPatiently("ask for the largest batch", ask, options);
  return Number.isInteger(most) && most >= 1 ? Math.min(size, most) : size;
}

/** One call of {@linkcode indexInBatches}. */
class IndexRun {
  readonly #collection: IndexCollection;
  readonly #options: BatchIndexOptions & { readonly fs: WriteFs };
  readonly #resumedAt: number;
  #offset: number;
  #count: number;
  #batches = 0;
  #added = 0;
  #replaced = 0;
  #skipped = 0;

  constructor(
    collection: IndexCollection,
    options: BatchIndexOptions & { readonly fs: WriteFs },
    { resumedAt, count }: { readonly resumedAt: number; readonly count: number },
  ) {
    this.#collection = collection;
    this.#options = options;
    this.#resumedAt = resumedAt;
    this.#offset = resumedAt;
    this.#count = count;
  }

  /** How many records of the source are safely there. */
  get offset(): number {
    return this.#offset;
  }

  get outcome(): BatchIndexOutcome {
    return {
      records: this.#offset,
      resumedAt: this.#resumedAt,
      batches: this.#batches,
      added: this.#added,
      replaced: this.#replaced,
      skipped: this.#skipped,
      count: this.#count,
    };
  }

  /** Writes a batch in which no id stands twice, and notes down that it is there. */
  async write(records: readonly IndexRecord[], total: number | null): Promise<void> {
    const written = await writeBatch(this.#collection, records, {
      ...this.#options,
      skipExisting: this.#options.skipExisting ?? false,
      offset: this.#offset,
      count: this.#count,
    });
    this.#offset += records.length;
    this.#batches++;
    this.#count = written.count;
    this.#added += written.added;
    this.#replaced += written.replaced;
    this.#skipped += written.skipped;
    this.#keepCheckpoint(records);
    this.#options.onProgress?.({
      offset: this.#offset,
      total,
      added: this.#added,
      replaced: this.#replaced,
      skipped: this.#skipped,
    });
  }

  #keepCheckpoint(records: readonly IndexRecord[]): void {
    const { fs, checkpoint } = this.#options;
    if (checkpoint === undefined) return;
    writeCheckpoint(fs, checkpoint, {
      collection: this.#collection.id ?? this.#collection.name ?? null,
      offset: this.#offset,
      lastCount: records.length,
      lastHash: hashIds(records.map(({ id }) => id)),
    });
  }
}

/** Servers refuse a batch in which an id stands twice: the second one goes into the next. */
function splitAtRepeats(batch: readonly IndexRecord[], offset: number): IndexRecord[][] {
  const parts: IndexRecord[][] = [];
  let part: IndexRecord[] = [];
  let ids = new Set<string>();
  for (const [index, record] of batch.entries()) {
    requireRecord(record, offset + index);
    if (ids.has(record.id)) {
      parts.push(part);
      part = [];
      ids = new Set();
    }
    part.push(record);
    ids.add(record.id);
  }
  return [...parts, part];
}

/** One value that is no number makes a server refuse the whole batch, or worse, take it. */
function requireRecord({ id, embedding }: IndexRecord, offset: number): void {
  if (typeof id !== "string" || id === "") {
    throw new BatchIndexError(`The record at offset ${offset} has no id`, {
      code: "usage",
      offset,
      ids: [],
    });
  }
  if (embedding === undefined || embedding === null) return;
  const values = Array.from(embedding);
  if (values.length > 0 && values.every((value) => Number.isFinite(Math.fround(value)))) return;
  throw new BatchIndexError(
    `The vector of the record "${printable(id)}" at offset ${offset} is none of finite numbers`,
    { code: "usage", offset, ids: [id] },
  );
}
