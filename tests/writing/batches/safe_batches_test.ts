import { assertEquals, assertRejects } from "@std/assert";
import { OperationError } from "../../../lib/base/errors.ts";
import type { MemoryGuard, MemoryState } from "../../../lib/machine/memory_guard.ts";
import { type BatchSettings, safeBatches } from "../../../lib/writing/batches/safe_batches.ts";
import type { BatchSource } from "../../../lib/writing/batches/batch_source.ts";

const OK: MemoryState = {
  state: "ok",
  source: "machine",
  usedRatio: 0.5,
  totalBytes: 2,
  availableBytes: 1,
  pressureRatio: null,
};

async function collect<Item>(
  items: BatchSource<Item>,
  settings: BatchSettings = {},
): Promise<Item[][]> {
  return await Array.fromAsync(safeBatches(items, { memory: null, ...settings }));
}

Deno.test("safeBatches() gives batches of ten when no size is given", async () => {
  const items = Array.from({ length: 23 }, (_, index) => index);
  assertEquals((await collect(items)).map((batch) => batch.length), [10, 10, 3]);
});

Deno.test("safeBatches() gives every item once, in order, from whatever gives items", async () => {
  async function* later(): AsyncGenerator<number> {
    for (const item of [1, 2, 3]) yield await Promise.resolve(item);
  }
  const pages = {
    total: 3,
    read: (offset: number, limit: number) => [1, 2, 3].slice(offset, offset + limit),
  };
  for (const source of [[1, 2, 3], new Set([1, 2, 3]), later(), pages]) {
    assertEquals(await collect(source, { size: 2 }), [[1, 2], [3]]);
  }
  assertEquals(await collect([]), []);
});

Deno.test("safeBatches() goes on by what a page really gave", async () => {
  const offsets: number[] = [];
  const pages = {
    total: 7,
    read: (offset: number, limit: number) => {
      offsets.push(offset);
      return Promise.resolve([0, 1, 2, 3, 4, 5, 6].slice(offset, offset + Math.min(limit, 3)));
    },
  };
  assertEquals(await collect(pages, { size: 5 }), [[0, 1, 2], [3, 4, 5], [6]]);
  assertEquals(offsets, [0, 3, 6]);
});

Deno.test("safeBatches() ends with an error when a page is empty before the end", async () => {
  const pages = { total: 7, read: (offset: number) => offset < 4 ? [1, 2] : [] };
  const error = await assertRejects(() => collect(pages, { size: 2 }), OperationError);
  assertEquals([error.code, error.message], [
    "read-failed",
    "The source gave nothing at offset 4 of 7",
  ]);
});

Deno.test("safeBatches() ends with an error when a page is larger than asked", async () => {
  const pages = { total: 7, read: () => [1, 2, 3] };
  const error = await assertRejects(() => collect(pages, { size: 2 }), OperationError);
  assertEquals(error.message, "The source gave 3 items for 2 at offset 0 of 7");
});

Deno.test("safeBatches() reads no item before it is needed, and ends the source early", async () => {
  const seen: (number | string)[] = [];
  function* items(): Generator<number> {
    try {
      for (let item = 0;; item++) {
        seen.push(item);
        yield item;
      }
    } finally {
      seen.push("closed");
    }
  }
  for await (const _ of safeBatches(items(), { size: 2, memory: null })) break;
  assertEquals(seen, [0, 1, "closed"]);
});

Deno.test("safeBatches() refuses sizes that are none", async () => {
  for (const size of [0, -1, 1.5, NaN, 1e9]) {
    const error = await assertRejects(() => collect([1], { size }), OperationError);
    assertEquals(error.code, "usage", String(size));
  }
});

Deno.test("safeBatches() waits for memory each time before it reads on", async () => {
  let waits = 0;
  const memory: MemoryGuard = {
    state: () => OK,
    waitUntilFree: () => {
      waits++;
      return Promise.resolve(OK);
    },
  };
  assertEquals(await collect([1, 2, 3], { size: 2, memory }), [[1, 2], [3]]);
  assertEquals(waits, 3);
});

Deno.test("safeBatches() ends with the error of the guard when memory stays short", async () => {
  const memory: MemoryGuard = {
    state: () => ({ ...OK, state: "short" }),
    waitUntilFree: () => Promise.reject(new OperationError("no-memory", "Still short")),
  };
  const error = await assertRejects(() => collect([1], { memory }), OperationError);
  assertEquals(error.code, "no-memory");
});

Deno.test("safeBatches() ends at once when its signal is aborted, while it waits too", async () => {
  const controller = new AbortController();
  const memory: MemoryGuard = {
    state: () => OK,
    waitUntilFree: ({ signal } = {}) => {
      controller.abort();
      return Promise.reject(signal?.reason);
    },
  };
  const { signal } = controller;
  const error = await assertRejects(() => collect([1], { memory, signal }), OperationError);
  assertEquals(error.code, "cancelled");
  await assertRejects(() => collect([1], { signal }), OperationError, "The work was cancelled");
  const reason = new OperationError("cancelled", "Enough");
  await assertRejects(
    () => collect([1], { signal: AbortSignal.abort(reason) }),
    OperationError,
    "Enough",
  );
});
