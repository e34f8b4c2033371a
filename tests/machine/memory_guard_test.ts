import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import {
  createMemoryGuard,
  type MemoryGuardSettings,
  type MemoryState,
} from "../../lib/machine/memory_guard.ts";
import type { MachineSources } from "../../lib/machine/sources.ts";
import { fakeMachine, memoryOf } from "./fake_machine.ts";

function stateOf(sources: MachineSources, settings: MemoryGuardSettings = {}): MemoryState {
  return createMemoryGuard(settings, { sources }).state();
}

function pressed(percent: number): Readonly<Record<string, string>> {
  return { "/proc/pressure/memory": `some avg10=${percent.toFixed(2)} avg60=0.00 avg300=0.00\n` };
}

Deno.test("memoryGuard() says that memory is short when more than the share is used", () => {
  assertEquals(stateOf(fakeMachine({ memory: memoryOf(100, 20) })).state, "ok");
  assertEquals(stateOf(fakeMachine({ memory: memoryOf(100, 19) })), {
    state: "short",
    source: "machine",
    usedRatio: 0.81,
    totalBytes: 100,
    availableBytes: 19,
    pressureRatio: null,
  });
  const settings = { maxUsedRatio: 0.9 };
  assertEquals(stateOf(fakeMachine({ memory: memoryOf(100, 19) }), settings).state, "ok");
});

Deno.test("memoryGuard() lets the tighter one of machine and control group count", () => {
  const memory = memoryOf(1000, 900);
  const tight = stateOf(fakeMachine({ memory, limitBytes: 100, residentBytes: 90 }));
  assertEquals([tight.state, tight.source, tight.totalBytes], ["short", "cgroup", 100]);
  const wide = stateOf(fakeMachine({ memory, limitBytes: 100, residentBytes: 5 }));
  assertEquals([wide.state, wide.source, wide.totalBytes], ["ok", "machine", 1000]);
});

Deno.test("memoryGuard() says that memory is short when programs wait for it, however much there is", () => {
  const memory = memoryOf(100, 90);
  const waiting = stateOf(fakeMachine({ memory, files: pressed(20.5) }));
  assertEquals([waiting.state, waiting.source, waiting.pressureRatio], [
    "short",
    "pressure",
    0.205,
  ]);
  assertEquals(stateOf(fakeMachine({ memory, files: pressed(20) })).state, "ok");
});

Deno.test("memoryGuard() goes by the waiting alone where nothing else may be read", () => {
  const ok = stateOf(fakeMachine({ files: pressed(3) }));
  assertEquals([ok.state, ok.source, ok.usedRatio], ["ok", "pressure", null]);
  assertEquals(stateOf(fakeMachine({ files: pressed(70) })).state, "short");
});

Deno.test("memoryGuard() says once what may not be read, and which permission would change it", () => {
  const notices: string[] = [];
  const guard = createMemoryGuard(
    { onNotice: (notice) => notices.push(notice) },
    { sources: fakeMachine({}) },
  );
  assertEquals([guard.state().state, guard.state().state], ["unknown", "unknown"]);
  assertEquals(notices, [
    "How much memory is used may not be read, and nothing is known of it; " +
    "--allow-sys=systemMemoryInfo grants it.",
  ]);
  const known = (notice: string): void => void notices.push(notice);
  stateOf(fakeMachine({ memory: memoryOf(100, 50) }), { onNotice: known });
  assertEquals(notices.length, 1);
  stateOf(fakeMachine({ files: pressed(1) }), { onNotice: known });
  assertStringIncludes(notices[1] ?? "", "only whether programs wait for it is known");
});

Deno.test("memoryGuard() refuses shares that are none", () => {
  for (const ratio of [0, -1, 1.1, NaN]) {
    assertThrows(() => createMemoryGuard({ maxUsedRatio: ratio }), OperationError, "maxUsedRatio");
    assertThrows(() => createMemoryGuard({ maxPressureRatio: ratio }), OperationError, "Pressure");
  }
});

/** A machine whose memory is short for so long, and a clock that goes on by waiting alone. */
function shortFor(durationMs: number) {
  let nowMs = 0;
  const pauses: number[] = [];
  const sources: MachineSources = {
    ...fakeMachine({}),
    readMemory: () => memoryOf(100, nowMs < durationMs ? 5 : 50),
  };
  const pause = (pauseMs: number): Promise<void> => {
    pauses.push(pauseMs);
    nowMs += pauseMs;
    return Promise.resolve();
  };
  return { world: { sources, pause, clockMs: () => nowMs }, pauses };
}

Deno.test("MemoryGuard.waitUntilFree() waits, less and less often, until memory is free", async () => {
  const { world, pauses } = shortFor(20_000);
  const state = await createMemoryGuard({}, world).waitUntilFree();
  assertEquals([state.state, state.usedRatio], ["ok", 0.5]);
  assertEquals(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
});

Deno.test("MemoryGuard.waitUntilFree() does not wait when memory is free, or unknown", async () => {
  const { world, pauses } = shortFor(0);
  assertEquals((await createMemoryGuard({}, world).waitUntilFree()).state, "ok");
  const unknown = createMemoryGuard({}, { ...world, sources: fakeMachine({}) });
  assertEquals((await unknown.waitUntilFree()).state, "unknown");
  assertEquals(pauses, []);
});

Deno.test("MemoryGuard.waitUntilFree() gives up at the end of the time, and says what is used", async () => {
  const { world, pauses } = shortFor(60_000);
  const error = await assertRejects(
    () => createMemoryGuard({}, world).waitUntilFree({ timeoutMs: 1000 }),
    OperationError,
  );
  assertEquals(error.code, "no-memory");
  assertEquals(
    error.message,
    "Memory is still short after 1.00 s: 95 % of what the machine has is used, 5 B is left",
  );
  assertEquals(pauses, [100, 200, 400, 300]);
  const own = createMemoryGuard({ timeoutMs: 100 }, shortFor(60_000).world);
  await assertRejects(() => own.waitUntilFree(), OperationError, "after 0.10 s");
});

Deno.test("MemoryGuard.waitUntilFree() ends with the reason of its signal", async () => {
  const controller = new AbortController();
  const { world } = shortFor(60_000);
  const pause = (): Promise<void> => {
    controller.abort(new OperationError("cancelled", "Enough"));
    return Promise.resolve();
  };
  const guard = createMemoryGuard({}, { ...world, pause });
  const { signal } = controller;
  await assertRejects(() => guard.waitUntilFree({ signal }), OperationError, "Enough");
});
