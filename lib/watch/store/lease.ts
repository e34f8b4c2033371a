/**
 * The lease by which one watch alone looks after a store: a lock that ends with its process, held for
 * as long as the watch goes on. It keeps no other verb out of the store.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../base/errors.ts";
import {
  isStillAt,
  LOCK_FILE_NAME,
  type LockedFile,
  type LockHolder,
  lockIn,
  type LockOptions,
  readHolder,
  removeLockFiles,
} from "../../fs/lock.ts";
import type { WriteFs } from "../../fs/write_fs.ts";

/** How often it is tried again when the file was removed at the moment it was locked. */
const MOST_TRIES = 20;

/** Another watch has the store. */
export interface LeaseElsewhere {
  /** Who it is, as far as it has said so. */
  readonly holder: LockHolder | null;
  /** What is known of it, for people. */
  readonly error: OperationError;
}

/** A lease that is held. */
export class Lease implements Disposable {
  readonly #fs: WriteFs;
  readonly #locked: LockedFile;
  #isReleased = false;

  private constructor(fs: WriteFs, locked: LockedFile) {
    this.#fs = fs;
    this.#locked = locked;
  }

  /**
   * Takes the lease of a store, without waiting.
   *
   * @param fs The file system.
   * @param directory The directory of the notes about the store; it exists.
   * @param store The store, for messages.
   * @param options The clock.
   * @returns The lease, or who has it.
   * @throws {unknown} The file cannot be made or locked.
   */
  static take(
    fs: WriteFs,
    directory: string,
    store: string,
    options: LockOptions = {},
  ): Lease | LeaseElsewhere {
    try {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const locked = lockIn(fs, directory, store, options);
        if (locked !== null) return new Lease(fs, locked);
      }
      throw new OperationError("busy", `Another vecfsck is at work on ${store}`, { path: store });
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== "busy") throw error;
      return { holder: readHolder(fs, join(directory, LOCK_FILE_NAME)), error };
    }
  }

  /** Who held it when it was killed; null where nobody was. */
  get previous(): LockHolder | null {
    return this.#locked.previous;
  }

  /** Whether it still keeps others out: its file may have been removed, or the disk be another. */
  isIntact(): boolean {
    const { path, lock: { look } } = this.#locked;
    if (this.#isReleased) return false;
    try {
      if (look === undefined) return this.#fs.look(path) !== null;
      return isStillAt(this.#fs, path, { look });
    } catch {
      return false;
    }
  }

  /** Ends it; does nothing the second time. */
  release(): void {
    if (this.#isReleased) return;
    if (this.isIntact()) removeLockFiles(this.#fs, this.#locked.path);
    this.#isReleased = true;
    this.#locked.lock.release();
  }

  /** Ends it at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}
