// Threads for isolated_check_test.ts that do what no check should: the last part of the store's path
// says what.
import { join } from "@std/path";
import { parentPort, workerData } from "node:worker_threads";
import type { CheckOrder } from "../../lib/isolation/check_order.ts";

const { store, stop } = workerData as CheckOrder;
const isStopped = new Int32Array(stop);

/** Leaves a file where the store is once it is told to end. */
function endsWell(): void {
  if (Atomics.load(isStopped, 0) === 0) return void setTimeout(endsWell, 5);
  Deno.writeTextFileSync(join(store, "ended"), "");
  parentPort?.postMessage({
    kind: "error",
    code: "cancelled",
    message: "",
    path: null,
    hint: null,
  });
}

switch (store.split("/").at(-1)) {
  case "obeys":
    endsWell();
    break;
  case "blocks":
    // Until somebody writes into it, and nobody does.
    Deno.openSync(join(store, "pipe"));
    break;
  case "throws":
    throw new Error("It broke");
  case "exits":
    Deno.exit(3);
    break;
  case "fills": {
    const rows: number[][] = [];
    for (;;) rows.push(Array.from({ length: 1_000 }, () => Math.random()));
  }
}
