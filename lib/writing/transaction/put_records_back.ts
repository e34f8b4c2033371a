/**
 * Making the records of a collection through a client what they were: those that are new are removed,
 * those that hold something else get back what they held, those that are gone are made again.
 *
 * A client puts metadata over what is there, key by key. So of a changed record only the keys that
 * are different are sent: a value that JSON does not carry, such as a float that is whole, stays as it
 * is where the action has not touched it. A text or a key that was not there cannot be taken away so
 * (the JavaScript client leaves null out); such a record is removed first. Where only metadata is
 * different, no vector is sent, for what is normalised once more comes out with other last bits.
 *
 * @module
 */

import type {
  RecordReader,
  RecordValue,
  RecordVectors,
  StoredRecord,
  StoredValue,
} from "../../model/stored_record.ts";
import { callPatiently } from "../batches/call_patiently.ts";
import { type IndexRecord, type RecordMetadata, toColumns } from "../batches/collection.ts";
import { deleteRecords } from "../batches/delete_records.ts";
import { indexInBatches } from "../batches/safe_batch_index.ts";
import { safeBatches } from "../batches/safe_batches.ts";
import { isSameValue, type RecordChanges } from "./record_changes.ts";
import type { RollbackCollection } from "./records_client.ts";

/** How many records go at a time; every server takes larger batches. */
const BATCH_SIZE = 100;

/** Whom nobody asks for memory: what is half put back is worse than what takes some. */
const OPTIONS = { size: BATCH_SIZE, memory: null } as const;

/** What is put back, and from what. */
export interface PutBackRequest {
  /** The collection, through a client. */
  readonly collection: RollbackCollection;
  /** The records as they were. */
  readonly then: RecordReader;
  /** Their vectors. */
  readonly vectors: RecordVectors;
  /** What has become of them. */
  readonly changes: RecordChanges;
  /** Whether every changed record is removed first, so that nothing of what it holds now stays. */
  readonly removesFirst: boolean;
}

/**
 * Puts the records of a collection back.
 *
 * @param request What is put back.
 * @returns The ids of records that came back with values of other types.
 * @throws {OperationError} The server refuses something or does not answer; what was put back until
 * then stays, and the rest can be put back later.
 */
export async function putRecordsBack(request: PutBackRequest): Promise<string[]> {
  const { collection, changes } = request;
  const returning = new ReturningRecords(request);
  await deleteRecords(collection, changes.added, OPTIONS);
  await deleteRecords(collection, returning.listReplaced(), OPTIONS);
  await indexInBatches(collection, returning.listWhole(), OPTIONS);
  for await (const batch of safeBatches(returning.listDescribed(), OPTIONS)) {
    await callPatiently("update records", () => update(collection, batch), {});
  }
  return returning.inexact;
}

async function update(
  collection: RollbackCollection,
  records: readonly IndexRecord[],
): Promise<void> {
  await collection.update?.(toColumns(records));
}

/** What becomes of a record. */
type Way =
  /** It is removed, and made again. */
  | "replaced"
  /** It is written over, or made again. */
  | "whole"
  /** Only its metadata is written. */
  | "described"
  /** Nothing. */
  | "none";

/** The records that are put back. */
class ReturningRecords {
  readonly #request: PutBackRequest;
  /** Records that come back with values of other types. */
  readonly inexact: string[] = [];

  constructor(request: PutBackRequest) {
    this.#request = request;
  }

  /** Lists the ids of those that are removed first. */
  *listReplaced(): Generator<string, void, undefined> {
    for (const record of this.#request.then.list()) {
      if (this.#wayOf(record) === "replaced") yield record.id;
    }
  }

  /** Lists those that are written with their vectors. */
  *listWhole(): Generator<IndexRecord, void, undefined> {
    for (const record of this.#request.then.list()) {
      const way = this.#wayOf(record);
      if (way !== "replaced" && way !== "whole") continue;
      const { id, document, uri } = record;
      const now = way === "replaced" ? undefined : this.#nowOf(id);
      yield {
        id,
        embedding: this.#request.vectors.read(id),
        document: document === now?.document ? null : document,
        uri: uri === now?.uri ? null : uri,
        metadata: this.#listValues(record, now),
      };
    }
  }

  /** Lists those of which only metadata is written. */
  *listDescribed(): Generator<IndexRecord, void, undefined> {
    for (const record of this.#request.then.list()) {
      if (this.#wayOf(record) !== "described") continue;
      const metadata = this.#listValues(record, this.#nowOf(record.id));
      yield { id: record.id, metadata };
    }
  }

  #nowOf(id: string): StoredRecord | undefined {
    return this.#request.changes.changed.get(id)?.now;
  }

  #wayOf({ id, document, uri, metadata }: StoredRecord): Way {
    const { changes, collection, removesFirst } = this.#request;
    const change = changes.changed.get(id);
    if (change === undefined) return changes.removed.has(id) ? "whole" : "none";
    const { now, hasSameVector } = change;
    const loses = document === null && now.document !== null ||
      uri === null && now.uri !== null || now.metadata.keys().some((key) => !metadata.has(key));
    if (removesFirst || loses) return "replaced";
    const hasSameText = document === now.document && uri === now.uri;
    return hasSameVector && hasSameText && collection.update !== undefined ? "described" : "whole";
  }

  #listValues(then: StoredRecord, now: StoredRecord | undefined): RecordMetadata {
    const { metadata, isExact } = listValues(then.metadata, now?.metadata ?? new Map());
    if (!isExact) this.inexact.push(then.id);
    return metadata;
  }
}

/** What has to be sent so that metadata is what it was. */
function listValues(
  then: ReadonlyMap<string, StoredValue>,
  now: ReadonlyMap<string, StoredValue>,
): { metadata: RecordMetadata; isExact: boolean } {
  const metadata: Record<string, RecordValue> = {};
  let isExact = true;
  for (const [key, value] of then) {
    if (isSameValue(value, now.get(key))) continue;
    if (value.value !== null) metadata[key] = value.value;
    isExact &&= value.isExact;
  }
  return { metadata, isExact };
}
