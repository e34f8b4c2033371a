/**
 * What a store holds, whatever the layout in which it is stored.
 *
 * @module
 */

import { Turns } from "../base/turns.ts";
import type { CollectionContents } from "../model/store.ts";
import { formatByName, requireStore } from "../stores/registry.ts";
import { orCancelled, throwIfCancelled } from "./cancelled.ts";
import { runTasks } from "./run_tasks.ts";

/** How contents are read. */
export interface ContentsOptions {
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** Ends the reading; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
}

/**
 * Reads what the collections of a store hold: records, vectors, and a hash over ids, vectors,
 * documents and metadata that two stores share exactly when they hold the same, however differently
 * they are laid out. Nothing in the store is written.
 *
 * The store is expected to be whole. What a damaged one holds is told as far as it can be read: a
 * record whose vector is lost is counted among the records and not among the vectors.
 *
 * @param path The store's directory, or an export file.
 * @param options A signal, how many threads work, and the key of an encrypted export.
 * @returns The collections, sorted by name, then by id.
 * @throws {OperationError} There is no store, or it cannot be read or is in use.
 */
export async function readStoreContents(
  path: string,
  options: ContentsOptions = {},
): Promise<readonly CollectionContents[]> {
  throwIfCancelled(options.signal);
  const key = options.key ?? null;
  const store = requireStore(path, { files: true, hasKey: key !== null });
  const format = formatByName(store.format);
  const plan = await orCancelled(
    async () => await format.planContents(store, { key }, new Turns(options.signal)),
    options.signal,
  );
  try {
    const { results, failures } = await runTasks(format, plan.tasks, {
      jobs: options.jobs ?? navigator.hardwareConcurrency,
      signal: options.signal,
      onRead: () => {},
    });
    const [failure] = failures;
    if (failure !== undefined) throw failure;
    return results.flatMap(({ contents }) => contents ?? []).sort(compareContents);
  } finally {
    plan.release();
  }
}

function compareContents(left: CollectionContents, right: CollectionContents): number {
  return compareTexts(left.name, right.name) || compareTexts(left.id, right.id);
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
