/**
 * What is known of the machine, as far as the permissions that were granted reach: nothing is asked
 * for.
 *
 * | source                   | permission                     | what it tells                        |
 * | ------------------------ | ------------------------------ | ------------------------------------ |
 * | `Deno.systemMemoryInfo`  | `--allow-sys=systemMemoryInfo` | how much there is, and is available  |
 * | `/proc/pressure/memory`  | `--allow-read`; Linux alone    | how long programs wait for memory    |
 * | statfs                   | `--allow-sys=statfs`           | how much of the disk is free         |
 *
 * @module
 */

import type { MemoryStatus } from "./system_status.ts";
import type { WriteFs } from "../fs/write_fs.ts";

const PRESSURE_PATH = "/proc/pressure/memory";

/** `some`: at least one program waits. The average is in per cent, over 60 seconds. */
const PRESSURE = /^some .*\bavg60=(\d+(?:\.\d+)?)/m;

/**
 * Reads the memory of the machine.
 *
 * @returns What may be read of it.
 */
export function readMemory(): MemoryStatus {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" });
  const info = state === "granted" ? Deno.systemMemoryInfo() : null;
  return {
    totalBytes: info?.total ?? null,
    availableBytes: info?.available ?? null,
    pressureRatio: parsePressure(readPressure()),
  };
}

function readPressure(): string {
  if (Deno.build.os !== "linux") return "";
  try {
    return Deno.readTextFileSync(PRESSURE_PATH);
  } catch {
    // Kernels without it, containers that hide it: then it is not known.
    return "";
  }
}

/**
 * Takes the share of the last minute in which something waited for memory out of the kernel's text.
 *
 * @param text What `/proc/pressure/memory` says.
 * @returns From 0 to 1, or null where it does not tell.
 */
export function parsePressure(text: string): number | null {
  const [, percent] = PRESSURE.exec(text) ?? [];
  return percent === undefined ? null : Number(percent) / 100;
}

/**
 * Tells how much can still be written where a store is.
 *
 * @param fs The file system.
 * @param store The store.
 * @returns The bytes; null where that may not be asked, or the system does not tell.
 */
export function readDiskFree(fs: WriteFs, store: string): number | null {
  try {
    return fs.freeBytes(store);
  } catch {
    return null;
  }
}
