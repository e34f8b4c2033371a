/**
 * A machine that says of itself what a test wants.
 *
 * @module
 */

import type { MachineSources, MemoryInformation } from "../../lib/machine/sources.ts";

/** Makes a machine; what is left out may not be read. */
export function fakeMachine(
  { files = {}, memory = null, limitBytes = null, residentBytes = 0 }: {
    readonly files?: Readonly<Record<string, string>>;
    readonly memory?: MemoryInformation | null;
    readonly limitBytes?: number | null;
    readonly residentBytes?: number;
  },
): MachineSources {
  return {
    readText: (path) => files[path] ?? null,
    readMemory: () => memory,
    readLimitBytes: () => limitBytes,
    readResidentBytes: () => residentBytes,
  };
}

/** A machine of which so much memory is available, and that has no swap. */
export function memoryOf(totalBytes: number, availableBytes: number): MemoryInformation {
  return { totalBytes, availableBytes, swapTotalBytes: 0, swapFreeBytes: 0 };
}
