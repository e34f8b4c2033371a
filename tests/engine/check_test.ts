import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { brief, checkWhole } from "../support/findings.ts";
import {
  copyTree,
  GOLDEN_STORES,
  goldenFacts,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

async function sumSizes(path: string): Promise<number> {
  let sizeBytes = 0;
  for await (const entry of Deno.readDir(path)) {
    const child = join(path, entry.name);
    sizeBytes += entry.isDirectory ? await sumSizes(child) : (await Deno.stat(child)).size;
  }
  return sizeBytes;
}

for (const name of GOLDEN_STORES) {
  Deno.test(`checkStore() finds nothing worse than info when the store is ${name}`, async () => {
    const store = await goldenStore(name);
    for (const level of ["full", "quick"] as const) {
      const { findings, summary } = await checkWhole(store, { level });
      const worse = findings.filter((finding) => finding.severity !== "info").map(brief);
      assertEquals(worse, []);
      assertEquals(summary.verdict, "clean");
      assertEquals(summary.bytesChecked + summary.bytesSkipped, await sumSizes(store));
      const explained = summary.skipped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      assertEquals(explained, summary.bytesSkipped);
    }
  });

  Deno.test(`checkStore() counts what the engine counts in ${name}`, async () => {
    const { summary } = await checkWhole(await goldenStore(name));
    const { collections } = await goldenFacts(name);
    const counts = Object.values(collections).map(({ count }) => count);
    assertEquals(summary.collections, counts.length);
    assertEquals(summary.records, counts.reduce((sum, count) => sum + count, 0));
  });
}

for (const name of TORN_STORES) {
  Deno.test(`checkStore() says that the torn store ${name} is not safe`, async () => {
    const { summary, findings } = await checkWhole(await tornStore(name));
    assertEquals(["damaged", "unsafe"].includes(summary.verdict), true);
    const inIndex = findings.filter(({ segment, severity }) =>
      segment !== null && (severity === "fatal" || severity === "error")
    );
    assertEquals(inIndex.length > 0, true, "nothing was found in the index");
  });
}

Deno.test("checkStore() changes no byte, no stamp and no listing, whatever the store is", async () => {
  const stores = [
    ...await Promise.all(GOLDEN_STORES.map(goldenStore)),
    ...await Promise.all(TORN_STORES.map(tornStore)),
  ];
  for (const store of stores) {
    const before = await snapshotTree(store);
    await checkWhole(store, { level: "full" });
    await checkWhole(store, { level: "quick" });
    assertEquals(await snapshotTree(store), before, store);
  }
});

Deno.test("checkStore() says the same in Workers as in one thread", async () => {
  const store = await tornStore("chroma-1.5.9-2");
  const segment = Array.from(Deno.readDirSync(store)).find((entry) => entry.isDirectory);
  const data = join(store, segment?.name ?? "", "data_level0.bin");
  // A hole at the end makes the store large enough for Workers, and costs nothing.
  await Deno.truncate(data, 32 << 20);
  const alone = await checkWhole(store, { jobs: 1 });
  const together = await checkWhole(store, { jobs: 3 });
  assertEquals(together.findings, alone.findings);
  assertEquals(together.summary.bytesChecked, alone.summary.bytesChecked);
});

Deno.test("checkStore() reports progress up to the end", async () => {
  let last = { checkedBytes: 0, totalBytes: -1 };
  const onProgress = (progress: typeof last): void => {
    assertEquals(progress.checkedBytes >= last.checkedBytes, true);
    last = progress;
  };
  await checkWhole(await goldenStore("chroma-1.5.9"), { onProgress });
  assertEquals(last.checkedBytes, last.totalBytes);
});

Deno.test("checkStore() throws busy when files change during both tries", async () => {
  const store = await goldenStore("chroma-1.5.9");
  let seconds = 1_000_000;
  const touch = (): void => Deno.utimeSync(join(store, "chroma.sqlite3"), ++seconds, seconds);
  const error = await assertRejects(
    () => checkWhole(store, { onProgress: touch }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  assertEquals(error.message.includes("chroma.sqlite3"), true);
});

Deno.test("checkStore() looks again when files change once", async () => {
  const store = await goldenStore("chroma-1.5.9");
  let touched = false;
  const touchOnce = (): void => {
    if (!touched) Deno.utimeSync(join(store, "chroma.sqlite3"), 1_000_000, 1_000_000);
    touched = true;
  };
  const { summary } = await checkWhole(store, { onProgress: touchOnce });
  assertEquals(summary.verdict, "clean");
});

Deno.test("checkStore() throws busy when another process holds the database", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { StoreDatabase } = await import("../../lib/sqlite/database.ts");
  using writer = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  const error = await assertRejects(() => checkWhole(store), OperationError);
  assertEquals(error.code, "busy");
  writer.execute("ROLLBACK");
});

Deno.test("checkStore() throws cancelled when its signal is aborted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = new AbortController();
  before.abort();
  const early = await assertRejects(
    () => checkWhole(store, { signal: before.signal }),
    OperationError,
  );
  assertEquals(early.code, "cancelled");
  const during = new AbortController();
  const onProgress = (): void => during.abort();
  const late = await assertRejects(
    () => checkWhole(store, { signal: during.signal, onProgress }),
    OperationError,
  );
  assertEquals(late.code, "cancelled");
});

Deno.test("checkStore() throws what fits when there is no store", async () => {
  const directory = await scratchDirectory();
  await Deno.writeTextFile(join(directory, "file"), "x");
  await Deno.mkdir(join(directory, "empty"));
  await Deno.mkdir(join(directory, "other"));
  await Deno.writeTextFile(join(directory, "other", "notes.txt"), "x");
  await Deno.symlink(join(directory, "loop"), join(directory, "loop"));
  const cases = [
    ["missing", "not-found"],
    ["file", "not-a-store"],
    ["empty", "not-a-store"],
    ["other", "not-a-store"],
    ["loop", "link-loop"],
  ] as const;
  for (const [name, code] of cases) {
    const error = await assertRejects(() => checkWhole(join(directory, name)), OperationError);
    assertEquals([name, error.code], [name, code]);
    assertEquals(error.hint === null, false);
  }
});

Deno.test("checkStore() takes a link to a store for the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const link = join(await scratchDirectory(), "link");
  await Deno.symlink(store, link);
  const { summary } = await checkWhole(link);
  assertEquals([summary.verdict, summary.store], ["clean", await Deno.realPath(store)]);
});

Deno.test("checkStore() lets one bad collection hide none of the others", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const facts = await goldenFacts("chroma-1.5.9");
  for (const { id, scope } of facts.segments) {
    if (scope !== "VECTOR") continue;
    const header = join(store, id, "header.bin");
    const exists = await Deno.stat(header).then(() => true, () => false);
    if (exists) await Deno.truncate(header, 50);
  }
  const { findings } = await checkWhole(store);
  const hit = findings.filter(({ name }) => name === "header-truncated");
  assertEquals(hit.map(({ collection }) => collection).sort(), [
    "cosine",
    "dot",
    "notes",
    "unflushed",
  ]);
});

Deno.test("checkStore() checks a copy as it checks the original", async () => {
  const store = await tornStore("chroma-0.5.23-3");
  const copy = join(await scratchDirectory(), "copy");
  await copyTree(store, copy);
  const [one, other] = [await checkWhole(store), await checkWhole(copy)];
  assertEquals(one.findings.map(brief), other.findings.map(brief));
});
