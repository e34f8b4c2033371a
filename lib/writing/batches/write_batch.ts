/**
 * Writing one batch of records, and making sure that it is there: what a server says of a write is
 * not believed before the records can be read.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { formatNumber } from "../../base/format.ts";
import { BatchIndexError } from "./batch_index_error.ts";
import { callPatiently, type CallWorld } from "./call_patiently.ts";
import { type IndexCollection, type IndexRecord, shapeOf, toColumns } from "./collection.ts";

/** What became of a batch. */
export interface WrittenBatch {
  /** How many records are new in the collection. */
  readonly added: number;
  /** How many that were there were replaced. */
  readonly replaced: number;
  /** How many that were there stayed as they were. */
  readonly skipped: number;
  /** How many records the collection counts now. */
  readonly count: number;
}

/** How a batch is written. */
export interface WriteBatchOptions extends CallWorld {
  /** Whether records that are there stay as they are. */
  readonly skipExisting: boolean;
  /** How many records of the source are safely there before it, for messages. */
  readonly offset: number;
  /** How many records the collection counted before it. */
  readonly count: number;
}

/**
 * Writes a batch.
 *
 * @param collection The collection.
 * @param records The records; no two have the same id.
 * @param options What becomes of records that are there.
 * @returns What became of it.
 * @throws {BatchIndexError} Records were refused, or are not there afterwards.
 * @throws {OperationError} The server cannot be asked, or the work was cancelled.
 */
export async function writeBatch(
  collection: IndexCollection,
  records: readonly IndexRecord[],
  options: WriteBatchOptions,
): Promise<WrittenBatch> {
  const before = await findPresent(collection, records, options);
  const keeps = options.skipExisting || !("upsert" in collection);
  const wanted = keeps ? records.filter(({ id }) => !before.has(id)) : records;
  await writeUntilThere(collection, records, wanted, options);
  const added = records.filter(({ id }) => !before.has(id)).length;
  const count = await callPatiently("count the records", () => collection.count(), options);
  // Asked the other way round, what is no number would pass.
  if (!(count >= options.count + added)) {
    throw createCountError(count, options.count + added, records, options);
  }
  return {
    added,
    replaced: wanted.length - added,
    skipped: records.length - wanted.length,
    count,
  };
}

/** Writes on as long as each try brings records that were missing. */
async function writeUntilThere(
  collection: IndexCollection,
  records: readonly IndexRecord[],
  wanted: readonly IndexRecord[],
  options: WriteBatchOptions,
): Promise<void> {
  let missing = wanted;
  while (missing.length > 0) {
    await write(collection, missing, options);
    const present = await findPresent(collection, records, options);
    const left = records.filter(({ id }) => !present.has(id));
    if (left.length >= missing.length) throw createLostError(left, records, options);
    missing = left;
  }
}

/** Reads which records of a batch are there. */
async function findPresent(
  collection: IndexCollection,
  records: readonly IndexRecord[],
  options: WriteBatchOptions,
): Promise<ReadonlySet<string>> {
  const ids = records.map(({ id }) => id);
  const answer = await callPatiently(
    "read the records of a batch",
    () => collection.get({ ids: [...ids], include: [] }),
    options,
  );
  return new Set(answer.ids);
}

/** Clients want each column to be full or missing: records that have the same fields go together. */
async function write(
  collection: IndexCollection,
  records: readonly IndexRecord[],
  options: WriteBatchOptions,
): Promise<void> {
  for (const group of Map.groupBy(records, shapeOf).values()) {
    try {
      await callPatiently(
        `write ${formatNumber(group.length)} records at offset ${formatNumber(options.offset)}`,
        () => send(collection, group),
        options,
      );
    } catch (error) {
      if (!(error instanceof OperationError) || error.code === "cancelled") throw error;
      const { code, message, hint, cause } = error;
      const ids = group.map(({ id }) => id);
      throw new BatchIndexError(message, { code, hint, cause, offset: options.offset, ids });
    }
  }
}

/** The columns are made anew for each try: a client may write into them. */
function send(collection: IndexCollection, records: readonly IndexRecord[]): Promise<unknown> {
  const columns = toColumns(records);
  return "upsert" in collection ? collection.upsert(columns) : collection.add(columns);
}

function createLostError(
  left: readonly IndexRecord[],
  records: readonly IndexRecord[],
  { offset }: WriteBatchOptions,
): BatchIndexError {
  const ids = left.map(({ id }) => id);
  return new BatchIndexError(
    `The server took a batch at offset ${formatNumber(offset)}, and ${formatNumber(ids.length)} ` +
      `of its ${formatNumber(records.length)} records are not there`,
    { offset, ids, hint: "Look at its log and check its store; a smaller batch may get through." },
  );
}

function createCountError(
  count: number,
  expected: number,
  records: readonly IndexRecord[],
  { offset }: WriteBatchOptions,
): BatchIndexError {
  return new BatchIndexError(
    `The collection counts ${formatNumber(count)} records after the batch at offset ` +
      `${formatNumber(offset)}, and has to count ${formatNumber(expected)}`,
    {
      offset,
      ids: records.map(({ id }) => id),
      hint: "Something removes records meanwhile, or the store is damaged: `vecfsck check` tells.",
    },
  );
}
