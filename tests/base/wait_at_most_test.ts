import { assertEquals, assertRejects } from "@std/assert";
import { waitAtMost } from "../../lib/base/wait_at_most.ts";

const never = new Promise<never>(() => {});

Deno.test("waitAtMost() gives what the promise gives, or throws it", async () => {
  assertEquals(await waitAtMost(Promise.resolve(7), 2 ** 40), 7);
  assertEquals(await waitAtMost(Promise.resolve(7), 2 ** 40, new AbortController().signal), 7);
  await assertRejects(() => waitAtMost(Promise.reject(new Error("no")), 2 ** 40), Error, "no");
});

Deno.test("waitAtMost() is null when the time is over or the signal is aborted", async () => {
  assertEquals(await waitAtMost(never, 1), null);
  assertEquals(await waitAtMost(never, 2 ** 40, AbortSignal.abort()), null);
  const controller = new AbortController();
  const waiting = waitAtMost(never, 2 ** 40, controller.signal);
  controller.abort();
  assertEquals(await waiting, null);
});
