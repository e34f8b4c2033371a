/**
 * Where what is known of the machine comes from, as far as the permissions that were granted reach:
 * nothing is asked for.
 *
 * | source                                  | permission                     | what it tells          |
 * | --------------------------------------- | ------------------------------ | ---------------------- |
 * | `/proc/pressure/memory`                 | `--allow-read`; Linux alone    | waiting for memory     |
 * | `Deno.systemMemoryInfo`                 | `--allow-sys=systemMemoryInfo` | the machine's memory   |
 * | `process.constrainedMemory`             | `--allow-sys=systemMemoryInfo` | the limit of a cgroup  |
 * | `/proc/self/cgroup`, `/sys/fs/cgroup`   | `--allow-all`; Linux alone     | what a cgroup has used |
 * | `/proc/vmstat`                          | `--allow-all`; Linux alone     | pages that were swapped |
 *
 * The runtime gives the last two to nobody who lacks all permissions, for `/proc` and `/sys` tell
 * more than `--allow-read` promises.
 *
 * @module
 */

import { constrainedMemory } from "../base/node_library.ts";

/** The memory of a machine and its swap. */
export interface MemoryInformation {
  /** How much memory there is. */
  readonly totalBytes: number;
  /** How much a program can still get: what is free, and what the system can take back. */
  readonly availableBytes: number;
  /** How much swap there is. */
  readonly swapTotalBytes: number;
  /** How much of it is free. */
  readonly swapFreeBytes: number;
}

/** Where what is known of a machine comes from; a source that may not be asked gives null. */
export interface MachineSources {
  /** Reads a file of the kernel. */
  readonly readText: (path: string) => string | null;
  /** Asks for the memory of the machine. */
  readonly readMemory: () => MemoryInformation | null;
  /** Asks the runtime for the limit of this process's control group. */
  readonly readLimitBytes: () => number | null;
  /** Tells how much memory this process has. */
  readonly readResidentBytes: () => number;
}

/** This machine. */
export const thisMachine: MachineSources = {
  readText: (path) => {
    if (Deno.build.os !== "linux") return null;
    try {
      return Deno.readTextFileSync(path);
    } catch {
      // Kernels without it, containers that hide it, permissions that are missing: not known.
      return null;
    }
  },
  readMemory: () => {
    if (!mayReadMemory()) return null;
    const { total, available, swapTotal, swapFree } = Deno.systemMemoryInfo();
    return {
      totalBytes: total,
      availableBytes: available,
      swapTotalBytes: swapTotal,
      swapFreeBytes: swapFree,
    };
  },
  readLimitBytes: () => mayReadMemory() ? constrainedMemory() : null,
  readResidentBytes: () => Deno.memoryUsage().rss,
};

/** A machine that nothing is known of, such as another one. */
export const unknownMachine: MachineSources = {
  readText: () => null,
  readMemory: () => null,
  readLimitBytes: () => null,
  readResidentBytes: () => 0,
};

function mayReadMemory(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" }).state === "granted";
}
