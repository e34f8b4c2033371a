/**
 * Finding the stores below a directory.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../base/errors.ts";
import type { DetectedStore } from "../model/store.ts";
import { detectStore } from "../stores/registry.ts";

/**
 * Walks a directory and yields every store in it, the directory itself included.
 *
 * Symbolic links are not followed, so that no loop can hold the walk, and nothing is looked for
 * inside a store.
 *
 * @param path The directory at which the walk begins.
 * @yields The stores, in the order of their paths.
 * @throws {OperationError} A directory cannot be listed.
 */
export async function* findStores(path: string): AsyncGenerator<DetectedStore, void, undefined> {
  const store = detectStore(path);
  if (store !== null) {
    yield store;
    return;
  }
  for (const name of await listDirectories(path)) {
    yield* findStores(join(path, name));
  }
}

async function listDirectories(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    throw toOperationError(error, path);
  }
  return names.sort();
}
