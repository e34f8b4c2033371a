/**
 * Going on where an indexing was interrupted: only where the checkpoint, the source and the
 * collection agree, for records that are passed over are never looked at again.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { formatNumber } from "../../base/format.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { BatchIndexError } from "./batch_index_error.ts";
import type { BatchReader } from "./batch_source.ts";
import { callPatiently, type CallWorld } from "./call_patiently.ts";
import { type Checkpoint, hashIds, readCheckpoint } from "./checkpoint.ts";
import type { IndexCollection, IndexRecord } from "./collection.ts";

/** Where to go on. */
export interface ResumeOptions extends CallWorld {
  /** The file of the checkpoint. */
  readonly checkpoint?: string;
  /** The file system. */
  readonly fs: WriteFs;
}

/**
 * Passes over the records of a source that are safely in a collection.
 *
 * @param collection The collection.
 * @param reader The source, at its beginning.
 * @param options Where the checkpoint is.
 * @returns How many records were passed over; 0 where there is no checkpoint.
 * @throws {OperationError} `usage`: the checkpoint is of other records or another collection.
 * @throws {BatchIndexError} The collection has lost records that the checkpoint knows of.
 */
export async function goOn(
  collection: IndexCollection,
  reader: BatchReader<IndexRecord>,
  options: ResumeOptions,
): Promise<number> {
  const { checkpoint: path, fs } = options;
  const checkpoint = path === undefined ? null : readCheckpoint(fs, path);
  if (path === undefined || checkpoint === null) return 0;
  if (checkpoint.collection !== (collection.id ?? collection.name ?? null)) {
    throw createMismatch(path, "The checkpoint is of another collection");
  }
  await reader.skip(checkpoint.offset - checkpoint.lastCount);
  const ids = await takeIds(reader, checkpoint.lastCount);
  if (hashIds(ids) !== checkpoint.lastHash) {
    throw createMismatch(path, "The records are not those of the checkpoint, or in another order");
  }
  await requireThere(collection, ids, checkpoint, options);
  return checkpoint.offset;
}

async function takeIds(reader: BatchReader<IndexRecord>, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const records = await reader.take(count - ids.length);
    if (records.length === 0) break;
    ids.push(...records.map(({ id }) => id));
  }
  return ids;
}

async function requireThere(
  collection: IndexCollection,
  ids: readonly string[],
  { offset, lastCount }: Checkpoint,
  options: ResumeOptions,
): Promise<void> {
  const ask = () => collection.get({ ids: [...ids], include: [] });
  const answer = await callPatiently("read the records of the last batch", ask, options);
  const present = new Set(answer.ids);
  const lost = ids.filter((id) => !present.has(id));
  if (lost.length === 0) return;
  throw new BatchIndexError(
    `The collection has lost ${
      formatNumber(lost.length)
    } records that were there at the checkpoint`,
    {
      offset: offset - lastCount,
      ids: lost,
      hint: "Remove the checkpoint where all records are to be written again.",
    },
  );
}

function createMismatch(path: string, message: string): OperationError {
  return new OperationError("usage", message, {
    path,
    hint: "Nothing was written. Remove the checkpoint where all records are to be written again.",
  });
}
