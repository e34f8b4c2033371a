/**
 * The entry point of the thread of an isolated check.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import { OperationError } from "../base/errors.ts";
import { runCheck } from "../engine/run_check.ts";
import { toTaskFailure } from "../engine/task_failure.ts";
import { isDamage } from "../model/finding.ts";
import type { FindingEvent } from "../model/report.ts";
import type { CheckAnswer, CheckOrder, IsolatedCheckResult } from "./check_order.ts";
import { watchHeap } from "./heap_watch.ts";
import { describeFullHeap } from "./start_thread.ts";

const order = workerData as CheckOrder;
const stop = new Int32Array(order.stop);
const controller = new AbortController();

// Between two tasks, and while other threads work, a message is heard; in a task the number is seen.
parentPort?.once("message", () => controller.abort());

async function answer(): Promise<CheckAnswer> {
  try {
    return { kind: "result", result: await check() };
  } catch (error) {
    return { kind: "error", ...toTaskFailure(error, order.store) };
  }
}

async function check(): Promise<IsolatedCheckResult> {
  const { store, options, mostFindings } = order;
  const kept = new BoundedFindings(mostFindings);
  const events = runCheck(store, {
    ...options,
    signal: controller.signal,
    onProgress: () => {
      if (Atomics.load(stop, 0) !== 0) controller.abort();
    },
  });
  for await (const event of events) {
    if (event.type === "summary") return { summary: event, ...kept.result };
    kept.add(event);
  }
  throw new OperationError("internal", "The check ended without a summary", { path: store });
}

/** The first findings of a check; one that is damage takes the place of one that is none. */
class BoundedFindings {
  readonly #most: number;
  readonly #damage: FindingEvent[] = [];
  readonly #others: FindingEvent[] = [];
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(finding: FindingEvent): void {
    this.#count++;
    const list = isDamage(finding) ? this.#damage : this.#others;
    if (list.length < this.#most) list.push(finding);
  }

  get result(): Pick<IsolatedCheckResult, "findings" | "findingsLeftOut"> {
    const findings = [...this.#damage, ...this.#others].slice(0, this.#most);
    return { findings, findingsLeftOut: this.#count - findings.length };
  }
}

// What fills the heap is never answered.
const stopWatch = watchHeap(() => {
  parentPort?.postMessage({ kind: "error", ...describeFullHeap(order.store) });
});
parentPort?.postMessage(await answer());
stopWatch();
