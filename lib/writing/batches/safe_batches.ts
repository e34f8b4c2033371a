/**
 * Items in batches of a size that a server can bear, taken no faster than memory allows.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { type MemoryGuard, memoryGuard } from "../../machine/memory_guard.ts";
import { type BatchReader, type BatchSource, openSource } from "./batch_source.ts";

/** How many items a batch has when nothing else is said. */
export const DEFAULT_BATCH_SIZE = 10;

/** No batch is larger: one is in memory whole. */
export const MOST_BATCH_SIZE = 100_000;

/** How items are put into batches. */
export interface BatchSettings {
  /** How many items a batch has at the most; 10 when left out. */
  size?: number;
  /** Who is asked for memory before each batch; {@linkcode memoryGuard} when left out, null: nobody. */
  memory?: MemoryGuard | null;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/**
 * Gives items in batches. Before each batch it waits while memory is short, and no item is read
 * before it is needed, so that a source of any length takes the memory of one batch.
 *
 * @example
 * ```ts
 * import { safeBatches } from "@vecfsck/vecfsck";
 *
 * const words = ["one", "two", "three", "four", "five"];
 * for await (const batch of safeBatches(words, { size: 2 })) {
 *   console.log(batch); // ["one", "two"], then ["three", "four"], then ["five"]
 * }
 * ```
 *
 * @param items A list, anything that can be iterated, or pages of items.
 * @param settings How large a batch is, and who is asked for memory.
 * @returns The batches, none of them empty.
 * @throws {OperationError} `usage`: the size is none. `no-memory`: memory stays short.
 * `read-failed`: a page is empty before the end. `cancelled`.
 */
export async function* safeBatches<Item>(
  items: BatchSource<Item>,
  settings: BatchSettings = {},
): AsyncGenerator<Item[], void, undefined> {
  const { size = DEFAULT_BATCH_SIZE, signal } = settings;
  requireBatchSize(size);
  const reader = openSource(items);
  try {
    yield* takeBatches(reader, { size, memory: guardOf(settings), signal });
  } finally {
    await reader.close();
  }
}

/** How batches are taken out of a source that is open. */
export interface TakeOptions {
  /** How many items a batch has at the most. */
  readonly size: number;
  /** Who is asked for memory. */
  readonly memory: MemoryGuard | null;
  /** Ends the work. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Gives the rest of a source in batches.
 *
 * @param reader The source.
 * @param options How large a batch is.
 * @returns The batches.
 * @throws {OperationError} As {@linkcode safeBatches} does.
 */
export async function* takeBatches<Item>(
  reader: BatchReader<Item>,
  { size, memory, signal }: TakeOptions,
): AsyncGenerator<Item[], void, undefined> {
  for (;;) {
    await waitForMemory(memory, signal);
    const batch = await reader.take(size);
    throwIfStopped(signal);
    if (batch.length === 0) return;
    yield batch;
  }
}

/** Gives the guard that is to be asked. */
export function guardOf({ memory }: Pick<BatchSettings, "memory">): MemoryGuard | null {
  return memory === undefined ? memoryGuard() : memory;
}

/** Waits while memory is short. */
export async function waitForMemory(
  memory: MemoryGuard | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  throwIfStopped(signal);
  if (memory === null) return;
  try {
    await memory.waitUntilFree(signal === undefined ? {} : { signal });
  } catch (error) {
    throwIfStopped(signal);
    throw error;
  }
}

/** Ends work whose signal was aborted. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  const { reason } = signal;
  if (reason instanceof OperationError) throw reason;
  throw new OperationError("cancelled", "The work was cancelled", { cause: reason });
}

/**
 * Makes sure that batches can have a size.
 *
 * @param size The size.
 * @throws {OperationError} `usage`: they cannot.
 */
export function requireBatchSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= MOST_BATCH_SIZE) return;
  throw new OperationError("usage", `A batch cannot have ${size} items`, {
    hint: `Give a whole number from 1 to ${MOST_BATCH_SIZE}.`,
  });
}
