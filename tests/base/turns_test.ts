import { assert, assertEquals, assertRejects } from "@std/assert";
import { runAtOnce, type Steps, Turns } from "../../lib/base/turns.ts";

function* countTo(last: number, told: number[] = []): Steps<string> {
  for (let step = 1; step <= last; step++) {
    told.push(step);
    yield;
  }
  return "done";
}

Deno.test("runAtOnce() gives the result of work in steps", () => {
  const told: number[] = [];
  assertEquals(runAtOnce(countTo(3, told)), "done");
  assertEquals(told, [1, 2, 3]);
});

Deno.test("Turns.run() lets a timer that is due run before the first step, and gives the result", async () => {
  let isFired = false;
  setTimeout(() => isFired = true, 0);
  // A timer is due a millisecond later at the earliest.
  for (const dueMs = performance.now() + 3; performance.now() < dueMs;);
  const steps = function* (): Steps<boolean> {
    yield;
    return isFired;
  };
  assert(await new Turns(undefined).run(steps()));
});

Deno.test("Turns.run() ends with the reason of its signal, and does no step more", async () => {
  const controller = new AbortController();
  const told: number[] = [];
  const steps = function* (): Steps<void> {
    for (const _ of countTo(3, told)) {
      if (told.length === 2) controller.abort(new Error("Enough"));
      yield;
    }
  };
  await assertRejects(() => new Turns(controller.signal).run(steps()), Error, "Enough");
  assertEquals(told, [1, 2]);
});
