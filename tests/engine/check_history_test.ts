import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  type CheckHistory,
  explainUnfinished,
  planTasks,
  type RecalledTask,
} from "../../lib/engine/check_history.ts";
import type { TaskOutcomes } from "../../lib/engine/task_run.ts";
import type { CheckTask, TaskResult } from "../../lib/model/store.ts";
import { StoredHistory } from "../../lib/seal/history.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { type CheckedStore, checkWhole } from "../support/findings.ts";
import { goldenStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

const MINUTE_MS = 60_000;
const RESULT: TaskResult = { findings: [], checkedBytes: {} };

function taskOf(kind: string): CheckTask {
  return { kind, sizeBytes: 10, payload: null };
}

/** A history that knows of each task what a test says. */
function historyOf(known: Record<string, Partial<RecalledTask>>, wasSound = true): CheckHistory {
  const nothing = { earlier: null, reading: null, unfinishedMs: 0, triedMs: 0 };
  return {
    wasSound,
    nowMs: () => 1000,
    recall: ({ kind }) => ({ ...nothing, ...known[kind] }),
    record: () => {},
  };
}

function verifiedAt(verifiedMs: number): Partial<RecalledTask> {
  return { earlier: { result: RESULT, verifiedMs } };
}

function kindsOf(tasks: readonly CheckTask[]): string[] {
  return tasks.map(({ kind }) => kind);
}

const TASKS = ["a", "b", "c"].map(taskOf);

Deno.test("planTasks() leaves out what is known, if the last check found no damage", () => {
  const known = { a: verifiedAt(1), c: verifiedAt(2) };
  const skipUnchanged = true;
  assertEquals(kindsOf(planTasks(TASKS, [], { history: historyOf(known), skipUnchanged }).tasks), [
    "b",
  ]);
  const unsound = historyOf(known, false);
  assertEquals(planTasks(TASKS, [], { history: unsound, skipUnchanged }).tasks, TASKS);
  assertEquals(planTasks(TASKS, [], { history: historyOf(known) }).tasks, TASKS);
  assertEquals(planTasks(TASKS, [], { skipUnchanged }).tasks, TASKS);
});

Deno.test("planTasks() tells of a task that spares files how much it is without that", () => {
  const kept = { checkedBytes: { "data.bin": 7 }, findings: [], skipped: [], data: "read" };
  const known = { b: { reading: { kept, verifiedMs: 1 } } };
  const { tasks } = planTasks(TASKS, [], { history: historyOf(known), skipUnchanged: true });
  assertEquals(
    tasks.map(({ kind, sizeBytes, wholeBytes, known }) => [kind, sizeBytes, wholeBytes, known]),
    [["a", 10, undefined, undefined], ["b", 3, 10, "read"], ["c", 10, undefined, undefined]],
  );
});

Deno.test("planTasks() begins with what was read longest ago where the time is limited", () => {
  const history = historyOf({ a: verifiedAt(20), b: verifiedAt(10) });
  const { tasks } = planTasks(TASKS, [], { history, maxDurationMs: 100 });
  assertEquals(kindsOf(tasks), ["c", "b", "a"]);
});

Deno.test("planTasks() lets the others come first after a part had all the time in vain", () => {
  const maxDurationMs = 100;
  let known: Record<string, Partial<RecalledTask>> = {};
  const turns: string[] = [];
  // The task `a` never gets to its end; each slice has time for one of the others.
  for (let nowMs = 1; nowMs <= 6; nowMs++) {
    const { tasks } = planTasks(TASKS, [], { history: historyOf(known), maxDurationMs });
    const [first] = tasks;
    const kind = first?.kind ?? "";
    turns.push(kind);
    known = { ...known, [kind]: kind === "a" ? { triedMs: nowMs } : verifiedAt(nowMs) };
  }
  assertEquals(turns, ["a", "b", "c", "a", "b", "c"]);
});

Deno.test("planTasks() knows which part had nearly all the time", () => {
  const plan = planTasks(TASKS, [], { maxDurationMs: 100 });
  const unfinished = plan.tasks.map((task, index) => ({ task, ranMs: [95, 40, 0][index] ?? 0 }));
  const outcomes = { results: [], resultOf: new Map(), failures: [], unfinished };
  assertEquals(plan.settle(outcomes).map(({ hadItsTurn }) => hadItsTurn), [true, false, false]);
});

Deno.test("planTasks() hands a task what it is spared, and adds that to its result", () => {
  const finding = { name: "slot-zeroed" } as unknown as TaskResult["findings"][number];
  const kept = {
    findings: [finding],
    checkedBytes: { file: 8 },
    skipped: [{ reason: "unused", sizeBytes: 1 }],
    data: "known",
  };
  const history = historyOf({ b: { reading: { kept, verifiedMs: 5 } } });
  const plan = planTasks(TASKS, [], { history, skipUnchanged: true });
  const [, run] = plan.tasks;
  assertEquals([run?.known, run?.sizeBytes], ["known", 2]);
  const resultOf = new Map(plan.tasks.map((task) => [task, RESULT]));
  const outcomes: TaskOutcomes = { results: [], resultOf, failures: [], unfinished: [] };
  const entries = plan.settle(outcomes);
  assertEquals(entries.map(({ spared }) => spared), [false, true, false]);
  assertEquals(entries[1]?.fresh?.findings, [finding]);
  assertEquals(entries[1]?.fresh?.skipped, kept.skipped);
});

Deno.test("explainUnfinished() tells a part that came too late from one that takes too long", () => {
  const recalled = { earlier: null, reading: null, unfinishedMs: 0, triedMs: 0 };
  const entry = { task: taskOf("a"), recalled, fresh: null, spared: false, hadItsTurn: true };
  assertEquals(explainUnfinished({ ...entry, stoppedMs: null }, 100), null);
  const late = "not reached in the time given";
  assertEquals(explainUnfinished({ ...entry, stoppedMs: 50_000 }, 100_000), late);
  assertEquals(
    explainUnfinished({ ...entry, stoppedMs: 99_000 }, 100_000),
    "more than the 1 min 40 s given is needed for a, which was stopped after 1 min 39 s",
  );
});

/** Runs slices of a check: each has time for one task, and is an hour after the one before. */
class SlicedCheck {
  readonly #store: string;
  #startMs = Date.now() + MINUTE_MS;

  constructor(store: string) {
    this.#store = store;
  }

  async slice(skipUnchanged = false): Promise<CheckedStore> {
    this.#startMs += 60 * MINUTE_MS;
    const now = (): Date => new Date(this.#startMs);
    const history = StoredHistory.open(this.#store, { now });
    let clockMs = 0;
    const checked = await checkWhole(this.#store, {
      history,
      skipUnchanged,
      maxDurationMs: 1,
      clockMs: () => clockMs,
      onProgress: () => clockMs++,
    });
    assertEquals(history.keep(), null);
    return checked;
  }
}

for (const skipUnchanged of [false, true]) {
  const mode = skipUnchanged ? "only what has changed" : "everything again and again";
  Deno.test(`a check with little time goes on until it is complete: ${mode}`, async () => {
    const store = await goldenStore("chroma-1.5.9");
    const before = await snapshotTree(store);
    const whole = await checkWhole(store);
    const sliced = new SlicedCheck(store);
    const slices: CheckedStore[] = [];
    for (
      let slice = await sliced.slice(skipUnchanged);;
      slice = await sliced.slice(skipUnchanged)
    ) {
      slices.push(slice);
      if (slice.summary.complete) break;
      assert(slices.length < 50, "it never comes to an end");
      assertEquals([slice.summary.verdict, slice.summary.records], ["incomplete", null]);
      assertEquals(slice.summary.oldestUnverifiedSeconds, null);
    }
    assert(slices.length > 3, `${slices.length} slices`);
    const last = slices.at(-1);
    assertEquals(last?.findings, whole.findings);
    assertEquals(last?.summary.verdict, "clean");
    assertEquals(last?.summary.records, whole.summary.records);
    assertEquals(last?.summary.bytesVerified, whole.summary.bytesChecked);
    assertEquals(last?.summary.oldestUnverifiedSeconds, (slices.length - 1) * 3600);
    let verified = 0;
    for (const { summary } of slices) {
      assert(summary.bytesVerified >= verified);
      verified = summary.bytesVerified;
      const explained = summary.skipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assertEquals(explained, summary.bytesSkipped);
    }
    // From here on the part that has waited longest comes first, or there is nothing to do.
    const next = await sliced.slice(skipUnchanged);
    assertEquals(next.summary.complete, true);
    const oldest = skipUnchanged ? slices.length * 3600 : (slices.length - 1) * 3600;
    assertEquals(next.summary.oldestUnverifiedSeconds, oldest);
    assertEquals(await snapshotTree(store), before);
  });
}

Deno.test("a check with little time never forgets damage that it has found", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.truncateSync(store.file("header.bin"), 50);
  const whole = await checkWhole(store.path);
  const sliced = new SlicedCheck(store.path);
  let found = false;
  for (let count = 0; count < 12; count++) {
    const { findings, summary } = await sliced.slice();
    const isNamed = findings.some(({ name }) => name === "header-truncated");
    assert(isNamed || !found, "it was forgotten");
    found ||= isNamed;
    if (found) assertEquals(summary.verdict, whole.summary.verdict);
    if (summary.complete) assertEquals(findings, whole.findings);
  }
  assert(found);
});

Deno.test("a check with little time reads first what has changed since", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const sliced = new SlicedCheck(store.path);
  for (let complete = false; !complete;) complete = (await sliced.slice()).summary.complete;
  await Deno.utime(store.file("length.bin"), 1_000_000, 1_000_000);
  const { summary } = await sliced.slice();
  const files = Array.from(Deno.readDirSync(store.file()), ({ name }) => name);
  const sizes = files.map((name) => Deno.statSync(join(store.file(), name)).size);
  assertEquals(summary.complete, true);
  assertEquals(summary.bytesChecked, sizes.reduce((sum, size) => sum + size, 0));
});

Deno.test("a check whose time is over stops its threads in the middle of a part", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  // A hole costs nothing, and takes a thread longer than it has.
  await Deno.truncate(store.file("data_level0.bin"), 2 ** 30);
  const { summary } = await checkWhole(store.path, {
    jobs: 2,
    maxDurationMs: 20,
    // This clock never gets to the deadline, so the timer alone ends the threads.
    clockMs: () => 0,
  });
  assertEquals([summary.complete, summary.verdict], [false, "incomplete"]);
  assert(summary.skipped.some(({ reason }) => reason.endsWith("never checked")));
});
