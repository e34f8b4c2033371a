/**
 * The entry point of a thread that checks whole stores, one after another.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import { toReportedError } from "../base/reported_error.ts";
import { runCheck } from "../engine/run_check.ts";
import { toTaskFailure } from "../engine/task_failure.ts";
import { ThreadBudget } from "../engine/thread_share.ts";
import { localFs } from "../fs/platform.ts";
import { watchHeap } from "../isolation/heap_watch.ts";
import type { TaskFailure } from "../model/store.ts";
import { type FleetEvent, runRequest } from "./check_request.ts";
import type { StoreAnswer, StoreOrder, StoreThreadData } from "./store_order.ts";

/** So many events are sent at once: a store can have very many. */
const BATCH_EVENTS = 512;

const { request, jobs, budget, user, stop } = workerData as StoreThreadData;
const isStopped = new Int32Array(stop);
const share = new ThreadBudget(budget).shareOf(user);

// What fills the heap is never answered.
watchHeap(() => send({ kind: "full" }));

parentPort?.on("message", async (order: StoreOrder) => {
  send({ kind: "end", failure: await checkOne(order) });
});

async function checkOne({ store }: StoreOrder): Promise<TaskFailure | null> {
  const controller = new AbortController();
  let batch: FleetEvent[] = [];
  try {
    const events = runRequest(store, request, {
      check: runCheck,
      fs: localFs,
      now: () => new Date(),
      jobs,
      share,
      signal: controller.signal,
      onProgress: () => {
        if (Atomics.load(isStopped, 0) !== 0) controller.abort();
      },
    });
    for await (const event of events) {
      batch.push(event);
      if (batch.length < BATCH_EVENTS) continue;
      send({ kind: "events", events: batch });
      batch = [];
    }
    return null;
  } catch (error) {
    return toTaskFailure(toReportedError(error, store), store);
  } finally {
    // Findings before a failure hold.
    if (batch.length > 0) send({ kind: "events", events: batch });
  }
}

function send(answer: StoreAnswer): void {
  parentPort?.postMessage(answer);
}
