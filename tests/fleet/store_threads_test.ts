import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { type StoreOutcome, StoreThreads } from "../../lib/fleet/store_threads.ts";
import { goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";

const BROKEN_THREADS = {
  entryPoint: new URL("./threads.ts", import.meta.url),
  mostHeapMegabytes: 64,
};

/** Real threads, or broken ones. */
function startThreads(
  options: Partial<ConstructorParameters<typeof StoreThreads>[0]> = {},
): { threads: StoreThreads; abort: () => void } & Disposable {
  const controller = new AbortController();
  const threads = new StoreThreads({
    request: { level: "full" },
    jobs: 2,
    signal: controller.signal,
    ...options,
  });
  return {
    threads,
    abort: () => controller.abort(),
    [Symbol.dispose]: () => threads.close(),
  };
}

function verdictOf({ events, failure }: StoreOutcome): string {
  const last = events.at(-1);
  return last?.type === "summary" ? last.verdict : failure?.code ?? "nothing";
}

Deno.test("StoreThreads.check() tells of sound, damaged and missing stores side by side", async () => {
  using run = startThreads();
  const torn = await tornStore("chroma-1.5.9-1");
  const stores = [await goldenStore("chroma-1.5.9"), torn];
  const outcomes = await Promise.all(stores.map((store) => run.threads.check(store)));
  assertEquals(outcomes.map(verdictOf), ["clean", "unsafe"]);
  const missing = await run.threads.check("/no/such/store");
  assertEquals([missing.failure?.code, missing.failure?.path], ["not-found", "/no/such/store"]);
  const findings = outcomes[1]?.events.slice(0, -1) ?? [];
  assert(findings.length > 5);
  assert(findings.every(({ type }) => type === "finding"));
});

Deno.test("StoreThreads.check() keeps what was found, and says where it cannot", async () => {
  const golden = await goldenStore("chroma-1.5.9");
  using run = startThreads({ request: { level: "full", skipUnchanged: true }, jobs: 1 });
  assertEquals(verdictOf(await run.threads.check(golden)), "clean");
  const again = await run.threads.check(golden);
  const last = again.events.at(-1);
  assert(last?.type === "summary");
  assertEquals(last.complete, true);
  await Deno.writeTextFile(join(`${golden}.vecfsck`, "checked.json"), "{");
  const [notice] = (await run.threads.check(golden)).events;
  assert(notice?.type === "notice");
});

Deno.test("StoreThreads.check() says that there is no seal", async () => {
  using run = startThreads({ request: { level: "quick", seal: { file: undefined } }, jobs: 1 });
  const { failure, events } = await run.threads.check(await goldenStore("chroma-1.5.9"));
  assertEquals([failure?.code, events.length], ["not-found", 0]);
});

Deno.test("a thread that breaks ends the check of its store alone", async () => {
  using run = startThreads({ choice: BROKEN_THREADS, jobs: 1 });
  const told: string[] = [];
  for (const name of ["a", "throws", "b", "exits", "c", "fills", "d"]) {
    const outcome = await run.threads.check(`/srv/${name}`);
    told.push(verdictOf(outcome));
  }
  assertEquals(told, ["clean", "internal", "clean", "internal", "clean", "no-memory", "clean"]);
});

Deno.test("StoreThreads.check() ends when its signal is aborted, and takes no more stores", async () => {
  using run = startThreads({ choice: BROKEN_THREADS });
  const check = run.threads.check("/srv/never");
  setTimeout(run.abort, 20);
  const error = await assertRejects(() => check, OperationError);
  assertEquals(error.code, "cancelled");
  await assertRejects(() => run.threads.check("/srv/a"), OperationError, "cancelled");
});

Deno.test("StoreThreads.check() ends a store that vanishes with its error, and goes on", async () => {
  const root = await scratchDirectory();
  const golden = await goldenStore("chroma-0.4.24");
  using run = startThreads({ jobs: 1 });
  const gone = join(root, "gone");
  const { failure } = await run.threads.check(gone);
  assertEquals(failure?.code, "not-found");
  assertEquals(verdictOf(await run.threads.check(golden)), "clean");
});
