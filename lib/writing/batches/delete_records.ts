/**
 * Removing records of a collection in batches, and making sure that they are gone.
 *
 * @module
 */

import { formatNumber } from "../../base/format.ts";
import { BatchIndexError } from "./batch_index_error.ts";
import { callPatiently, type CallWorld } from "./call_patiently.ts";
import type { DeleteCollection } from "./collection.ts";
import { type BatchSettings, safeBatches } from "./safe_batches.ts";

/** How records are removed. */
export interface DeleteRecordsOptions extends BatchSettings, CallWorld {
  /** Ends the work. */
  signal?: AbortSignal;
}

/**
 * Removes certain records in batches, and makes sure after each that they are gone.
 *
 * @param collection The collection.
 * @param ids The ids; those that there are no records of do no harm.
 * @param options How large a batch is.
 * @returns How many ids were gone through.
 * @throws {BatchIndexError} Records of a batch are still there.
 * @throws {OperationError} The server cannot be asked, memory stays short, or it was cancelled.
 */
export async function deleteRecords(
  collection: DeleteCollection,
  ids: Iterable<string>,
  options: DeleteRecordsOptions = {},
): Promise<number> {
  let offset = 0;
  for await (const batch of safeBatches(ids, options)) {
    await callPatiently("remove records", () => collection.delete({ ids: batch }), options);
    const ask = () => collection.get({ ids: [...batch], include: [] });
    const left = await callPatiently("read records", ask, options);
    if (left.ids.length > 0) throw createLeftError(offset, left.ids);
    offset += batch.length;
  }
  return offset;
}

function createLeftError(offset: number, ids: readonly string[]): BatchIndexError {
  return new BatchIndexError(
    `The server says that records were removed, and still has ${formatNumber(ids.length)} of them`,
    { offset, ids, hint: "Look at its log and check its store." },
  );
}
