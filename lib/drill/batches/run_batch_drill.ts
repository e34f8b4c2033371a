/**
 * Measuring what size of batches a real server on this machine takes without loss and without
 * swapping. It is done to a server on a copy of the store, or on an empty one, and to collections
 * that are made for it: nothing is written to the store.
 *
 * @module
 */

import { join } from "@std/path";
import { copyStore } from "../../backup/copy_store.ts";
import { OperationError } from "../../base/errors.ts";
import { FieldError } from "../../base/json_fields.ts";
import { localFs } from "../../fs/platform.ts";
import { removeTree } from "../../fs/tree.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";
import { createMemoryGuard } from "../../machine/memory_guard.ts";
import { thisMachine } from "../../machine/sources.ts";
import type { DetectedStore } from "../../model/store.ts";
import { requireStore } from "../../stores/registry.ts";
import type {
  BatchDrillOptions,
  BatchOutcome,
  BatchResult,
  BatchStart,
  StartServer,
} from "./batch_result.ts";
import {
  ChromaHttp,
  createUnknownServerError,
  RefusedError,
  type ServerCollection,
} from "./chroma_http.ts";
import { makeVector } from "./make_records.ts";
import { measureSize } from "./measure_size.ts";

/** What a store is called that a server gets. */
const COPY_NAME = "store";

/** What embedding models make most often; for where no store tells. */
const DEFAULT_DIMENSION = 384;

/** Larger batches are tried only where that is asked for: one is in memory whole. */
const DEFAULT_MAX_SIZE = 10_000;

/** No server takes a larger request; it is made in memory. */
const MOST_REQUEST_BYTES = 256 << 20;

/** About what a request has of a component of a vector, and of the rest of a record. */
const COMPONENT_BYTES = 22;
const RECORD_BYTES = 400;

/** How much longer than at the best a record may take at the size that is recommended. */
const HARDLY_LONGER = 1.2;

/**
 * Measures what batches a server takes.
 *
 * @param options The server, and how far to go.
 * @returns What came of each size.
 * @throws {OperationError} There is no store, it is none of Chroma's, it cannot be copied; the server
 * does not start, or cannot be reached; or the work was cancelled. No copy is left then.
 */
export async function runBatchDrill(options: BatchDrillOptions): Promise<BatchOutcome> {
  const { store, server, fs = localFs, signal } = options;
  const found = store === undefined ? null : requireChroma(store);
  try {
    if (typeof server === "string") {
      return await measure(server, null, { ...options, store: found, server });
    }
    return await withServer({ ...options, fs }, server, found);
  } catch (error) {
    // Its reason says what came; what it has interrupted only says that something did.
    signal?.throwIfAborted();
    throw toServerError(error);
  }
}

/** chromem-go is a library and has no server. */
function requireChroma(path: string): DetectedStore {
  const store = requireStore(path);
  if (store.format === "chroma") return store;
  throw new OperationError("unsupported", `No server has stores of the format ${store.format}`, {
    path: store.path,
    hint: "Batches are measured with a Chroma server: name a store of Chroma, or none.",
  });
}

/** Has a server started on a copy, and tidies up behind it. */
async function withServer(
  options: BatchDrillOptions & { readonly fs: WriteFs },
  start: StartServer,
  store: DetectedStore | null,
): Promise<BatchOutcome> {
  const { fs, signal, now = (): Date => new Date() } = options;
  const directory = makeTemporaryDirectory(fs);
  try {
    const copy = join(directory, COPY_NAME);
    if (store !== null) await copyStore(store, copy, { directory, fs, signal, now });
    const server = await start(copy, signal);
    try {
      return await measure(server.address, server.ended, { ...options, store, server: null });
    } finally {
      await server.stop();
    }
  } finally {
    removeTree(fs, directory);
  }
}

function makeTemporaryDirectory(fs: WriteFs): string {
  try {
    return fs.makeTemporaryDirectory("vecfsck-batches-");
  } catch (error) {
    throw toWriteError(error, "the directory for temporary files");
  }
}

/** What is measured, once it is known where. */
type MeasuredOptions = Omit<BatchDrillOptions, "store" | "server"> & {
  readonly store: DetectedStore | null;
  /** The address of a server that was running already. */
  readonly server: string | null;
};

async function measure(
  address: string,
  ended: (() => Promise<string | null>) | null,
  options: MeasuredOptions,
): Promise<BatchOutcome> {
  const { signal, request, sources = thisMachine, fs = localFs, onProgress } = options;
  const { clockMs = (): number => performance.now() } = options;
  const startedMs = clockMs();
  const server = await ChromaHttp.find(address, { signal, request });
  if (server === null) throw createUnknownServerError(address);
  const start = await describeStart(server, options);
  await options.onStart?.(start);
  const guard = createMemoryGuard({}, { sources });
  const run = fs.makeId();
  const results: BatchResult[] = [];
  for (const [index, size] of start.sizes.entries()) {
    onProgress?.({ title: `batches of ${size} records`, done: index / start.sizes.length });
    const isShort = guard.state().state === "short";
    const result = isShort ? createShortResult(size) : await measureSize({
      server,
      ended: ended ?? ((): Promise<null> => Promise.resolve(null)),
      size,
      dimension: start.dimension,
      name: `vecfsck-drill-batches-${run}-${size}`,
      sources,
      clockMs,
      signal,
    });
    results.push(result);
    await options.onResult?.(result);
    if (result.state !== "good") break;
  }
  const elapsedMs = Math.round(clockMs() - startedMs);
  return { start, results, recommendedSize: recommend(results), elapsedMs };
}

async function describeStart(server: ChromaHttp, options: MeasuredOptions): Promise<BatchStart> {
  const collections = await server.listCollections();
  if (options.server === null) await loadIndexes(server, collections);
  const maxBatchSize = await server.readMaxBatchSize();
  const dimensions = collections.flatMap(({ dimension }) => dimension ?? []);
  const dimension = options.dimension ?? (Math.max(0, ...dimensions) || DEFAULT_DIMENSION);
  return {
    store: options.store?.path ?? null,
    server: options.server,
    version: await server.readVersion(),
    dimension,
    maxBatchSize,
    sizes: chooseSizes(maxBatchSize, options.maxSize, dimension),
  };
}

/** A server at work has the indexes in memory; one that has just started has none of them. */
async function loadIndexes(
  server: ChromaHttp,
  collections: readonly ServerCollection[],
): Promise<void> {
  for (const { id, dimension } of collections) {
    try {
      if (dimension !== null) await server.query(id, makeVector(0, dimension));
    } catch (error) {
      // A collection that cannot be searched takes no memory.
      if (!(error instanceof RefusedError)) throw error;
    }
  }
}

/**
 * Chooses the sizes that are tried: 10, 20, 50, 100 and so on, up to the largest.
 *
 * @param maxBatchSize How many records the server takes at once, as it says.
 * @param maxSize The largest size that was asked for.
 * @param dimension How many components a vector has.
 * @returns The sizes, the smallest first.
 */
export function chooseSizes(
  maxBatchSize: number | null,
  maxSize: number | undefined,
  dimension: number,
): number[] {
  const requested = Math.min(maxBatchSize ?? Infinity, maxSize ?? DEFAULT_MAX_SIZE);
  const fitting = Math.floor(MOST_REQUEST_BYTES / (COMPONENT_BYTES * dimension + RECORD_BYTES));
  const most = Math.max(1, Math.min(requested, fitting));
  const ladder = [1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  return [...ladder.filter((size) => size < most), most];
}

/** The smallest size at which a record takes hardly longer than at the best. */
function recommend(results: readonly BatchResult[]): number | null {
  const good = results.filter(({ state }) => state === "good");
  const best = Math.min(...good.map(({ perRecordMs }) => perRecordMs ?? Infinity));
  const first = good.find(({ perRecordMs }) => (perRecordMs ?? Infinity) <= HARDLY_LONGER * best);
  return first?.size ?? null;
}

function createShortResult(size: number): BatchResult {
  return {
    size,
    batches: 0,
    state: "short",
    says: "memory is short already",
    lostRecords: 0,
    perRecordMs: null,
    slowestBatchMs: null,
    usedBeforeBytes: null,
    usedPeakBytes: null,
    swappedPages: null,
  };
}

/** What went wrong before anything was measured. */
function toServerError(error: unknown): unknown {
  const isServers = error instanceof RefusedError || error instanceof FieldError ||
    // What `fetch` throws, and its deadline.
    error instanceof TypeError || error instanceof DOMException;
  if (!isServers) return error;
  return new OperationError("read-failed", `The server cannot be asked: ${error.message}`, {
    hint: "Look whether it runs and can be reached, and at its log.",
    cause: error,
  });
}
