// Threads for store_threads_test.ts that do what no check should: the last part of the store's path
// says what. Any other store is clean.
import { parentPort, workerData } from "node:worker_threads";
import { letOthersRun } from "../../lib/base/turns.ts";
import { ThreadBudget } from "../../lib/engine/thread_share.ts";
import type { StoreAnswer, StoreOrder, StoreThreadData } from "../../lib/fleet/store_order.ts";
import { watchHeap } from "../../lib/isolation/heap_watch.ts";
import { summary } from "../output/events.ts";

const { budget, user } = workerData as StoreThreadData;
const share = new ThreadBudget(budget).shareOf(user);

watchHeap(() => parentPort?.postMessage({ kind: "full" } satisfies StoreAnswer));

parentPort?.on("message", async ({ store }: StoreOrder) => {
  // Whatever a check does, it does behind something that it has waited for.
  await letOthersRun();
  switch (store.split("/").at(-1)) {
    case "never":
      return;
    case "throws":
      throw new Error("It broke");
    case "exits":
      // As a store does that is read by two threads more.
      share.take();
      share.take();
      Deno.exit(3);
      break;
    case "fills": {
      const rows: number[][] = [];
      for (;;) rows.push(Array.from({ length: 1_000 }, () => Math.random()));
    }
  }
  parentPort?.postMessage({ kind: "events", events: [summary({ store })] });
  parentPort?.postMessage({ kind: "end", failure: null });
});
