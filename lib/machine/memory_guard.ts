/**
 * Whether there is memory enough to go on: for programs that write a lot, and would rather wait than
 * be ended by the kernel, or have the machine swap.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatBytes, formatDuration } from "../base/format.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { measureMemory, readPressure } from "./memory.ts";
import { type MachineSources, thisMachine } from "./sources.ts";

/** What a {@linkcode MemoryGuard} says. */
export interface MemoryState {
  /** Whether there is memory enough; `unknown` where nothing may be read of it. */
  readonly state: "ok" | "short" | "unknown";
  /**
   * What that follows from: the `machine`'s memory, the limit of the `cgroup` that this process is
   * in, or the `pressure`, which is programs waiting for memory; null where nothing is known.
   */
  readonly source: "machine" | "cgroup" | "pressure" | null;
  /** The share that is used, by the tighter one of machine and control group; null if unknown. */
  readonly usedRatio: number | null;
  /** How much there is, by that one. */
  readonly totalBytes: number | null;
  /** How much of it can still be used. */
  readonly availableBytes: number | null;
  /** The share of the last ten seconds in which something waited for memory; null if unknown. */
  readonly pressureRatio: number | null;
}

/** How a {@linkcode MemoryGuard} judges. */
export interface MemoryGuardSettings {
  /** The share of the memory that may be used, from 0 to 1; 0.8 when left out. */
  maxUsedRatio?: number;
  /** The share of the time in which programs may wait for memory, from 0 to 1; 0.2 when left out. */
  maxPressureRatio?: number;
  /** How long to wait for memory at the most; ten minutes when left out. */
  timeoutMs?: number;
  /** Told once, in a sentence, what may not be read and which permission would change that. */
  onNotice?: (notice: string) => void;
}

/** How to wait for memory. */
export interface MemoryWaitOptions {
  /** Ends the waiting, with its reason as the error. */
  signal?: AbortSignal;
  /** How long to wait at the most; what the guard was made with when left out. */
  timeoutMs?: number;
}

/** Says whether there is memory enough to go on. */
export interface MemoryGuard {
  /** Looks at the memory. */
  state(): MemoryState;
  /**
   * Waits while memory is short; does not wait where that is not known.
   *
   * @param options How long.
   * @returns What ended the waiting.
   * @throws {OperationError} `no-memory`: it was still short at the end of the time.
   */
  waitUntilFree(options?: MemoryWaitOptions): Promise<MemoryState>;
}

/** How it is looked at within this program. */
export interface MemoryGuardWorld {
  /** The machine. */
  readonly sources?: MachineSources;
  /** A clock in milliseconds that only goes forward. */
  readonly clockMs?: () => number;
  /** How to wait; ends early when the signal says so. */
  readonly pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 600_000;

/** Between two looks; the pauses double up to the longest one. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/**
 * Makes a guard that says whether there is memory enough to go on. The tighter one of the machine
 * and this process's control group counts; what the system can take back at once, such as pages of
 * files, does not count as used. Nothing is asked for: under `--allow-read` alone Linux tells how
 * long programs wait for memory, with `--allow-sys=systemMemoryInfo` the rest is known.
 *
 * @example
 * ```ts
 * import { memoryGuard } from "@vecfsck/vecfsck";
 *
 * const memory = memoryGuard({ maxUsedRatio: 0.8, onNotice: (notice) => console.warn(notice) });
 * const { state, usedRatio } = memory.state();
 * console.log(state, usedRatio); // "ok" 0.31
 * if (state === "short") await memory.waitUntilFree({ timeoutMs: 60_000 });
 * ```
 *
 * @param settings When memory is short.
 * @returns The guard.
 * @throws {OperationError} `usage`: a ratio is none.
 */
export function memoryGuard(settings: MemoryGuardSettings = {}): MemoryGuard {
  return createMemoryGuard(settings);
}

/**
 * Makes a guard as {@linkcode memoryGuard} does, in a world that the caller gives.
 *
 * @param settings When memory is short.
 * @param world The machine, the clock.
 * @returns The guard.
 * @throws {OperationError} `usage`: a ratio is none.
 */
export function createMemoryGuard(
  settings: MemoryGuardSettings,
  world: MemoryGuardWorld = {},
): MemoryGuard {
  return new MachineMemoryGuard(settings, world);
}

class MachineMemoryGuard implements MemoryGuard {
  readonly #maxUsedRatio: number;
  readonly #maxPressureRatio: number;
  readonly #timeoutMs: number;
  readonly #world: Required<MemoryGuardWorld>;
  #onNotice: ((notice: string) => void) | undefined;

  constructor(settings: MemoryGuardSettings, world: MemoryGuardWorld) {
    this.#maxUsedRatio = requireRatio("maxUsedRatio", settings.maxUsedRatio ?? 0.8);
    this.#maxPressureRatio = requireRatio("maxPressureRatio", settings.maxPressureRatio ?? 0.2);
    this.#timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#onNotice = settings.onNotice;
    this.#world = {
      sources: world.sources ?? thisMachine,
      clockMs: world.clockMs ?? (() => performance.now()),
      pause: world.pause ?? pauseUnlessAborted,
    };
  }

  state(): MemoryState {
    const { sources } = this.#world;
    const pressureRatio = readPressure(sources, "avg10");
    const [tightest] = measureMemory(sources)
      .map((measure) => ({
        ...measure,
        usedRatio: 1 - measure.availableBytes / measure.totalBytes,
      }))
      .toSorted((left, right) => right.usedRatio - left.usedRatio);
    this.#tellOnce(tightest === undefined, pressureRatio);
    const isWaitedFor = pressureRatio !== null && pressureRatio > this.#maxPressureRatio;
    if (tightest === undefined) {
      return {
        state: pressureRatio === null ? "unknown" : isWaitedFor ? "short" : "ok",
        source: pressureRatio === null ? null : "pressure",
        usedRatio: null,
        totalBytes: null,
        availableBytes: null,
        pressureRatio,
      };
    }
    const isFull = tightest.usedRatio > this.#maxUsedRatio;
    return {
      state: isFull || isWaitedFor ? "short" : "ok",
      source: isWaitedFor && !isFull ? "pressure" : tightest.source,
      usedRatio: tightest.usedRatio,
      totalBytes: tightest.totalBytes,
      availableBytes: tightest.availableBytes,
      pressureRatio,
    };
  }

  async waitUntilFree(options: MemoryWaitOptions = {}): Promise<MemoryState> {
    const { signal, timeoutMs = this.#timeoutMs } = options;
    const { clockMs, pause } = this.#world;
    const startedMs = clockMs();
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      signal?.throwIfAborted();
      const state = this.state();
      if (state.state !== "short") return state;
      const leftMs = timeoutMs - (clockMs() - startedMs);
      if (leftMs <= 0) throw createShortError(state, timeoutMs);
      await pause(Math.min(pauseMs, leftMs), signal);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }

  #tellOnce(isAmountUnknown: boolean, pressureRatio: number | null): void {
    const tell = this.#onNotice;
    if (!isAmountUnknown || tell === undefined) return;
    this.#onNotice = undefined;
    const rest = pressureRatio === null
      ? "nothing is known of it"
      : "only whether programs wait for it is known";
    tell(
      `How much memory is used may not be read, and ${rest}; ` +
        "--allow-sys=systemMemoryInfo grants it.",
    );
  }
}

function requireRatio(name: string, ratio: number): number {
  if (ratio > 0 && ratio <= 1) return ratio;
  throw new OperationError("usage", `${name} is no share of the whole: ${ratio}`, {
    hint: "Give a number above 0, and 1 at the most.",
  });
}

function createShortError(
  { source, usedRatio, availableBytes, pressureRatio }: MemoryState,
  timeoutMs: number,
): OperationError {
  const amount = source === "pressure" || usedRatio === null || availableBytes === null
    ? `programs waited for it ${toPercent(pressureRatio ?? 0)} of the time`
    : `${toPercent(usedRatio)} of what the ${source === "cgroup" ? "control group" : "machine"} ` +
      `has is used, ${formatBytes(availableBytes)} is left`;
  return new OperationError(
    "no-memory",
    `Memory is still short after ${formatDuration(timeoutMs)}: ${amount}`,
    { hint: "End what takes the memory, give more of it, or allow a higher maxUsedRatio." },
  );
}

function toPercent(ratio: number): string {
  return `${Math.round(100 * ratio)} %`;
}
