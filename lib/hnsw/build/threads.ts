/**
 * Inserting nodes on several threads: on this one, and on Workers where there are any.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { type Kernel, startKernel } from "./kernel.ts";
import type { KernelMemory } from "./memory.ts";
import { TurnTaker } from "./turn.ts";

/** What a Worker is sent. */
export interface HelperOrder {
  /** The kernel. */
  readonly module: WebAssembly.Module;
  /** The memory that all threads share. */
  readonly memory: WebAssembly.Memory;
  /** The number of its thread. */
  readonly thread: number;
}

/** What a Worker answers: that it has begun, or why it cannot go on. */
export type HelperAnswer =
  | { readonly kind: "begun" }
  | { readonly kind: "failed"; readonly message: string };

/** How many nodes are inserted between two looks at the clock. */
const NODES_PER_LOOK = 16;

/** What is inserted, and how. */
export interface InsertWork {
  /** The memory with nodes, table and order. */
  readonly memory: KernelMemory;
  /** The kernel. */
  readonly module: WebAssembly.Module;
  /** This thread's instance of it. */
  readonly kernel: Kernel;
  /** How many nodes are to be inserted. */
  readonly total: number;
  /** Ends the work when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Is told how many nodes were inserted, and of how many. */
  readonly onProgress: ((linked: number, total: number) => void) | undefined;
}

/**
 * Inserts all nodes that the table lists.
 *
 * @param work What is inserted, and how.
 * @throws {OperationError} The work was cancelled, or a thread failed.
 */
export async function insertNodes(work: InsertWork): Promise<void> {
  const { memory, module, total, signal, onProgress } = work;
  const helpers: Helper[] = [];
  try {
    for (let thread = 1; memory.shared && thread < memory.plan.threads; thread++) {
      const helper = Helper.start({ module, memory: memory.memory, thread });
      if (helper === null) break;
      helpers.push(helper);
    }
    const turns = new TurnTaker(signal);
    while (memory.inserted < total) {
      const idle = work.kernel.insertSome(NODES_PER_LOOK) === 0;
      if (!idle && !turns.over) continue;
      onProgress?.(memory.inserted, total);
      await turns.yield();
      for (const helper of helpers) helper.throwIfFailed();
    }
    onProgress?.(total, total);
  } finally {
    memory.stop();
    for (const helper of helpers) helper.end();
  }
}

/** One Worker. */
class Helper {
  readonly #worker: Worker;
  #begun = false;
  #failure: string | null = null;

  private constructor(worker: Worker, order: HelperOrder) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<HelperAnswer>): void => {
      if (data.kind === "begun") this.#begun = true;
      else this.#fail(data.message);
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      this.#fail(event.message);
    };
    worker.postMessage(order);
  }

  /** Starts a Worker; null where there are none. */
  static start(order: HelperOrder): Helper | null {
    try {
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      return new Helper(worker, order);
    } catch {
      return null;
    }
  }

  throwIfFailed(): void {
    if (this.#failure === null) return;
    throw new OperationError("internal", `A thread of the index builder failed: ${this.#failure}`);
  }

  /**
   * Ends the Worker. Code that runs in it is not ended by this (Deno 2.9), and need not be: every
   * thread looks before each node whether it is to stop, and a node counts once it is inserted.
   */
  end(): void {
    this.#worker.terminate();
  }

  #fail(message: string): void {
    // One that cannot even begin has taken no node: the others do its part.
    if (this.#begun) this.#failure = message;
  }
}

/**
 * What a Worker does.
 *
 * @param order What it was sent.
 * @param begun Is called before the first node is taken.
 */
export function runHelper(order: HelperOrder, begun: () => void): void {
  const kernel = startKernel(order.module, order.memory, order.thread);
  begun();
  while (kernel.insertSome(NODES_PER_LOOK) === NODES_PER_LOOK);
}
