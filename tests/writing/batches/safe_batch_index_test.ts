import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../lib/base/errors.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { BatchIndexError } from "../../../lib/writing/batches/batch_index_error.ts";
import type { RecordColumns, RecordQuery } from "../../../lib/writing/batches/collection.ts";
import {
  type BatchIndexOptions,
  type BatchIndexOutcome,
  indexInBatches,
} from "../../../lib/writing/batches/safe_batch_index.ts";
import type { BatchSource } from "../../../lib/writing/batches/batch_source.ts";
import type { IndexCollection, IndexRecord } from "../../../lib/writing/batches/collection.ts";
import { scratchDirectory } from "../../support/fixtures.ts";
import { systemError } from "../../support/memory_fs.ts";
import { FakeCollection, makeRecords } from "./collections.ts";

/** Writes in a world without memory and time. */
function index(
  collection: IndexCollection,
  records: BatchSource<IndexRecord>,
  options: BatchIndexOptions = {},
): Promise<BatchIndexOutcome> {
  return indexInBatches(collection, records, {
    memory: null,
    pause: () => Promise.resolve(),
    ...options,
  });
}

async function failureOf(
  collection: IndexCollection,
  records: BatchSource<IndexRecord>,
  options: BatchIndexOptions = {},
): Promise<OperationError> {
  return await assertRejects(() => index(collection, records, options), OperationError);
}

Deno.test("safeBatchIndex() writes every record once, in batches of ten", async () => {
  const collection = new FakeCollection();
  const progress: number[] = [];
  const outcome = await index(collection, makeRecords(23), {
    onProgress: ({ offset }) => progress.push(offset),
  });
  assertEquals(outcome, {
    records: 23,
    resumedAt: 0,
    batches: 3,
    added: 23,
    replaced: 0,
    skipped: 0,
    count: 23,
  });
  assertEquals(collection.calls.map((ids) => ids.length), [10, 10, 3]);
  assertEquals(progress, [10, 20, 23]);
  assertEquals(collection.records.get("r7")?.embedding, [7, 1]);
});

Deno.test("safeBatchIndex() does not take ids that were there for new ones", async () => {
  const collection = new FakeCollection();
  await index(collection, makeRecords(5));
  const outcome = await index(collection, makeRecords(8), { size: 4 });
  assertEquals([outcome.added, outcome.replaced, outcome.count], [3, 5, 8]);
});

Deno.test("safeBatchIndex() leaves what is there when told so", async () => {
  const collection = new FakeCollection();
  await index(collection, [{ id: "r1", document: "old" }]);
  const outcome = await index(collection, makeRecords(3), { skipExisting: true });
  assertEquals([outcome.added, outcome.replaced, outcome.skipped], [2, 0, 1]);
  assertEquals(collection.records.get("r1")?.document, "old");
  assertEquals(collection.calls.at(-1), ["r0", "r2"]);
});

Deno.test("safeBatchIndex() adds what is missing where a collection has add alone", async () => {
  const fake = new FakeCollection();
  fake.keep({ ids: ["r1"], documents: ["old"] });
  const collection = {
    count: () => fake.count(),
    get: (query: RecordQuery) => fake.get(query),
    add: (columns: RecordColumns) => fake.upsert(columns),
  };
  const outcome = await index(collection, makeRecords(3));
  assertEquals([outcome.added, outcome.replaced, outcome.skipped], [2, 0, 1]);
  assertEquals(fake.records.get("r1")?.document, "old");
});

Deno.test("safeBatchIndex() refuses a collection that has neither upsert nor add", async () => {
  const { count, get } = new FakeCollection();
  const error = await failureOf({ count, get } as unknown as IndexCollection, makeRecords(1));
  assertEquals(error.code, "usage");
});

Deno.test("safeBatchIndex() sends records with the same fields together, and no empty column", async () => {
  const collection = new FakeCollection();
  await index(collection, [
    { id: "a", embedding: new Float32Array([1, 2]), metadata: {} },
    { id: "b", document: "text", metadata: { page: 1 } },
    { id: "c", embedding: [3, 4], document: null },
    { id: "d", document: "", metadata: { page: 2 } },
  ]);
  assertEquals(collection.calls, [["a", "c"], ["b", "d"]]);
  assertEquals(collection.records.get("a")?.embedding, [1, 2]);
  assertEquals(collection.records.get("d"), {
    embedding: null,
    document: "",
    metadata: { page: 2 },
  });
});

Deno.test("safeBatchIndex() lets the last one win when an id stands twice", async () => {
  const collection = new FakeCollection();
  const records = ["a", "b", "a", "c"].map((id, place) => ({ id, document: `${place}` }));
  const outcome = await index(collection, records);
  assertEquals(collection.calls, [["a", "b"], ["a", "c"]]);
  assertEquals([outcome.records, outcome.added, outcome.replaced], [4, 3, 1]);
  assertEquals(collection.records.get("a")?.document, "2");
});

Deno.test("safeBatchIndex() names the records that a server took and does not have", async () => {
  class Losing extends FakeCollection {
    override keep(columns: RecordColumns): void {
      super.keep(columns);
      this.records.delete("r12");
    }
  }
  const collection = new Losing();
  const error = await failureOf(collection, makeRecords(20));
  assertEquals(error instanceof BatchIndexError && [error.offset, error.ids], [10, ["r12"]]);
  assertEquals(
    error.message,
    "The server took a batch at offset 10, and 1 of its 10 records are not there",
  );
  // The one that was missing was tried once more before.
  assertEquals(collection.calls.at(-1), ["r12"]);
});

Deno.test("safeBatchIndex() writes on what a server took only a part of", async () => {
  class Greedy extends FakeCollection {
    override keep({ ids, embeddings = [] }: RecordColumns): void {
      super.keep({ ids: ids.slice(0, 4), embeddings: embeddings.slice(0, 4) });
    }
  }
  const collection = new Greedy();
  const outcome = await index(collection, makeRecords(20));
  assertEquals([outcome.records, outcome.added, outcome.count], [20, 20, 20]);
  assertEquals(collection.calls.map((ids) => ids.length), [10, 6, 2, 10, 6, 2]);
});

Deno.test("safeBatchIndex() ends when the collection counts fewer than it has to", async () => {
  class Forgetting extends FakeCollection {
    override keep(columns: RecordColumns): void {
      super.keep(columns);
      if (this.records.size > 10) this.records.delete("r3");
    }
  }
  const error = await failureOf(new Forgetting(), makeRecords(20));
  assertEquals(
    error.message,
    "The collection counts 19 records after the batch at offset 10, and has to count 20",
  );
});

Deno.test("safeBatchIndex() bears that somebody else adds records meanwhile", async () => {
  class Shared extends FakeCollection {
    override keep(columns: RecordColumns): void {
      super.keep(columns);
      this.records.set(`other${this.calls.length}`, {
        embedding: null,
        document: null,
        metadata: null,
      });
    }
  }
  const outcome = await index(new Shared(), makeRecords(20));
  assertEquals([outcome.added, outcome.count], [20, 22]);
});

Deno.test("safeBatchIndex() tries again what failed on the way, also where it had arrived", async () => {
  class Shaky extends FakeCollection {
    #failures = 2;
    override async upsert(columns: RecordColumns): Promise<void> {
      await super.upsert(columns);
      if (this.#failures-- > 0) throw new TypeError("fetch failed");
    }
  }
  const pauses: number[] = [];
  const outcome = await index(new Shaky(), makeRecords(5), {
    pause: (durationMs) => {
      pauses.push(durationMs);
      return Promise.resolve();
    },
  });
  assertEquals([outcome.added, outcome.count], [5, 5]);
  assertEquals(pauses, [250, 500]);
});

Deno.test("safeBatchIndex() gives up on a server that is gone, and names the batch", async () => {
  class Gone extends FakeCollection {
    tries = 0;
    override upsert(): Promise<unknown> {
      this.tries++;
      return Promise.reject(new TypeError("error sending request: Connection refused"));
    }
  }
  const collection = new Gone();
  const error = await failureOf(collection, makeRecords(2), { retries: 2 });
  assertEquals(collection.tries, 3);
  assertEquals(error instanceof BatchIndexError && [error.offset, error.ids], [0, ["r0", "r1"]]);
  assertEquals(
    error.message,
    "Cannot write 2 records at offset 0 after 3 tries: error sending request: Connection refused",
  );
});

Deno.test("safeBatchIndex() does not repeat what a server refuses", async () => {
  class Strict extends FakeCollection {
    tries = 0;
    override upsert(): Promise<unknown> {
      this.tries++;
      return Promise.reject(new Error("Expected dimension 384, got 2"));
    }
  }
  const collection = new Strict();
  const error = await failureOf(collection, makeRecords(2));
  assertEquals([collection.tries, error.code], [1, "write-failed"]);
  assertEquals(
    error.message,
    "Cannot write 2 records at offset 0: Expected dimension 384, got 2",
  );
});

Deno.test("safeBatchIndex() ends when a server does not answer, and does not write again", async () => {
  class Hanging extends FakeCollection {
    override upsert(columns: RecordColumns): Promise<unknown> {
      this.calls.push(columns.ids);
      return new Promise(() => {});
    }
  }
  const collection = new Hanging();
  const error = await failureOf(collection, makeRecords(2), { timeoutMs: 5 });
  assertEquals([error.code, collection.calls.length], ["write-failed", 1]);
});

Deno.test("safeBatchIndex() ends at once when it is cancelled while a server hangs", async () => {
  const controller = new AbortController();
  class Hanging extends FakeCollection {
    override upsert(): Promise<unknown> {
      controller.abort();
      return new Promise(() => {});
    }
  }
  const error = await failureOf(new Hanging(), makeRecords(2), { signal: controller.signal });
  assertEquals(error.code, "cancelled");
});

Deno.test("safeBatchIndex() writes no more at once than the server says", async () => {
  const collection = new FakeCollection();
  const client = { getMaxBatchSize: () => Promise.resolve(4) };
  await index(collection, makeRecords(10), { client });
  assertEquals(collection.calls.map((ids) => ids.length), [4, 4, 2]);
});

Deno.test("safeBatchIndex() refuses records that are none before a batch is written", async () => {
  const bad: [IndexRecord, string][] = [
    [{ id: "" }, "The record at offset 1 has no id"],
    [
      { id: "x", embedding: [1, NaN] },
      'The vector of the record "x" at offset 1 is none of finite numbers',
    ],
    [
      { id: "x", embedding: [] },
      'The vector of the record "x" at offset 1 is none of finite numbers',
    ],
  ];
  for (const [record, message] of bad) {
    const collection = new FakeCollection();
    const error = await failureOf(collection, [...makeRecords(1), record]);
    assertEquals([error.code, error.message], ["usage", message]);
    assertEquals(collection.calls, []);
  }
});

/** Fails once a collection has so many records. */
class Interrupted extends FakeCollection {
  readonly #most: number;
  isOver = false;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override async upsert(columns: RecordColumns): Promise<void> {
    if (!this.isOver && this.records.size >= this.#most) throw new Error("The lights went out");
    await super.upsert(columns);
  }
}

async function interrupt(count: number): Promise<{ collection: Interrupted; checkpoint: string }> {
  const checkpoint = join(await scratchDirectory(), "index.checkpoint");
  const collection = new Interrupted(count);
  await failureOf(collection, makeRecords(50), { checkpoint });
  collection.isOver = true;
  collection.calls.length = 0;
  return { collection, checkpoint };
}

Deno.test("safeBatchIndex() goes on after the last batch when it was interrupted", async () => {
  const { collection, checkpoint } = await interrupt(30);
  const outcome = await index(collection, makeRecords(50), { checkpoint });
  assertEquals([outcome.resumedAt, outcome.records, outcome.added], [30, 50, 20]);
  assertEquals(collection.calls.flat(), makeRecords(50).slice(30).map(({ id }) => id));
  await assertRejects(() => Deno.lstat(checkpoint), Deno.errors.NotFound);
});

Deno.test("safeBatchIndex() reads no page that it can pass over when it goes on", async () => {
  const { collection, checkpoint } = await interrupt(30);
  const offsets: number[] = [];
  const records = makeRecords(50);
  await index(collection, {
    total: 50,
    read: (offset, limit) => {
      offsets.push(offset);
      return records.slice(offset, offset + limit);
    },
  }, { checkpoint });
  assertEquals(offsets, [20, 30, 40]);
});

Deno.test("safeBatchIndex() does not go on with other records", async () => {
  const { collection, checkpoint } = await interrupt(30);
  for (const records of [makeRecords(50).toReversed(), makeRecords(25)]) {
    const error = await failureOf(collection, records, { checkpoint });
    assertEquals([error.code, collection.calls.length], ["usage", 0]);
    assertEquals(
      error.message,
      "The records are not those of the checkpoint, or in another order",
    );
  }
});

Deno.test("safeBatchIndex() does not go on in another collection", async () => {
  const { checkpoint } = await interrupt(30);
  const other = Object.assign(new FakeCollection(), { id: "decaf" });
  const error = await failureOf(other, makeRecords(50), { checkpoint });
  assertEquals([error.code, error.message], ["usage", "The checkpoint is of another collection"]);
});

Deno.test("safeBatchIndex() does not go on in a collection that has lost records", async () => {
  const { collection, checkpoint } = await interrupt(30);
  collection.records.delete("r25");
  const error = await failureOf(collection, makeRecords(50), { checkpoint });
  assertEquals(error instanceof BatchIndexError && [error.offset, error.ids], [20, ["r25"]]);
});

Deno.test("safeBatchIndex() refuses a file that is no checkpoint, and leaves it", async () => {
  const directory = await scratchDirectory();
  const hash = "0".repeat(32);
  const good = { format: "vecfsck-batches", version: 1, collection: null, offset: 9, lastCount: 3 };
  const wrong: string[] = [
    "",
    "{}",
    "not JSON",
    JSON.stringify({ ...good, lastHash: "short" }),
    JSON.stringify({ ...good, lastHash: hash, version: 2 }),
    JSON.stringify({ ...good, lastHash: hash, lastCount: 10 }),
    JSON.stringify({ ...good, lastHash: hash, lastCount: 0 }),
    JSON.stringify({ ...good, lastHash: hash, offset: -1 }),
    "x".repeat(100_000),
  ];
  for (const [number, text] of wrong.entries()) {
    const checkpoint = join(directory, `${number}`);
    await Deno.writeTextFile(checkpoint, text);
    const error = await failureOf(new FakeCollection(), makeRecords(1), { checkpoint });
    assertEquals([error.code, error.path], ["read-failed", checkpoint], text.slice(0, 60));
    assertEquals(await Deno.readTextFile(checkpoint), text);
  }
  const error = await failureOf(new FakeCollection(), makeRecords(1), { checkpoint: directory });
  assertEquals(error.code, "read-failed");
});

Deno.test("safeBatchIndex() keeps the checkpoint before when the next one cannot be written", async () => {
  const checkpoint = join(await scratchDirectory(), "index.checkpoint");
  const collection = new FakeCollection();
  const fs = {
    ...localFs,
    createFile: (path: string, mode: number) => {
      if (collection.records.size < 30) return localFs.createFile(path, mode);
      throw systemError("ENOSPC");
    },
  };
  const error = await failureOf(collection, makeRecords(50), { checkpoint, fs });
  assertEquals([error.code, collection.records.size], ["no-space", 30]);
  const outcome = await index(collection, makeRecords(50), { checkpoint });
  assertEquals([outcome.resumedAt, outcome.replaced, outcome.added], [20, 10, 20]);
});
