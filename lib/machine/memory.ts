/**
 * The memory of the machine, and of the control group that this process is in.
 *
 * @module
 */

import { type CgroupMemory, readCgroupMemory } from "./cgroup.ts";
import { type MachineSources, thisMachine } from "./sources.ts";

/** The memory of the machine; what may not be read of it is null. */
export interface MemoryStatus {
  /** How much there is. */
  readonly totalBytes: number | null;
  /** How much a program can still get. */
  readonly availableBytes: number | null;
  /** The share of the last minute in which something waited for memory. */
  readonly pressureRatio: number | null;
  /** How much the control group of this process may take; null where none limits it as well. */
  readonly limitBytes: number | null;
  /** How much of that is used and cannot be given back at once. */
  readonly limitUsedBytes: number | null;
}

/** How long the kernel's averages of waiting look back. */
export type PressureWindow = "avg10" | "avg60" | "avg300";

const PRESSURE_PATH = "/proc/pressure/memory";

/** Where no group limits the memory, the runtime gives a number near the largest there is. */
const NO_LIMIT_BYTES = 2 ** 60;

/**
 * Reads the memory of the machine.
 *
 * @param sources The machine; this one by default.
 * @returns What may be read of it.
 */
export function readMemory(sources: MachineSources = thisMachine): MemoryStatus {
  const machine = sources.readMemory();
  const group = readCgroupMemory(sources);
  return {
    totalBytes: machine?.totalBytes ?? null,
    availableBytes: machine?.availableBytes ?? null,
    pressureRatio: readPressure(sources, "avg60"),
    limitBytes: group?.limitBytes ?? readLimitBytes(sources),
    limitUsedBytes: group?.usedBytes ?? null,
  };
}

/**
 * Reads the share of the time in which at least one program waited for memory.
 *
 * @param sources The machine.
 * @param window How long the kernel looks back.
 * @returns From 0 to 1, or null where that is not known.
 */
export function readPressure(sources: MachineSources, window: PressureWindow): number | null {
  return parsePressure(sources.readText(PRESSURE_PATH) ?? "", window);
}

/**
 * Takes the share of the time in which something waited for memory out of the kernel's text.
 *
 * @param text What `/proc/pressure/memory` says.
 * @param window How long it looks back.
 * @returns From 0 to 1, or null where it does not tell.
 */
export function parsePressure(text: string, window: PressureWindow): number | null {
  // `some`: at least one program waits. The averages are in per cent.
  const [, percent] = new RegExp(`^some .*\\b${window}=(\\d+(?:\\.\\d+)?)`, "m").exec(text) ?? [];
  return percent === undefined ? null : Number(percent) / 100;
}

/**
 * Reads what share of the memory is used, by each measure that may be read.
 *
 * @param sources The machine.
 * @returns The measures; none where nothing may be read.
 */
export function measureMemory(sources: MachineSources): MemoryMeasure[] {
  const measures = [measureMachine(sources), measureCgroup(sources)];
  return measures.filter((measure) => measure !== null);
}

/** How much is used of what may be used. */
export interface MemoryMeasure {
  /** Whose memory that is. */
  readonly source: "machine" | "cgroup";
  /** How much may be used. */
  readonly totalBytes: number;
  /** How much can still be used. */
  readonly availableBytes: number;
}

function measureMachine(sources: MachineSources): MemoryMeasure | null {
  const memory = sources.readMemory();
  if (memory === null || memory.totalBytes <= 0) return null;
  const { totalBytes, availableBytes } = memory;
  return { source: "machine", totalBytes, availableBytes };
}

function measureCgroup(sources: MachineSources): MemoryMeasure | null {
  const { limitBytes, usedBytes } = readCgroupMemory(sources) ?? measureOwnShare(sources) ?? {};
  if (limitBytes === undefined || usedBytes === undefined) return null;
  const availableBytes = Math.max(0, limitBytes - usedBytes);
  return { source: "cgroup", totalBytes: limitBytes, availableBytes };
}

/** Where only the limit is known: this process is in the group, so at least its memory is used. */
function measureOwnShare(sources: MachineSources): Omit<CgroupMemory, "version"> | null {
  const limitBytes = readLimitBytes(sources);
  return limitBytes === null ? null : { limitBytes, usedBytes: sources.readResidentBytes() };
}

function readLimitBytes(sources: MachineSources): number | null {
  const limitBytes = sources.readLimitBytes();
  return limitBytes === null || limitBytes <= 0 || limitBytes >= NO_LIMIT_BYTES ? null : limitBytes;
}
