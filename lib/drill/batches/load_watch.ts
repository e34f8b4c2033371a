/**
 * Watching what the machine does while something else works: its memory and its swap.
 *
 * @module
 */

import { countMemoryKills } from "../../machine/cgroup.ts";
import { measureMemory } from "../../machine/memory.ts";
import type { MachineSources } from "../../machine/sources.ts";
import { readSwapActivity, readSwapUsedBytes } from "../../machine/swap.ts";

/** How often is looked. */
const INTERVAL_MS = 100;

/** What most systems have for a page; only the amount of swap in use is told in bytes. */
const PAGE_SIZE_BYTES = 4096;

/** What was seen; null where it may not be read. */
export interface SeenLoad {
  /** How much memory was used at the beginning. */
  readonly usedBeforeBytes: number | null;
  /** How much at the most. */
  readonly usedPeakBytes: number | null;
  /** How many pages were written to the swap. */
  readonly swappedPages: number | null;
}

/** Looks at the machine again and again, until it is disposed of. */
export class LoadWatch implements Disposable {
  readonly #sources: MachineSources;
  readonly #usedBeforeBytes: number | null;
  readonly #pagesBefore: number | null;
  readonly #killsBefore: number | null;
  readonly #timer: ReturnType<typeof setInterval>;
  #usedPeakBytes: number | null;

  /** Begins to look. */
  constructor(sources: MachineSources) {
    this.#sources = sources;
    this.#usedBeforeBytes = this.#readUsed();
    this.#usedPeakBytes = this.#usedBeforeBytes;
    this.#pagesBefore = this.#readPages();
    this.#killsBefore = countMemoryKills(sources);
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
  }

  /** What was seen so far. */
  get seen(): SeenLoad {
    this.#look();
    const pages = this.#readPages();
    const before = this.#pagesBefore;
    return {
      usedBeforeBytes: this.#usedBeforeBytes,
      usedPeakBytes: this.#usedPeakBytes,
      swappedPages: pages === null || before === null ? null : Math.max(0, pages - before),
    };
  }

  /** Whether it is known that the kernel has ended a process for want of memory. */
  get hasKilled(): boolean {
    const kills = countMemoryKills(this.#sources);
    return kills !== null && this.#killsBefore !== null && kills > this.#killsBefore;
  }

  /** Ends the looking. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const used = this.#readUsed();
    if (used !== null) this.#usedPeakBytes = Math.max(used, this.#usedPeakBytes ?? 0);
  }

  /** A server need not be in the group of this process: it is the machine that is looked at. */
  #readUsed(): number | null {
    const measures = measureMemory(this.#sources);
    const measure = measures.find(({ source }) => source === "machine") ?? measures[0];
    return measure === undefined ? null : measure.totalBytes - measure.availableBytes;
  }

  #readPages(): number | null {
    const activity = readSwapActivity(this.#sources);
    if (activity !== null) return activity.pagesOut;
    const usedBytes = readSwapUsedBytes(this.#sources);
    return usedBytes === null ? null : Math.round(usedBytes / PAGE_SIZE_BYTES);
  }
}
