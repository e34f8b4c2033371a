/**
 * The memory of the machine, as a watch sees it.
 *
 * @module
 */

import { measureMemory, readPressure } from "../machine/memory.ts";
import { thisMachine } from "../machine/sources.ts";
import type { WatchNotes } from "../status/watch_notes.ts";
import type { EventTeller } from "./events/event_teller.ts";
import type { MemoryReading } from "./monitor_types.ts";
import { Threshold } from "./threshold.ts";
import type { MemoryPlan } from "./configuration/watch_configuration.ts";

/** From which share of the last minute on, in which something waited for memory, it is short. */
const MOST_PRESSURE_RATIO = 0.2;

/** By how much it has to be better to be enough again. */
const EASED_RATIO = 0.05;

/** Looks at the memory, and tells when it becomes short. */
export class MemoryWatch {
  readonly #read: () => MemoryReading;
  readonly #teller: EventTeller;
  readonly #threshold = new Threshold();

  /** Takes how it is read, and who is told. */
  constructor(read: () => MemoryReading, teller: EventTeller) {
    this.#read = read;
    this.#teller = teller;
  }

  /**
   * Looks at the memory.
   *
   * @param plan From when on it is short.
   * @returns What is noted down of it.
   */
  look({ maxUsedRatio }: MemoryPlan): WatchNotes["memory"] {
    const { usedRatio, pressureRatio } = this.#read();
    const used = usedRatio ?? 0;
    const pressure = pressureRatio ?? 0;
    const isUnknown = usedRatio === null && pressureRatio === null;
    const isShort = used > maxUsedRatio || pressure > MOST_PRESSURE_RATIO;
    const isEased = used <= maxUsedRatio - EASED_RATIO &&
      pressure <= MOST_PRESSURE_RATIO - EASED_RATIO;
    const crossing = this.#threshold.update(isUnknown ? null : isShort, isEased);
    if (crossing !== null) {
      const why = usedRatio === null
        ? `something waited for it in ${percent(pressure)} of the last minute`
        : `${percent(used)} of it are in use, ${percent(maxUsedRatio)} may be`;
      const what = crossing === "short" ? "Memory is short" : "There is enough memory again";
      const details = { usedRatio, maxUsedRatio, pressureRatio };
      this.#teller.tell(`memory-${crossing}`, null, `${what}: ${why}`, details);
    }
    return { usedRatio, isShort: this.#threshold.isShort };
  }
}

/**
 * Reads how much memory is left, as far as the permissions reach.
 *
 * @returns What is known.
 */
export function readMachineMemory(): MemoryReading {
  const used = measureMemory(thisMachine).map(({ totalBytes, availableBytes }) =>
    1 - availableBytes / totalBytes
  );
  return {
    usedRatio: used.length === 0 ? null : Math.min(1, Math.max(0, ...used)),
    pressureRatio: readPressure(thisMachine, "avg60"),
  };
}

function percent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
