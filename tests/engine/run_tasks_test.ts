import { assert, assertEquals, assertRejects } from "@std/assert";
import { OperationError } from "../../lib/base/errors.ts";
import { Turns } from "../../lib/base/turns.ts";
import { runTasks } from "../../lib/engine/run_tasks.ts";
import type { WorkerAnswer, WorkerOrder } from "../../lib/engine/task_thread.ts";
import { chromaFormat } from "../../lib/stores/chroma/format.ts";
import { chromemFormat } from "../../lib/stores/chromem/format.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import type { CheckTask, StoreFormat, TaskResult } from "../../lib/model/store.ts";

const EMPTY: TaskResult = { findings: [], checkedBytes: {} };

/** A format whose tasks do what a test says. */
function formatOf(runTask: StoreFormat["runTask"]): StoreFormat {
  const unused = (): never => {
    throw new Error("not used");
  };
  return { ...chromaFormat, survey: unused, conclude: unused, runTask };
}

function taskOf(kind: string): CheckTask {
  return { kind, sizeBytes: 10, payload: null };
}

Deno.test("runTasks() gives the results in the order of the tasks", async () => {
  const format = formatOf(({ kind }) => ({ ...EMPTY, facts: kind }));
  const { results } = await runTasks(format, [taskOf("a"), taskOf("b")], {
    jobs: 1,
    signal: undefined,
    onRead: () => {},
  });
  assertEquals(results.map(({ facts }) => facts), ["a", "b"]);
});

Deno.test("runTasks() counts a task's bytes once it is done, however few it has told of", async () => {
  let total = 0;
  const format = formatOf((_task, context) => {
    context.progress(3);
    return EMPTY;
  });
  await runTasks(format, [taskOf("a"), taskOf("b")], {
    jobs: 1,
    signal: undefined,
    onRead: (sizeBytes) => total += sizeBytes,
  });
  assertEquals(total, 20);
});

Deno.test("runTasks() goes on after a part that cannot be read", async () => {
  const format = formatOf(({ kind }) => {
    if (kind === "a") throw new OperationError("read-failed", "No luck");
    return { ...EMPTY, facts: kind };
  });
  const { results, failures } = await runTasks(format, [taskOf("a"), taskOf("b")], {
    jobs: 1,
    signal: undefined,
    onRead: () => {},
  });
  assertEquals(results.map(({ facts }) => facts), ["b"]);
  assertEquals(failures.map(({ message }) => message), ["No luck"]);
});

Deno.test("runTasks() ends at once when the store is in use", async () => {
  const format = formatOf(() => {
    throw new OperationError("busy", "In use");
  });
  const run = (): Promise<unknown> =>
    runTasks(format, [taskOf("a")], { jobs: 1, signal: undefined, onRead: () => {} });
  await assertRejects(run, OperationError, "In use");
});

Deno.test("runTasks() begins nothing more when the time is over", async () => {
  let nowMs = 0;
  const format = formatOf(() => {
    nowMs += 10;
    return EMPTY;
  });
  const tasks = ["a", "b", "c"].map(taskOf);
  const { results, resultOf, unfinished } = await runTasks(format, tasks, {
    jobs: 1,
    signal: undefined,
    onRead: () => {},
    deadline: { atMs: 15, nowMs: () => nowMs },
  });
  assertEquals([results.length, resultOf.size], [2, 2]);
  assertEquals(unfinished.map(({ task, ranMs }) => [task.kind, ranMs]), [["c", 0]]);
});

Deno.test("runTasks() ends a task that waits, when it tells of progress after the signal", async () => {
  const controller = new AbortController();
  const format = formatOf(async (_task, context) => {
    controller.abort();
    await Promise.resolve();
    context.progress(1);
    return EMPTY;
  });
  const options = { jobs: 1, signal: controller.signal, onRead: () => {} };
  const error = await assertRejects(
    () => runTasks(format, [taskOf("a")], options),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
});

Deno.test("a Worker ends a task when it tells of progress and nobody wants it any more", async () => {
  const store = await chromemStore("plain");
  const survey = await chromemFormat.survey(
    { path: store, format: "chromem", evidence: "" },
    { level: "full", staleSeconds: 0, names: [], key: null },
    new Turns(undefined),
  );
  const task = survey.tasks.find(({ sizeBytes }) => sizeBytes > 0);
  assert(task !== undefined);
  for (const [stopped, kind] of [[0, "result"], [1, "error"]] as const) {
    const stop = new SharedArrayBuffer(4);
    new Int32Array(stop)[0] = stopped;
    const url = new URL("../../lib/engine/worker.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const answer = await new Promise<WorkerAnswer>((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => resolve(data);
      worker.postMessage({ format: "chromem", task, stop } satisfies WorkerOrder);
    });
    worker.terminate();
    assertEquals(answer.kind, kind);
    if (answer.kind === "error") assertEquals(answer.code, "cancelled");
  }
});

Deno.test("runTasks() takes what others leave, also later, and gives all of it back", async () => {
  const store = await chromemStore("plain");
  const survey = await chromemFormat.survey(
    { path: store, format: "chromem", evidence: "" },
    { level: "full", staleSeconds: 0, names: [], key: null },
    new Turns(undefined),
  );
  // As if they were large enough for threads.
  const tasks = [...survey.tasks, ...survey.tasks].map((task) => ({
    ...task,
    sizeBytes: 32 << 20,
  }));
  assert(tasks.length >= 4);
  for (const refusals of [0, 1, Infinity]) {
    let [asked, lent, most] = [0, 0, 0];
    const share = {
      take: (): boolean => {
        if (asked++ < refusals || lent >= 2) return false;
        most = Math.max(most, ++lent);
        return true;
      },
      giveBack: (): void => void lent--,
    };
    const { results } = await runTasks(chromemFormat, tasks, {
      jobs: 8,
      share,
      signal: undefined,
      onRead: () => {},
    });
    assertEquals([results.length, lent], [tasks.length, 0]);
    assert(most <= 2);
    if (refusals !== 1) assertEquals(most, refusals === 0 ? 2 : 0);
  }
});
