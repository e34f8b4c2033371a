import { assert, assertEquals } from "@std/assert";
import { type ActionEnd, runAction } from "../../../lib/writing/transaction/run_action.ts";

/** A clock that stands until it is told to go on: each wait ends when it is its turn, or is aborted. */
class ManualWaits {
  readonly #waits: { readonly durationMs: number; readonly end: () => void }[] = [];

  readonly pause = (durationMs: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      this.#waits.push({ durationMs, end: resolve });
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve());
    });

  /** Ends the wait that was begun last, and says how long it would have been. */
  endLast(): number | undefined {
    const wait = this.#waits.at(-1);
    wait?.end();
    return wait?.durationMs;
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function run<Result>(
  waits: ManualWaits,
  action: (signal: AbortSignal) => Promise<Result> | Result,
  signal?: AbortSignal,
): Promise<ActionEnd<Result>> {
  return runAction(action, { timeoutMs: 30_000, graceMs: 5_000, signal, pause: waits.pause });
}

Deno.test("runAction() gives what the action returns, and aborts nothing", async () => {
  let given: AbortSignal | undefined;
  const end = await run(new ManualWaits(), (signal) => {
    given = signal;
    return 7;
  });
  assertEquals(end, { kind: "done", result: 7 });
  await settle();
  assertEquals(given?.aborted, false);
});

Deno.test("runAction() gives what the action throws", async () => {
  const error = new Error("no");
  assertEquals(await run(new ManualWaits(), () => Promise.reject(error)), {
    kind: "failed",
    reason: "failed",
    error,
  });
});

Deno.test("runAction() takes what the action returns after its time for a failure", async () => {
  const waits = new ManualWaits();
  const ending = run(
    waits,
    (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("late"))),
  );
  assertEquals(waits.endLast(), 30_000);
  const end = await ending;
  assert(end.kind === "failed" && end.reason === "timeout");
  assert(end.error instanceof DOMException);
  assertEquals(end.error.message, "The action has taken longer than 30000 ms");
});

Deno.test("runAction() tells an action that has not ended from one that has", async () => {
  const waits = new ManualWaits();
  const { promise, resolve } = Promise.withResolvers<void>();
  const ending = run(waits, () => promise);
  assertEquals(waits.endLast(), 30_000);
  await settle();
  assertEquals(waits.endLast(), 5_000);
  const end = await ending;
  assert(end.kind === "running" && end.reason === "timeout");
  let isEnded = false;
  end.ended.then(() => isEnded = true);
  await settle();
  assertEquals(isEnded, false);
  resolve();
  await settle();
  assertEquals(isEnded, true);
});

Deno.test("runAction() does not begin when it is aborted already", async () => {
  let isBegun = false;
  const reason = new Error("enough");
  const end = await run(new ManualWaits(), () => void (isBegun = true), AbortSignal.abort(reason));
  assertEquals(end, { kind: "failed", reason: "aborted", error: reason });
  assertEquals(isBegun, false);
});

Deno.test("runAction() says that the caller has aborted it, with the caller's reason", async () => {
  const caller = new AbortController();
  const ending = run(
    new ManualWaits(),
    (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    caller.signal,
  );
  await settle();
  caller.abort("enough");
  assertEquals(await ending, { kind: "failed", reason: "aborted", error: "enough" });
});
