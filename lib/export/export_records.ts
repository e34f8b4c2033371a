/**
 * The records of a store one by one, for programs.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { CollectionFacts, RecordBatch } from "../model/record_stream.ts";
import type { ExportLosses, ExportRecordsSettings } from "./outcome.ts";
import { StoreReading } from "./store_reading.ts";

/** A value of metadata. An integer that a number cannot hold exactly is a bigint. */
export type ExportedValue =
  | string
  | number
  | bigint
  | boolean
  | readonly (string | number | bigint | boolean)[];

/** A record of a store. */
export interface ExportedRecord {
  /** What is known of its collection: the same object for all of its records. */
  readonly collection: CollectionFacts;
  /** Its id; null where a damaged store no longer tells it. */
  readonly id: string | null;
  /** Its text, or null. */
  readonly document: string | null;
  /** Where it comes from, or null. */
  readonly uri: string | null;
  /** Its metadata, or null. */
  readonly metadata: Readonly<Record<string, ExportedValue>> | null;
  /** The same as JSON, in which 1 and 1.0 are two things; or null. */
  readonly metadataJson: string | null;
  /** Its vector; null where a damaged store no longer has it. */
  readonly embedding: Float32Array | null;
  /** Why it has no vector, where that is known; else null. */
  readonly reason: string | null;
}

/** Which records are read, and who is told of what is lost. */
export interface ReadRecordsSettings extends ExportRecordsSettings {
  /** Is told before the first record what a damaged store no longer holds. */
  onLosses?: (losses: ExportLosses) => void;
}

/**
 * Reads every record of a store as the engine would serve it: the newest version, with what waits in
 * the write-ahead queue, and without what was deleted. No engine is started, nothing in the store is
 * changed, and memory stays flat. The store is checked in full first.
 *
 * @example
 * ```ts
 * import { detectStore, exportRecords } from "@vecfsck/vecfsck";
 *
 * async function countWords(path: string): Promise<number> {
 *   let words = 0;
 *   for await (const { document } of exportRecords(path, { collection: "notes" })) {
 *     words += document?.split(/\s+/).length ?? 0;
 *   }
 *   return words;
 * }
 * if (detectStore(".") !== null) console.log(await countWords("."));
 * ```
 *
 * @param path The store's directory, or an export file of chromem-go.
 * @param settings Which records are read, and whether all that is left of a damaged store is.
 * @yields The records, collection by collection.
 * @throws {OperationError} There is no store or no such collection, it cannot be read, is in use, or
 * has been written to meanwhile: what was yielded then means nothing. Or it is damaged, and `salvage`
 * was not given.
 */
export async function* exportRecords(
  path: string,
  settings: ReadRecordsSettings = {},
): AsyncGenerator<ExportedRecord, void, undefined> {
  await using reading = await StoreReading.open(path, settings);
  const { source, turns, lost } = reading;
  if (source === null) throw createDamageError(reading);
  if (lost !== null) settings.onLosses?.(lost);
  let collection: CollectionFacts | null = null;
  for await (const item of source.read(reading.selectCollections(), turns)) {
    if (item.kind === "collection") collection = item.collection;
    else if (collection !== null) yield* toRecords(collection, item.batch);
  }
  reading.requireUnchanged();
}

function* toRecords(
  collection: CollectionFacts,
  batch: RecordBatch,
): Generator<ExportedRecord, void, undefined> {
  const { count, ids, documents, uris, metadataJsons, dimension, vectors, hasVector } = batch;
  for (let row = 0; row < count; row++) {
    const metadataJson = metadataJsons[row] ?? null;
    yield {
      collection,
      id: ids[row] ?? null,
      document: documents[row] ?? null,
      uri: uris[row] ?? null,
      metadata: metadataJson === null ? null : parseMetadata(metadataJson),
      metadataJson,
      embedding: hasVector[row] === 1
        ? vectors.slice(row * dimension, (row + 1) * dimension)
        : null,
      reason: batch.reasons?.[row] ?? null,
    };
  }
}

function parseMetadata(json: string): Readonly<Record<string, ExportedValue>> {
  return JSON.parse(json, keepInteger);
}

/** The third parameter, which has the number as it is written, is newer than the types. */
function keepInteger(this: unknown, _key: string, value: unknown, ...rest: unknown[]): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const [context] = rest as [{ readonly source?: string }?];
  const text = context?.source ?? "";
  return /^-?\d+$/.test(text) ? BigInt(text) : value;
}

function createDamageError({ store, checked }: StoreReading): OperationError {
  const codes = checked.findings
    .filter(({ severity }) => severity === "error" || severity === "fatal")
    .map(({ code }) => code);
  return new OperationError(
    "read-failed",
    `The store is damaged (${[...new Set(codes)].join(", ")}): ${store.path}`,
    { path: store.path, hint: "Repair it first, or read all that is left with `salvage`." },
  );
}
