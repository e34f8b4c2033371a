import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { renderReport } from "../../lib/output/report_page/report_page.ts";
import { createReport, createReportWith } from "../../lib/report/create_report.ts";
import type { StoreReport } from "../../lib/report/report_model.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenFacts, goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

async function reportOn(store: string, level: "full" | "quick" = "full"): Promise<StoreReport> {
  const { stores: [report] } = await createReport([store], { level });
  if (report === undefined) throw new Error("no report");
  return report;
}

Deno.test("createReport() writes nothing in a store, whatever is wrong with it, nor beside it", async () => {
  for (const store of [await goldenStore("chroma-1.5.9"), await tornStore("chroma-0.5.23-1")]) {
    const around = join(store, "..");
    const before = await snapshotTree(around);
    await reportOn(store);
    assertEquals(await snapshotTree(around), before);
  }
});

Deno.test("createReport() shows a sound store from the inside", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { collections: expected } = await goldenFacts("chroma-1.5.9");
  const { summary, failure, findings, files, collections, nextSteps } = await reportOn(store);
  assertEquals([summary?.verdict, failure, findings.total], ["clean", null, 4]);
  assertEquals(files?.checkedBytes, summary?.bytesChecked);
  assertEquals((files?.sizeBytes ?? 0) - (files?.checkedBytes ?? 0), summary?.bytesSkipped);
  const counts = collections?.listed.map(({ name, records }) => [name, records]);
  assertEquals(
    Object.fromEntries(counts ?? []),
    Object.fromEntries(Object.entries(expected).map(([name, { count }]) => [name, count])),
  );
  const notes = collections?.listed.find(({ name }) => name === "notes");
  assertEquals(notes?.graph?.live, 382);
  assertEquals(notes?.graph?.deleted, 18);
  assertEquals(notes?.graph?.unreachable, 0);
  assertEquals(notes?.graph?.levels.reduce((sum, count) => sum + count), 400);
  assertEquals(notes?.graph?.degrees.reduce((sum, count) => sum + count), 400);
  assertEquals([notes?.drift?.vectorWatermark, notes?.drift?.pendingWrites], [670, 16]);
  const states = Map.groupBy(notes?.projection?.points ?? [], ({ state }) => state);
  assertEquals(states.get("live")?.length, 382);
  assertEquals(states.get("deleted")?.length, 18);
  assertEquals(states.get("queued")?.length, 16);
  assert(expected.notes?.ids.includes(states.get("live")?.[0]?.label ?? ""));
  // Nothing but the queue has its vectors, and they are shown all the same.
  const unflushed = collections?.listed.find(({ name }) => name === "unflushed");
  assertEquals(unflushed?.projection?.points.map(({ state }) => state), Array(12).fill("queued"));
  assertEquals(nextSteps.map(({ command }) => command), [`vecfsck backup ${store}`]);
});

Deno.test("createReport() is the same for the same store, but for times", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const now = (): Date => new Date("2026-03-01T12:00:00Z");
  const [first, second] = [
    await createReportWith([store], { now }),
    await createReportWith([store], { now }),
  ];
  assertEquals(first.stores[0]?.collections, second.stores[0]?.collections);
  assertEquals(first.stores[0]?.files, second.stores[0]?.files);
});

Deno.test("createReport() says which bytes are damaged, and which record stands there", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("vectors_nan", { store, collection: "notes" }, 1);
  applyDamage("data_level0_half", { store, collection: "cosine" }, 1);
  applyDamage("header_missing", { store, collection: "dot" }, 1);
  const { findings, files, collections, nextSteps } = await reportOn(store);
  const data = files?.listed.filter(({ path }) => path.endsWith("data_level0.bin")) ?? [];
  const ranges = data.flatMap((file) => file.ranges.map((range) => ({ ...range, file })));
  const nan = ranges.filter(({ finding }) =>
    findings.listed[finding]?.name === "vector-not-finite"
  );
  const found = findings.listed.find(({ name }) => name === "vector-not-finite");
  assertEquals(
    nan.map(({ offset, sizeBytes }) => [offset, offset + (sizeBytes ?? 0)]),
    found?.detail.ranges,
  );
  const ids: readonly string[] = (await goldenFacts("chroma-1.5.9")).collections.notes?.ids ?? [];
  const [, slot, id] = /^slot (\d+), record (.+)$/.exec(nan[0]?.owner ?? "") ?? [];
  assert(slot !== undefined && id !== undefined, nan[0]?.owner ?? "no owner");
  // A record that was deleted is no longer in the id map, and then its slot alone is named.
  assert(ids.includes(id));
  const notes = collections?.listed.find(({ name }) => name === "notes");
  assertEquals([notes?.isHealthy, notes?.damagedVectors], [false, found?.count]);
  const cosine = collections?.listed.find(({ name }) => name === "cosine");
  assertEquals([cosine?.graph?.slots, cosine?.graph?.expectedSlots, cosine?.missingVectors], [
    60,
    120,
    60,
  ]);
  const header = files?.listed.find(({ isPresent }) => !isPresent);
  assertStringIncludes(header?.path ?? "", "/header.bin");
  assertEquals(nextSteps.slice(1, 3).map(({ command }) => command), [
    `vecfsck repair --dry-run ${store}`,
    `vecfsck repair ${store}`,
  ]);
});

Deno.test("createReport() adds up the files of every torn store as its check does", async () => {
  for (const name of ["chroma-0.5.23-2", "chroma-1.5.9-2"] as const) {
    const { summary, files, history, collections } = await reportOn(await tornStore(name));
    assertEquals(files?.checkedBytes, summary?.bytesChecked);
    assertEquals(files?.sizeBytes, (summary?.bytesChecked ?? 0) + (summary?.bytesSkipped ?? 0));
    assertEquals(collections?.listed.length, 1);
    assertEquals(history.map(({ kind, isGood }) => [kind, isGood]), [["check", false]]);
  }
});

Deno.test("createReport() looks at headers alone at the quick level", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { summary, files, collections, nextSteps } = await reportOn(store, "quick");
  assertEquals([summary?.level, files?.checkedBytes], ["quick", summary?.bytesChecked]);
  const notes = collections?.listed.find(({ name }) => name === "notes");
  assertEquals([notes?.graph, notes?.projection?.points.length], [null, 416]);
  assertEquals(nextSteps[0]?.command, `vecfsck check ${store}`);
});

Deno.test("createReport() shows what is left of a store whose catalogue is gone", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.writeFile(join(store, "chroma.sqlite3"), new Uint8Array(5000).fill(7));
  const { summary, collections, findings } = await reportOn(store);
  assertEquals(summary?.verdict, "damaged");
  assert(findings.listed.some(({ code }) => code === "VF1101"));
  // Without the catalogue nothing tells which distance an index has, but its vectors are there.
  assert((collections?.listed.length ?? 0) >= 4);
  assert(collections?.listed.some(({ projection }) => (projection?.points.length ?? 0) > 100));
});

Deno.test("createReport() shows chromem-go with its documents", async () => {
  for (const name of ["plain", "gzip"] as const) {
    const { summary, files, collections } = await reportOn(await chromemStore(name));
    assertEquals(summary?.verdict, "clean");
    assertEquals(files?.checkedBytes, summary?.bytesChecked);
    const documents = collections?.listed.reduce((sum, { records }) => sum + (records ?? 0), 0);
    assertEquals(documents, summary?.records);
    assert(collections?.listed.every(({ graph, drift }) => graph === null && drift === null));
    assert(collections?.listed.some(({ projection }) => projection !== null));
  }
});

Deno.test("createReport() takes names and ids of any length, whatever is in them", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const hostile = "'</script><img src=x onerror=alert(1)>' || char(8238, 27, 10)";
  store.sql(
    `UPDATE collections SET name = ${hostile} WHERE name = 'notes'`,
    `UPDATE collections SET name = replace(hex(zeroblob(5000000)), '0', '<') WHERE name = 'dot'`,
    `UPDATE embeddings_queue SET id = replace(hex(zeroblob(5000000)), '0', '>')
     WHERE seq_id = (SELECT max(seq_id) FROM embeddings_queue)`,
  );
  const report = await createReport([store.path]);
  assert(report.stores[0]?.collections?.listed.some(({ name }) => name.includes("</script>")));
  const page = renderReport(report);
  assert(page.length < 1_000_000, `${page.length} characters`);
  assertEquals(page.includes("<img"), false);
  assertStringIncludes(page, "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;\\u{202e}\\u{1b}");
});

Deno.test("createReport() ends when it is told to, and tells no store of that", async () => {
  const controller = new AbortController();
  const reason = new OperationError("cancelled", "Cancelled");
  const store = await goldenStore("chroma-1.5.9");
  const made = createReport([store], {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  assertEquals((await assertRejects(() => made, OperationError)).code, "cancelled");
});

Deno.test("createReport() tells what cannot be looked at, and looks at the others", async () => {
  const empty = await scratchDirectory();
  const store = await chromemStore("plain");
  const { stores } = await createReport(["/no/such/store", empty, store]);
  assertEquals(stores.map(({ failure }) => failure?.code ?? null), [
    "not-found",
    "not-a-store",
    null,
  ]);
  assertEquals(stores.map(({ summary }) => summary?.verdict ?? null), [null, null, "clean"]);
  for (const report of stores) assert(report.nextSteps.length > 0);
});
