import { assert, assertEquals, assertRejects } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { checkInOrder, type FleetItem, type FleetOptions } from "../../lib/fleet/check_in_order.ts";
import type { StoreOutcome } from "../../lib/fleet/store_threads.ts";
import { summary } from "../output/events.ts";

/** Checks that end when a test says so. */
class Checks {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, (outcome: StoreOutcome) => void>();

  /** Begins a check. */
  readonly check = (store: string): Promise<StoreOutcome> => {
    this.begun.push(store);
    return new Promise((resolve) => this.#ends.set(store, resolve));
  };

  /** Ends a check with so many events. */
  end(store: string, events = 1): void {
    const end = this.#ends.get(store);
    assert(end !== undefined, `${store} was not begun`);
    end({ store, events: Array.from({ length: events }, () => summary({ store })), failure: null });
  }
}

async function* itemsOf(...stores: string[]): AsyncGenerator<FleetItem, void, undefined> {
  for (const store of stores) {
    await Promise.resolve();
    const failure = store.startsWith("bad")
      ? new OperationError("permission-denied", "No permission", { path: store })
      : null;
    yield { store, failure };
  }
}

/** Lets everything run that can. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs checks, and gathers what is told of. */
function start(
  stores: readonly string[],
  options: Pick<FleetOptions, "jobs" | "mostWaiting">,
): { checks: Checks; told: string[]; end: Promise<void> } {
  const checks = new Checks();
  const told: string[] = [];
  const run = async (): Promise<void> => {
    const outcomes = checkInOrder(itemsOf(...stores), { ...options, check: checks.check });
    for await (const { store, failure } of outcomes) told.push(failure?.code ?? store);
  };
  return { checks, told, end: run() };
}

Deno.test("checkInOrder() tells of stores in their order, whichever is done first", async () => {
  const { checks, told, end } = start(["a", "b", "c", "d"], { jobs: 2 });
  await settle();
  assertEquals(checks.begun, ["a", "b"]);
  checks.end("b");
  await settle();
  assertEquals([checks.begun, told], [["a", "b", "c"], []]);
  checks.end("c");
  await settle();
  checks.end("a");
  await settle();
  assertEquals(told, ["a", "b", "c"]);
  checks.end("d");
  await end;
  assertEquals(told, ["a", "b", "c", "d"]);
});

Deno.test("checkInOrder() has no more stores under way than it may", async () => {
  for (const jobs of [1, 3]) {
    const { checks, end } = start(["a", "b", "c", "d", "e"], { jobs });
    for (const store of ["a", "b", "c", "d", "e"]) {
      await settle();
      assertEquals(checks.begun.length, Math.min(5, "abcde".indexOf(store) + jobs));
      checks.end(store);
    }
    await end;
  }
});

Deno.test("checkInOrder() tells of a place that cannot be looked into where it comes", async () => {
  const { checks, told, end } = start(["a", "bad-1", "b"], { jobs: 2 });
  await settle();
  assertEquals(told, []);
  checks.end("b");
  checks.end("a");
  await end;
  assertEquals(told, ["a", "permission-denied", "b"]);
});

Deno.test("checkInOrder() begins no more while too much waits for a slow store", async () => {
  const { checks, told, end } = start(["slow", "a", "b", "c"], { jobs: 2, mostWaiting: 10 });
  await settle();
  checks.end("a", 3);
  await settle();
  checks.end("b", 6);
  await settle();
  assertEquals([checks.begun, told], [["slow", "a", "b"], []]);
  checks.end("slow");
  await settle();
  assertEquals([checks.begun.at(-1), told], ["c", ["slow", "a", "b"]]);
  checks.end("c");
  await end;
});

Deno.test("checkInOrder() ends with what finding or checking a store throws", async () => {
  const failing = (): Promise<never> => Promise.reject(new OperationError("cancelled", "No more"));
  const checks = checkInOrder(itemsOf("a"), { jobs: 1, check: failing });
  await assertRejects(() => checks.next(), OperationError, "No more");
  const lost: AsyncIterator<FleetItem, void, undefined> = {
    next: () => Promise.reject(new Error("The walk broke")),
  };
  const none = checkInOrder(lost, { jobs: 1, check: failing });
  await assertRejects(() => none.next(), Error, "The walk broke");
});

Deno.test("checkInOrder() ends where there is nothing to check", async () => {
  const { told, end } = start([], { jobs: 4 });
  await end;
  assertEquals(told, []);
});
