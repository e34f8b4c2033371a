/**
 * Measuring what a server makes of batches of one size: how long they take, whether every record is
 * there afterwards, and what they cost the machine.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { FieldError } from "../../base/json_fields.ts";
import { formatNumber } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import type { MachineSources } from "../../machine/sources.ts";
import type { BatchResult, BatchState } from "./batch_result.ts";
import { type ChromaHttp, RefusedError } from "./chroma_http.ts";
import { LoadWatch } from "./load_watch.ts";
import { idOf, makeBatch, makeVector } from "./make_records.ts";

/** How many records are written of one size, so that small batches are not measured by one alone. */
const RECORDS_PER_SIZE = 400;
const LEAST_BATCHES = 2;
const MOST_BATCHES = 20;

/** How many records are read back. */
const SAMPLED_RECORDS = 200;

/** More pages than other programs swap by the way. */
const SWAPPED_PAGES = 256;

/** How a size is measured. */
export interface MeasureOptions {
  /** The server. */
  readonly server: ChromaHttp;
  /** How the server ended by itself; null while it runs, or where that is not known. */
  readonly ended: () => Promise<string | null>;
  /** How many records a batch has. */
  readonly size: number;
  /** How many components a vector has. */
  readonly dimension: number;
  /** The name of the collection that is made for it, and removed. */
  readonly name: string;
  /** The machine, for what it does meanwhile. */
  readonly sources: MachineSources;
  /** A clock in milliseconds. */
  readonly clockMs: () => number;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
}

/** What the writing came to. */
type Written = Pick<BatchResult, "state" | "says" | "lostRecords">;

const GOOD: Written = { state: "good", says: null, lostRecords: 0 };

/**
 * Measures one size.
 *
 * @param options The server and the size.
 * @returns What came of it.
 * @throws {OperationError} The work was cancelled.
 */
export async function measureSize(options: MeasureOptions): Promise<BatchResult> {
  const { size, sources } = options;
  const durationsMs: number[] = [];
  using watch = new LoadWatch(sources);
  const written = await tryWriting(options, durationsMs);
  const { usedBeforeBytes, usedPeakBytes, swappedPages } = watch.seen;
  const sumMs = durationsMs.reduce((sum, durationMs) => sum + durationMs, 0);
  return {
    size,
    batches: durationsMs.length,
    ...judgeSwap(watch.hasKilled ? explainKill(written) : written, swappedPages),
    perRecordMs: durationsMs.length === 0 ? null : round(sumMs / (size * durationsMs.length)),
    slowestBatchMs: durationsMs.length === 0 ? null : Math.round(Math.max(...durationsMs)),
    usedBeforeBytes,
    usedPeakBytes,
    swappedPages,
  };
}

/** Thousandths of a millisecond are as fine as anybody reads. */
function round(durationMs: number): number {
  return Math.round(1000 * durationMs) / 1000;
}

function judgeSwap(written: Written, swappedPages: number | null): Written {
  if (written.state !== "good" || (swappedPages ?? 0) < SWAPPED_PAGES) return written;
  const says = `${formatNumber(swappedPages ?? 0)} pages were written to the swap meanwhile`;
  return { state: "swapped", says, lostRecords: 0 };
}

/** A signal alone does not say why the kernel sent it. */
function explainKill(written: Written): Written {
  if (written.state !== "died") return written;
  return { ...written, says: `${written.says}; the kernel ended a process for want of memory` };
}

/** Writes, reads back and tidies up; what fails is what is measured. */
async function tryWriting(options: MeasureOptions, durationsMs: number[]): Promise<Written> {
  const { server, name, signal } = options;
  try {
    const id = await server.createCollection(name);
    try {
      await write(id, options, durationsMs);
      return await verify(id, options, options.size * durationsMs.length);
    } finally {
      await removeIfPossible(server, name);
    }
  } catch (error) {
    signal?.throwIfAborted();
    return await explain(error, options);
  }
}

async function write(
  id: string,
  { server, size, dimension, clockMs, signal }: MeasureOptions,
  durationsMs: number[],
): Promise<void> {
  const wanted = Math.round(RECORDS_PER_SIZE / size);
  const batches = Math.min(MOST_BATCHES, Math.max(LEAST_BATCHES, wanted));
  for (let batch = 0; batch < batches; batch++) {
    signal?.throwIfAborted();
    const { body } = makeBatch(batch * size, size, dimension);
    const startedMs = clockMs();
    await server.upsert(id, body);
    durationsMs.push(clockMs() - startedMs);
  }
}

/** Holds what the server has against what it took: the number of all, and the vectors of some. */
async function verify(
  id: string,
  { server, dimension }: MeasureOptions,
  records: number,
): Promise<Written> {
  const count = await server.count(id);
  if (count !== records) {
    const says = `it took ${formatNumber(records)} records and counts ${formatNumber(count)}`;
    return { state: "lost", says, lostRecords: Math.max(0, records - count) };
  }
  const step = Math.max(1, Math.floor(records / SAMPLED_RECORDS));
  const numbers = Array.from({ length: Math.ceil(records / step) }, (_, index) => index * step);
  const vectors = await server.getVectors(id, numbers.map(idOf));
  const wrong = numbers.filter((number) => {
    const expected = makeVector(number, dimension);
    const vector = vectors.get(idOf(number));
    // A server writes no more digits than a float of 32 bits needs.
    return vector === undefined ||
      expected.some((value, index) => Math.fround(vector[index] ?? NaN) !== value);
  });
  if (wrong.length === 0) return GOOD;
  const says =
    `${formatNumber(wrong.length)} of ${formatNumber(numbers.length)} records that were ` +
    "read back are missing or not as they were";
  return { state: "lost", says, lostRecords: wrong.length };
}

async function removeIfPossible(server: ChromaHttp, name: string): Promise<void> {
  try {
    await server.withoutSignal().deleteCollection(name);
  } catch {
    // A server that has died cannot be asked; what came before tells of it.
  }
}

async function explain(error: unknown, { ended }: MeasureOptions): Promise<Written> {
  if (error instanceof RefusedError) return fail("refused", error.message);
  if (error instanceof FieldError) return fail("refused", `it answers wrongly: ${error.message}`);
  if (error instanceof OperationError) throw error;
  const end = await ended();
  if (end !== null) return fail("died", end);
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return fail("refused", "it did not answer in time");
  }
  const reason = error instanceof Error ? error.message : String(error);
  return fail("gone", printable(reason, 200));
}

function fail(state: BatchState, says: string): Written {
  return { state, says, lostRecords: 0 };
}
