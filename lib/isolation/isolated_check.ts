/**
 * A check in a thread of its own that ends at a deadline, for programs that must not wait for a disk
 * and must not end with a check that runs out of memory.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";
import { resolve } from "@std/path";
import { waitAtMost } from "../base/wait_at_most.ts";
import type { CheckOptions } from "../engine/check_options.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";
import { reviveFailure } from "../engine/task_failure.ts";
import type { CheckAnswer, CheckOrder, IsolatedCheckResult } from "./check_order.ts";
import {
  describeThreadFailure,
  MOST_HEAP_MEGABYTES,
  startThread,
  type ThreadChoice,
} from "./start_thread.ts";

export type { IsolatedCheckResult };

/** How a store is checked in a thread of its own. */
export interface IsolatedCheckOptions extends Omit<CheckOptions, "onProgress"> {
  /** How long it may take, in milliseconds; 5,000 when left out. */
  timeoutMs?: number;
  /** How many findings are given back at the most; 1,000 when left out. */
  mostFindings?: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_MOST_FINDINGS = 1_000;

/**
 * How long a thread that was told to end may tidy up before nobody waits for it any more. It still
 * ends by itself: the runtime cannot end a thread in the middle of what it does.
 */
const END_GRACE_MS = 200;

/** From then on it is ended by force, at the next moment at which the runtime can. */
const FORCE_AFTER_MS = 60_000;

/**
 * Checks a store in a thread of its own, and takes back control at the deadline, whatever the check
 * is doing then. A thread that is in the hands of a system call or of SQLite ends when these return.
 *
 * The memory of that thread is bounded. Large stores are read by more threads, whose memory is not:
 * with `jobs: 1` everything is done in the one.
 *
 * @example
 * ```ts
 * import { detectStore, isolatedCheck } from "@vecfsck/vecfsck";
 *
 * async function isHealthy(store: string): Promise<boolean | null> {
 *   const checked = await isolatedCheck(store, { level: "quick", timeoutMs: 2_000 });
 *   return checked === null ? null : checked.summary.verdict === "clean";
 * }
 * if (detectStore(".") !== null) console.log(await isHealthy("."));
 * ```
 *
 * @param store The store's directory, or an export file.
 * @param options The level, how long it may take, and a signal.
 * @returns What was found; null when the time was over.
 * @throws {OperationError} The store cannot be read, is in use, or there is none; the signal was
 * aborted; or the thread has failed, for want of memory for instance.
 */
export async function isolatedCheck(
  store: string,
  options: IsolatedCheckOptions = {},
): Promise<IsolatedCheckResult | null> {
  const entryPoint = new URL("./check_worker.ts", import.meta.url);
  return await checkInThread(store, options, {
    entryPoint,
    mostHeapMegabytes: MOST_HEAP_MEGABYTES,
  });
}

/**
 * Checks a store as {@linkcode isolatedCheck} does, with a thread of the caller's choice.
 *
 * @param store The store's directory, or an export file.
 * @param options The level, how long it may take, and a signal.
 * @param choice The thread.
 * @returns What was found; null when the time was over.
 * @throws {OperationError} As there.
 */
export async function checkInThread(
  store: string,
  options: IsolatedCheckOptions,
  choice: ThreadChoice,
): Promise<IsolatedCheckResult | null> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, mostFindings = DEFAULT_MOST_FINDINGS } = options;
  const { signal, jobs, key, level, names, staleSeconds } = options;
  throwIfCancelled(signal);
  const thread = new CheckThread(choice, {
    store: resolve(store),
    options: {
      ...(jobs === undefined ? {} : { jobs }),
      ...(key === undefined ? {} : { key }),
      ...(level === undefined ? {} : { level }),
      ...(names === undefined ? {} : { names }),
      ...(staleSeconds === undefined ? {} : { staleSeconds }),
    },
    mostFindings,
    stop: new SharedArrayBuffer(4),
  });
  const answer = await waitAtMost(thread.answer, timeoutMs, signal);
  if (answer === null) await thread.end();
  throwIfCancelled(signal);
  return answer === null ? null : takeResult(answer);
}

function takeResult(answer: CheckAnswer): IsolatedCheckResult {
  if (answer.kind === "result") return answer.result;
  throw reviveFailure(answer);
}

/** The thread of one check. */
class CheckThread {
  readonly #worker: Worker;
  readonly #stop: Int32Array<SharedArrayBuffer>;
  /** What it gives back; it is never rejected. */
  readonly answer: Promise<CheckAnswer>;

  constructor(choice: ThreadChoice, order: CheckOrder) {
    this.#stop = new Int32Array(order.stop);
    this.#worker = startThread(choice, order);
    this.answer = new Promise((resolve) => {
      const fail = (error: unknown): void =>
        resolve({ kind: "error", ...describeThreadFailure(error, order.store) });
      this.#worker.once("message", resolve);
      this.#worker.once("error", fail);
      this.#worker.once("exit", () => fail(null));
    });
    void this.answer.then(() => this.#worker.terminate());
  }

  /** Has it end, and waits for that as long as it takes when nothing is in the way. */
  async end(): Promise<void> {
    Atomics.store(this.#stop, 0, 1);
    this.#worker.postMessage("stop");
    // Nobody's process has to stay for it.
    this.#worker.unref();
    await waitAtMost(this.answer, END_GRACE_MS);
    const force = setTimeout(() => void this.#worker.terminate(), FORCE_AFTER_MS);
    force.unref();
    void this.answer.then(() => clearTimeout(force));
  }
}
