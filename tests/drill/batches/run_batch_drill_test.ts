import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import type {
  BatchDrillOptions,
  BatchOutcome,
  BatchState,
} from "../../../lib/drill/batches/batch_result.ts";
import { chooseSizes, runBatchDrill } from "../../../lib/drill/batches/run_batch_drill.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { chromemStore } from "../../support/chromem_stores.ts";
import { goldenStore, scratchDirectory } from "../../support/fixtures.ts";
import { snapshotTree } from "../../support/snapshot.ts";
import { fakeMachine, memoryOf } from "../../machine/fake_machine.ts";
import { FakeChroma, type FakeFaults } from "./fake_chroma.ts";

const ROOMY = fakeMachine({ memory: memoryOf(1000, 900) });

/** Measures a fake server that was running already. */
function measure(
  server: FakeChroma,
  options: Partial<BatchDrillOptions> = {},
): Promise<BatchOutcome> {
  return runBatchDrill({
    server: "http://127.0.0.1:8000",
    request: server.request,
    sources: ROOMY,
    dimension: 4,
    ...options,
  });
}

async function statesOf(
  faults: FakeFaults,
  options: Partial<BatchDrillOptions> = {},
): Promise<[number, BatchState][]> {
  const { results } = await measure(new FakeChroma(faults), options);
  return results.map(({ size, state }) => [size, state]);
}

Deno.test("chooseSizes() goes up to what the server takes", () => {
  assertEquals(chooseSizes(166, undefined, 4), [10, 20, 50, 100, 166]);
  assertEquals(chooseSizes(100, undefined, 4), [10, 20, 50, 100]);
  assertEquals(chooseSizes(5, undefined, 4), [5]);
  assertEquals(chooseSizes(41_666, undefined, 4).at(-1), 10_000);
  assertEquals(chooseSizes(41_666, 20_000, 4).slice(-2), [10_000, 20_000]);
  assertEquals(chooseSizes(41_666, 60, 4), [10, 20, 50, 60]);
  assertEquals(chooseSizes(null, undefined, 4).at(-1), 10_000);
});

Deno.test("chooseSizes() makes no request of more than 256 MiB, and tries one record at least", () => {
  const most = chooseSizes(41_666, 20_000, 3072).at(-1) ?? 0;
  assert(most > 3000 && most < 5000, String(most));
  assertEquals(chooseSizes(100, undefined, 1 << 30), [1]);
});

Deno.test("runBatchDrill() tries growing sizes, each in a collection of its own that it removes", async () => {
  const server = new FakeChroma();
  const { start, results } = await measure(server);
  assertEquals(start, {
    store: null,
    server: "http://127.0.0.1:8000",
    version: "1.0.0",
    dimension: 4,
    maxBatchSize: 400,
    sizes: [10, 20, 50, 100, 200, 400],
  });
  assertEquals(results.map(({ size, batches }) => [size, batches]), [
    [10, 20],
    [20, 20],
    [50, 8],
    [100, 4],
    [200, 2],
    [400, 2],
  ]);
  for (const { state, says, lostRecords } of results) {
    assertEquals([state, says, lostRecords], ["good", null, 0]);
  }
  assertEquals(server.made.length, 6);
  for (const name of server.made) assert(/^vecfsck-drill-batches-[0-9a-f]{16}-\d+$/.test(name));
  assertEquals(server.collections.size, 0);
});

Deno.test("runBatchDrill() recommends the smallest size at which a record takes hardly longer", async () => {
  const server = new FakeChroma();
  let nowMs = 0;
  const costs = new Map([[10, 50], [20, 60], [50, 65], [100, 120], [200, 400], [400, 900]]);
  const outcome = await measure(server, {
    clockMs: () => nowMs,
    request: (url, init) => {
      if (url.endsWith("/upsert")) {
        nowMs += costs.get(JSON.parse(String(init.body)).ids.length) ?? 0;
      }
      return server.request(url, init);
    },
  });
  assertEquals(outcome.results.map(({ perRecordMs }) => perRecordMs), [5, 3, 1.3, 1.2, 2, 2.25]);
  assertEquals(outcome.results.map(({ slowestBatchMs }) => slowestBatchMs), [...costs.values()]);
  assertEquals(outcome.recommendedSize, 50);
});

Deno.test("runBatchDrill() ends at the first size that is refused", async () => {
  const server = new FakeChroma({ refuseAbove: 60 });
  const { results, recommendedSize } = await measure(server);
  const last = results.at(-1);
  assertEquals([last?.size, last?.state, last?.batches], [100, "refused", 0]);
  assertEquals(last?.says, "status 413: Payload too large");
  assert(recommendedSize !== null && recommendedSize <= 50);
  assertEquals(server.collections.size, 0);
});

Deno.test("runBatchDrill() notices records that a server took and does not have", async () => {
  const { results } = await measure(new FakeChroma({ loseAbove: 60 }));
  const last = results.at(-1);
  assertEquals([last?.size, last?.state, last?.lostRecords], [100, "lost", 4]);
  assertEquals(last?.says, "it took 400 records and counts 396");
});

Deno.test("runBatchDrill() notices vectors that are not as they were", async () => {
  const { results } = await measure(new FakeChroma({ changeAbove: 60 }));
  const last = results.at(-1);
  assertEquals([last?.size, last?.state, last?.lostRecords], [100, "lost", 4]);
});

Deno.test("runBatchDrill() takes a vector for the same that a server has written with fewer digits", async () => {
  const server = new FakeChroma();
  const { results } = await measure(server, {
    request: async (url, init) => {
      const response = await server.request(url, init);
      if (!url.endsWith("/get")) return response;
      const { ids, embeddings } = await response.json();
      const short = (value: number): number => Number(value.toPrecision(9));
      const rounded = embeddings.map((vector: number[]) => vector.map(short));
      return Response.json({ ids, embeddings: rounded });
    },
  });
  assertEquals(results.at(-1)?.state, "good");
});

Deno.test("runBatchDrill() says that a server which was running is gone", async () => {
  const server = new FakeChroma({ dieAbove: 60 });
  const { results } = await measure(server);
  assertEquals(results.at(-1)?.state, "gone");
  assertEquals(results.at(-1)?.says, "error sending request: connection closed");
});

Deno.test("runBatchDrill() says how a server ended that it has started", async () => {
  const server = new FakeChroma({ dieAbove: 60 });
  let isStopped = false;
  const outcome = await measure(server, {
    server: () =>
      Promise.resolve({
        address: "http://127.0.0.1:1234",
        ended: () => Promise.resolve(server.isDead ? "killed by SIGKILL" : null),
        stop: () => {
          isStopped = true;
          return Promise.resolve();
        },
      }),
  });
  const last = outcome.results.at(-1);
  assertEquals([last?.state, last?.says, isStopped], ["died", "killed by SIGKILL", true]);
  assertEquals(outcome.start.server, null);
});

Deno.test("runBatchDrill() says when the kernel has ended a process for want of memory", async () => {
  const server = new FakeChroma({ dieAbove: 60 });
  const sources = {
    ...ROOMY,
    readText: (path: string) =>
      path === "/proc/vmstat" ? `oom_kill ${server.isDead ? 3 : 2}\n` : null,
  };
  const { results } = await measure(server, {
    sources,
    server: () =>
      Promise.resolve({
        address: "http://127.0.0.1:1234",
        ended: () => Promise.resolve("killed by SIGKILL"),
        stop: () => Promise.resolve(),
      }),
  });
  assertEquals(
    results.at(-1)?.says,
    "killed by SIGKILL; the kernel ended a process for want of memory",
  );
});

Deno.test("runBatchDrill() ends at the first size at which the machine swaps", async () => {
  const server = new FakeChroma();
  const sources = {
    ...ROOMY,
    readText: (path: string) =>
      path === "/proc/vmstat" ? `pswpin 0\npswpout ${server.made.length > 2 ? 9000 : 10}\n` : null,
  };
  const { results } = await measure(server, { sources });
  assertEquals(results.map(({ state }) => state), ["good", "good", "swapped"]);
  assertEquals(results.at(-1)?.says, "8,990 pages were written to the swap meanwhile");
});

Deno.test("runBatchDrill() does not begin a size while memory is short", async () => {
  const sources = fakeMachine({ memory: memoryOf(100, 5) });
  assertEquals(await statesOf({}, { sources }), [[10, "short"]]);
});

Deno.test("runBatchDrill() takes an answer that is none for a refusal", async () => {
  const states = await statesOf({ babbleAbove: 10 });
  assertEquals(states, [[10, "good"], [20, "refused"]]);
});

Deno.test("runBatchDrill() speaks the old interface, and measures the dimension itself there", async () => {
  const server = new FakeChroma({ isOld: true, hidesLimit: true });
  server.collections.set("mine", new Map([["a", [1, 2, 3]]]));
  server.collections.set("empty", new Map());
  const { start } = await runBatchDrill({
    server: "http://127.0.0.1:8000",
    request: server.request,
    sources: ROOMY,
    maxSize: 20,
  });
  assertEquals([start.dimension, start.maxBatchSize, start.sizes], [3, null, [10, 20]]);
  assertEquals(server.searched, []);
  assertEquals([...server.collections.keys()], ["mine", "empty"]);
});

Deno.test("runBatchDrill() starts a server on a copy of the store, with its indexes loaded", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  const server = new FakeChroma();
  server.collections.set("mine", new Map([["a", [1, 2, 3]]]));
  let copy = "";
  const outcome = await measure(server, {
    store,
    server: (directory) => {
      copy = directory;
      Deno.writeTextFileSync(join(directory, "written"), "by the server");
      return Promise.resolve({
        address: "http://127.0.0.1:1234",
        ended: () => Promise.resolve(null),
        stop: () => Promise.resolve(),
      });
    },
  });
  assertEquals(outcome.start.store, store);
  assertEquals(server.searched, ["mine"]);
  assertEquals(await snapshotTree(store), before);
  assertEquals(localFs.look(join(copy, "..")), null);
});

Deno.test("runBatchDrill() leaves no copy and no server when nothing answers as a Chroma does", async () => {
  let copy = "";
  let isStopped = false;
  const error = await assertRejects(() =>
    runBatchDrill({
      store: undefined,
      request: () => Promise.resolve(Response.json({ hello: "world" })),
      sources: ROOMY,
      server: (directory) => {
        copy = directory;
        return Promise.resolve({
          address: "http://127.0.0.1:1234",
          ended: () => Promise.resolve(null),
          stop: () => {
            isStopped = true;
            return Promise.resolve();
          },
        });
      },
    }), OperationError);
  assertEquals([error.code, isStopped], ["unsupported", true]);
  assertEquals(localFs.look(join(copy, "..")), null);
});

Deno.test("runBatchDrill() says so when a server cannot be reached", async () => {
  const server = new FakeChroma();
  server.isDead = true;
  const error = await assertRejects(() => measure(server), OperationError);
  assertEquals([error.code, error.message], [
    "read-failed",
    "The server cannot be asked: error sending request: refused",
  ]);
});

Deno.test("runBatchDrill() refuses what is no store of Chroma", async () => {
  const chromem = await chromemStore("plain");
  const empty = await scratchDirectory();
  for (const [store, code] of [[chromem, "unsupported"], [empty, "not-a-store"]] as const) {
    const start = () => Promise.reject(new Error("No server is started"));
    const error = await assertRejects(
      () => runBatchDrill({ store, server: start, sources: ROOMY }),
      OperationError,
    );
    assertEquals(error.code, code);
  }
});

Deno.test("runBatchDrill() removes its collection when it is cancelled", async () => {
  const controller = new AbortController();
  const reason = new OperationError("cancelled", "Enough");
  const server = new FakeChroma();
  const error = await assertRejects(() =>
    measure(server, {
      signal: controller.signal,
      request: (url, init) => {
        if (url.endsWith("/upsert")) controller.abort(reason);
        init.signal?.throwIfAborted();
        return server.request(url, init);
      },
    }), OperationError);
  assertEquals(error.message, "Enough");
  assertEquals([server.made.length, server.collections.size], [1, 0]);
});
