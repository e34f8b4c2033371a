/**
 * `vecfsck check` of several stores: they are found, checked side by side, and told of in order.
 *
 * @module
 */

import { checkInOrder } from "../fleet/check_in_order.ts";
import type { StoreOutcome } from "../fleet/store_threads.ts";
import { untilCancelled } from "./cancellation.ts";
import type { CheckInputs } from "./check_extras.ts";
import type { Invocation } from "./invocation.ts";
import { type ProgressBar, withProgress } from "./progress_bar.ts";
import { StoreList } from "./store_list.ts";
import type { CheckRun } from "./check_run.ts";

/**
 * Checks stores side by side.
 *
 * @param invocation The call.
 * @param inputs How stores are checked, and how many threads work.
 * @param run What takes what is told.
 */
export async function checkFleet(
  invocation: Invocation,
  { request, jobs }: CheckInputs,
  run: CheckRun,
): Promise<void> {
  const { signal, environment } = invocation;
  await run.start();
  const engine = await environment.loadEngine();
  const threads = await engine.startThreads({ request, jobs, signal });
  const stores = new StoreList(invocation, engine.findStores.bind(engine));
  try {
    await withProgress(invocation, async (bar) => {
      const outcomes = checkInOrder(stores.list(), {
        jobs,
        check: async (store) => await threads.check(store),
      });
      for await (const outcome of untilCancelled(outcomes, signal)) {
        await bar?.clear();
        await tellOutcome(outcome, run);
        showProgress(bar, run);
        if (invocation.output.isLost) break;
      }
      // Where nobody reads the last report alone, all stores were checked.
      if (!stores.isAtEnd) await run.giveUp();
    });
  } catch (error) {
    await run.fail(error, stores.last);
  } finally {
    threads.close();
  }
}

async function tellOutcome({ store, events, failure }: StoreOutcome, run: CheckRun): Promise<void> {
  await run.begin(store);
  for (const event of events) await run.take(event, store);
  if (failure === null) await run.endStore();
  else await run.fail(failure, store);
}

function showProgress(bar: ProgressBar | null, run: CheckRun): void {
  if (bar === null) return;
  const { stores, verdicts } = run.tally.sum;
  bar.update({ stores, notSound: stores - verdicts.clean - verdicts.warnings });
}
