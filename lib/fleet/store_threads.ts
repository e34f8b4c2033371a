/**
 * Threads that check whole stores, each one store after another. What ends one of them, a store that
 * takes more memory than there may be for instance, ends the check of that store alone.
 *
 * @module
 */

import type { Worker } from "node:worker_threads";
import type { OperationError } from "../base/errors.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";
import { reviveFailure } from "../engine/task_failure.ts";
import { ThreadBudget } from "../engine/thread_share.ts";
import {
  describeFullHeap,
  describeThreadFailure,
  MOST_HEAP_MEGABYTES,
  startThread,
  type ThreadChoice,
} from "../isolation/start_thread.ts";
import type { TaskFailure } from "../model/store.ts";
import type { CheckRequest, FleetEvent } from "./check_request.ts";
import type { StoreAnswer, StoreOrder, StoreThreadData } from "./store_order.ts";

/** What came of one store. */
export interface StoreOutcome {
  /** The store, as it was named. */
  readonly store: string;
  /** What its check has told. */
  readonly events: readonly FleetEvent[];
  /** Why there is no summary among it; null where there is one. */
  readonly failure: OperationError | null;
}

/** How threads check stores. */
export interface StoreThreadsOptions {
  /** How all stores are checked. */
  readonly request: CheckRequest;
  /** How many threads work at the most, those that a large store is read by included. */
  readonly jobs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** What the threads run; their usual module when left out. */
  readonly choice?: ThreadChoice;
}

/** How often it is looked whether a large store has given back a thread. */
const LOOK_INTERVAL_MS = 20;

/** The threads of one run. */
export class StoreThreads {
  readonly #options: StoreThreadsOptions;
  readonly #budget: ThreadBudget;
  readonly #stop = new SharedArrayBuffer(4);
  readonly #idle: StoreThread[] = [];
  readonly #all = new Set<StoreThread>();

  readonly #close = (): void => this.close();

  /** Starts none of them: that is done when there are stores for them. */
  constructor(options: StoreThreadsOptions) {
    this.#options = options;
    this.#budget = ThreadBudget.of(options.jobs, options.jobs);
    options.signal.addEventListener("abort", this.#close);
  }

  /**
   * Checks a store. No more may be under way at once than there are threads.
   *
   * @param store The store's directory, or an export file.
   * @returns What came of it.
   * @throws {OperationError} `cancelled`: the signal was aborted.
   */
  async check(store: string): Promise<StoreOutcome> {
    const { signal } = this.#options;
    throwIfCancelled(signal);
    const thread = this.#takeIdle() ?? this.#start();
    while (!thread.share.take()) {
      await pauseUnlessAborted(LOOK_INTERVAL_MS, signal);
      throwIfCancelled(signal);
    }
    const outcome = await thread.check(store);
    throwIfCancelled(signal);
    if (thread.isOver) this.#forget(thread);
    else {
      thread.share.giveBack();
      this.#idle.push(thread);
    }
    return outcome;
  }

  /** Ends every thread, and what it does. */
  close(): void {
    this.#options.signal.removeEventListener("abort", this.#close);
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    for (const thread of this.#all) thread.end();
    this.#all.clear();
  }

  /** What an earlier store has left behind may have ended a thread since. */
  #takeIdle(): StoreThread | null {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) {
      if (!thread.isOver) return thread;
      this.#forget(thread);
    }
    return null;
  }

  /** What a thread held that has ended, nobody else would give back. */
  #forget(thread: StoreThread): void {
    this.#budget.reclaim(thread.user);
    this.#all.delete(thread);
  }

  #start(): StoreThread {
    const { request, jobs } = this.#options;
    const taken = new Set([...this.#all].map(({ user }) => user));
    const user = Array.from({ length: jobs }, (_, index) => index)
      .find((index) => !taken.has(index)) ?? jobs;
    const entryPoint = new URL("./store_worker.ts", import.meta.url);
    const choice = this.#options.choice ?? { entryPoint, mostHeapMegabytes: MOST_HEAP_MEGABYTES };
    const data = { request, jobs, budget: this.#budget.memory, user, stop: this.#stop };
    const thread = new StoreThread(choice, data, this.#budget);
    this.#all.add(thread);
    return thread;
  }
}

/** One thread. */
class StoreThread {
  readonly #worker: Worker;
  /** Its number in the budget. */
  readonly user: number;
  /** What it and its stores have of the budget. */
  readonly share: ReturnType<ThreadBudget["shareOf"]>;
  /** Whether it takes no more stores. */
  isOver = false;
  #fail: (describe: (store: string) => TaskFailure) => void = () => {};

  constructor(choice: ThreadChoice, data: StoreThreadData, budget: ThreadBudget) {
    this.user = data.user;
    this.share = budget.shareOf(data.user);
    this.#worker = startThread(choice, data);
    this.#worker.on("error", (error) => this.#end(error));
    this.#worker.on("exit", () => this.#end(null));
  }

  async check(store: string): Promise<StoreOutcome> {
    const events: FleetEvent[] = [];
    const failure = await new Promise<TaskFailure | null>((resolve) => {
      this.#fail = (describe) => resolve(describe(store));
      const listen = (answer: StoreAnswer): void => {
        if (answer.kind === "events") return void events.push(...answer.events);
        this.#worker.off("message", listen);
        if (answer.kind === "end") return resolve(answer.failure);
        resolve(describeFullHeap(store));
        this.isOver = true;
        this.end();
      };
      // It may have ended since it was chosen, and then answers nothing.
      if (this.isOver) return resolve(describeThreadFailure(null, store));
      this.#worker.on("message", listen);
      this.#worker.postMessage({ store } satisfies StoreOrder);
    });
    return { store, events, failure: failure === null ? null : reviveFailure(failure) };
  }

  end(): void {
    // Nobody's process has to stay for what the runtime cannot end at once.
    this.#worker.unref();
    void this.#worker.terminate();
  }

  #end(error: unknown): void {
    this.isOver = true;
    this.#fail((store) => describeThreadFailure(error, store));
  }
}
