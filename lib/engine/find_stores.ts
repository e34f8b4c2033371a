/**
 * Finding the stores below a directory.
 *
 * @module
 */

import { join } from "@std/path";
import { type OperationError, toOperationError } from "../base/errors.ts";
import { BACKUPS_SUFFIX, WORK_DIRECTORY_SUFFIX } from "../fs/work_directory.ts";
import type { DetectedStore } from "../model/store.ts";
import { detectStore } from "../stores/registry.ts";

/** How the names of directories end in which vecfsck keeps copies and parts of stores. */
const OUR_SUFFIXES: readonly string[] = [WORK_DIRECTORY_SUFFIX, BACKUPS_SUFFIX];

/** How stores are looked for. */
export interface FindOptions {
  /** Is told of a directory that cannot be looked into; the walk goes on. Without it, it ends. */
  onError?: (error: OperationError) => void;
}

/**
 * Walks a directory and yields every store in it, the directory itself included.
 *
 * Symbolic links are not followed, so that no loop can hold the walk, and nothing is looked for
 * inside a store, nor in the work directories and the backups that vecfsck keeps beside stores.
 *
 * @param path The directory at which the walk begins.
 * @param options Who is told of directories that cannot be looked into.
 * @yields The stores, in the order of their paths.
 * @throws {OperationError} A directory cannot be looked into, and nobody is told of it.
 */
export async function* findStores(
  path: string,
  options: FindOptions = {},
): AsyncGenerator<DetectedStore, void, undefined> {
  // The next one is the last of them: a tree may be deeper than functions can be nested.
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    let store: DetectedStore | null = null;
    try {
      store = detectStore(next);
      if (store === null) {
        for (const name of (await listDirectories(next)).reverse()) waiting.push(join(next, name));
      }
    } catch (error) {
      const failure = toOperationError(error, next);
      if (options.onError === undefined) throw failure;
      options.onError(failure);
    }
    if (store !== null) yield store;
  }
}

async function listDirectories(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(path)) {
    if (isDirectory && !OUR_SUFFIXES.some((suffix) => name.endsWith(suffix))) names.push(name);
  }
  return names.sort();
}
