/**
 * Where a file of a store is, and where its copy goes.
 *
 * @module
 */

import { join } from "@std/path";
import { toOperationError } from "../base/errors.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CopyPaths } from "./copy_entry.ts";

/** Makes paths of names that are relative to the store, with forward slashes. */
export class CopyPlaces {
  readonly #fs: WriteFs;
  readonly #store: string;
  readonly #target: string;

  /** Takes the store and the directory of the copy. */
  constructor(fs: WriteFs, store: string, target: string) {
    this.#fs = fs;
    this.#store = store;
    this.#target = target;
  }

  /** Both, the source with every link resolved. */
  pathsOf(name: string): CopyPaths {
    return { source: this.sourceOf(name), target: this.targetOf(name) };
  }

  /** The file, with every link resolved. */
  sourceOf(name: string): string {
    try {
      return this.#fs.resolve(this.inStore(name));
    } catch (error) {
      throw toOperationError(error, this.inStore(name));
    }
  }

  /** The file, as the store names it. */
  inStore(name: string): string {
    return join(this.#store, ...name.split("/"));
  }

  /** The copy. */
  targetOf(name: string): string {
    return join(this.#target, ...name.split("/"));
  }
}
