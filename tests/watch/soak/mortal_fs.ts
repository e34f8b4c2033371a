/**
 * The real file system for a process that can be killed at any operation, on a disk that has bad
 * hours.
 *
 * @module
 */

import { withoutSync } from "../../../lib/drill/unsynced_fs.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import type { HeldLock, WriteFs } from "../../../lib/fs/write_fs.ts";
import { interceptWrites, type Substitute } from "../../support/fault_fs.ts";
import { systemError, withoutStack } from "../../support/memory_fs.ts";

/** The process was killed: thrown by every operation from then on. */
export class Killed extends Error {}

/** What goes wrong while the disk has a bad hour. */
export const DISK_FAULTS = ["ENOSPC", "EIO", "EACCES", "short"] as const;

/** What goes wrong. */
export type DiskFault = typeof DISK_FAULTS[number];

/** The disk, which outlives every process. */
export class BadDisk {
  #fault: DiskFault | null = null;
  #passes = 0;
  #left = 0;
  /** How many operations have failed. */
  failed = 0;

  /** Has operations fail: after so many that do not, so many. */
  turnBad(fault: DiskFault, passes: number, count: number): void {
    [this.#fault, this.#passes, this.#left] = [fault, passes, count];
  }

  /** Is well again. */
  recover(): void {
    this.#fault = null;
  }

  /** Is asked before every operation. */
  judge(name: string, paths: readonly string[]): Substitute {
    if (this.#fault === null || this.#left === 0) return "as-it-is";
    if (this.#passes > 0) {
      this.#passes--;
      return "as-it-is";
    }
    this.#left--;
    const fault = this.#fault;
    if (fault === "short") return name === "write" ? "short" : "as-it-is";
    this.failed++;
    throw withoutStack(() => systemError(fault, `injected into ${name} ${paths.join(" ")}`));
  }
}

/** What one process sees of the disk. */
export class MortalFs {
  /** The files. */
  readonly fs: WriteFs;
  readonly #locks = new Set<HeldLock>();
  readonly #died = Promise.withResolvers<void>();
  #operationsLeft = Infinity;
  #isDead = false;

  /** Begins with a process that lives. */
  constructor(disk: BadDisk) {
    const writing = interceptWrites(withoutSync(localFs), ({ name, paths }) => {
      if (this.#operationsLeft-- <= 0) this.kill();
      this.#live();
      return disk.judge(name, paths);
    });
    const operations = Object.entries(writing).map(([name, operation]) => [
      name,
      (...operands: never[]) => {
        this.#live();
        return (operation as (...operands: never[]) => unknown)(...operands);
      },
    ]);
    const fs = Object.fromEntries(operations) as WriteFs;
    this.fs = { ...fs, tryLock: (path) => this.#lock(fs.tryLock(path)) };
  }

  /** Is fulfilled when the process is dead. */
  get died(): Promise<void> {
    return this.#died.promise;
  }

  /** Whether the process is dead. */
  get isDead(): boolean {
    return this.#isDead;
  }

  /** Kills the process before one of its next write operations. */
  killAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  /** Kills the process: nothing is written any more, and its locks are free. */
  kill(): void {
    if (this.#isDead) return;
    this.#isDead = true;
    for (const lock of this.#locks) lock.release();
    this.#died.resolve();
  }

  #live(): void {
    if (this.#isDead) throw withoutStack(() => new Killed("The process was killed"));
  }

  #lock(lock: HeldLock | null): HeldLock | null {
    if (lock === null) return null;
    this.#locks.add(lock);
    return {
      look: () => lock.look(),
      release: () => {
        // Of a dead process the system has released it already.
        if (this.#locks.delete(lock) && !this.#isDead) lock.release();
      },
    };
  }
}
