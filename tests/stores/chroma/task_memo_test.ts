import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import type { CheckTask } from "../../../lib/model/store.ts";
import { requireStore } from "../../../lib/stores/registry.ts";
import { surveyChroma } from "../../../lib/stores/chroma/survey.ts";
import { BrokenStore } from "../../support/broken_store.ts";
import { copyTree, scratchDirectory } from "../../support/fixtures.ts";

function planTasks(store: string, level: "quick" | "full" = "full"): readonly CheckTask[] {
  const survey = surveyChroma(requireStore(store), {
    level,
    staleSeconds: 3600,
    names: [],
    key: null,
  });
  survey.release();
  return survey.tasks;
}

function keysOf(tasks: readonly CheckTask[]): (string | undefined)[] {
  return tasks.map(({ memo }) => memo?.key);
}

function partsOf(tasks: readonly CheckTask[]): (string | undefined)[] {
  return tasks.flatMap(({ memo }) => memo?.part?.key ?? []);
}

Deno.test("every task of a full check can be remembered, and none of a quick one", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const tasks = planTasks(store.path);
  assert(tasks.length > 3);
  assertEquals(new Set(keysOf(tasks)).size, tasks.length);
  assert(tasks.every(({ memo }) => memo?.inputs.includes("chroma.sqlite3-wal")));
  assertEquals(planTasks(store.path, "quick").filter(({ memo }) => memo !== undefined), []);
});

Deno.test("a task is known again wherever the store is mounted", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const copy = join(await scratchDirectory(), "elsewhere");
  await copyTree(store.path, copy);
  assertEquals(keysOf(planTasks(copy)), keysOf(planTasks(store.path)));
});

Deno.test("a task is another one when the catalogue says something else of its index", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = planTasks(store.path);
  store.sql("UPDATE collections SET dimension = dimension + 1 WHERE name = 'notes'");
  const after = planTasks(store.path);
  const changed = partsOf(after).filter((key) => !partsOf(before).includes(key));
  assertEquals(changed.length, 1);
});

Deno.test("the part of a segment's task outlives what an engine writes to the database", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const before = planTasks(store.path);
  store.sql("UPDATE max_seq_id SET seq_id = seq_id + 1");
  const after = planTasks(store.path);
  assertEquals(partsOf(after), partsOf(before));
  assertNotEquals(keysOf(after), keysOf(before));
});
