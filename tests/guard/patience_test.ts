import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { Patience, type PatienceOptions } from "../../lib/guard/patience.ts";

/** A clock that goes on while somebody waits, and what was waited for. */
function fakeTime(waitMs: number, signal?: AbortSignal) {
  const time = { nowMs: 1_000, pauses: [] as number[] };
  const options: PatienceOptions = {
    waitMs,
    signal,
    clockMs: () => time.nowMs,
    pause: (durationMs) => {
      time.pauses.push(durationMs);
      time.nowMs += durationMs;
      return Promise.resolve();
    },
  };
  return { time, patience: new Patience(options) };
}

/** Work that finds the store in use so many times, each of which takes a while. */
function busyFor(times: number, { time, tryMs = 0 }: { time: { nowMs: number }; tryMs?: number }) {
  let left = times;
  return () => {
    time.nowMs += tryMs;
    return left-- > 0
      ? Promise.reject(new OperationError("busy", "In use", { path: "/store", hint: "Stop it." }))
      : Promise.resolve("done");
  };
}

Deno.test("Patience.during() does it again until the store is free, with longer pauses", async () => {
  const { time, patience } = fakeTime(30_000);
  assertEquals(await patience.during(busyFor(6, { time })), "done");
  assertEquals(time.pauses, [100, 200, 400, 800, 1_000, 1_000]);
  assertEquals(patience.waitedMs, 3_500);
});

Deno.test("Patience.during() throws when the store is in use all the time", async () => {
  const { time, patience } = fakeTime(650);
  const error = await assertRejects(
    () => patience.during(busyFor(99, { time })),
    OperationError,
    "In use",
  );
  assertEquals([error.code, error.hint], ["busy", "Stop it."]);
  assertEquals(time.pauses, [100, 200, 350]);
});

Deno.test("Patience.during() counts the time of tries, but not that of the first and the last", async () => {
  const { time, patience } = fakeTime(60_000);
  await patience.during(busyFor(3, { time, tryMs: 5_000 }));
  assertEquals(patience.waitedMs, 100 + 5_000 + 200 + 5_000 + 400);
  const short = fakeTime(6_000);
  await assertRejects(() => short.patience.during(busyFor(9, { time: short.time, tryMs: 5_000 })));
  assertEquals(short.time.pauses, [100, 200]);
});

Deno.test("Patience.during() shares one span between all that is done", async () => {
  const { time, patience } = fakeTime(500);
  await patience.during(busyFor(2, { time }));
  await assertRejects(() => patience.during(busyFor(9, { time })), OperationError, "In use");
  assertEquals(time.pauses, [100, 200, 100, 100]);
});

Deno.test("Patience.during() advises to wait where nobody asked for it", async () => {
  const { time, patience } = fakeTime(0);
  const error = await assertRejects(() => patience.during(busyFor(1, { time })), OperationError);
  assertEquals(time.pauses, []);
  assertStringIncludes(error.hint ?? "", "Stop it. `--wait 30s`");
});

Deno.test("Patience.during() passes on at once what is not about a store in use", async () => {
  const { time, patience } = fakeTime(30_000);
  const failure = new OperationError("not-found", "Gone");
  await assertRejects(() => patience.during(() => Promise.reject(failure)), OperationError, "Gone");
  assertEquals(time.pauses, []);
});

Deno.test("Patience.during() ends with the reason of the signal", async () => {
  const controller = new AbortController();
  const { time, patience } = fakeTime(30_000, controller.signal);
  controller.abort(new OperationError("cancelled", "Enough"));
  await assertRejects(() => patience.during(busyFor(9, { time })), OperationError, "Enough");
  assertEquals(time.pauses.length, 1);
});
