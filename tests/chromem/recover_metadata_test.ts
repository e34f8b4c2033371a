import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { listChromemCollections } from "../../lib/chromem/list_collections.ts";
import { recoverChromemMetadata } from "../../lib/chromem/recover_metadata.ts";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { findChromemJudge, judgeChromem } from "../support/chromem_judge.ts";
import { chromemExport, chromemStore } from "../support/chromem_stores.ts";
import { snapshotTree } from "../support/snapshot.ts";

const MEMORIES = "e9f85bf6";
const NOTES = "2f8ca0d3";
const METADATA = "00000000.gob";

/** A database that has lost two metadata files, one of them by a cut, and is damaged elsewhere. */
async function damagedStore(): Promise<{ store: string; document: string }> {
  const store = await chromemStore("plain");
  await Deno.remove(join(store, MEMORIES, METADATA));
  await Deno.truncate(join(store, NOTES, METADATA), 30);
  const document = Array.from(Deno.readDirSync(join(store, "e6684f6c")), ({ name }) => name)
    .sort().at(-1) ?? "";
  await Deno.truncate(join(store, "e6684f6c", document), 10);
  return { store, document: join(store, "e6684f6c", document) };
}

Deno.test("recoverChromemMetadata() brings lost names back and touches nothing else", async () => {
  const { store, document } = await damagedStore();
  const before = await readStoreContents(store);
  const { state, plan, after } = await recoverChromemMetadata(store, { names: ["日本語 notes"] });
  assertEquals([state, after?.damage], ["repaired", ["VF3102"]]);
  assertEquals(plan.steps.map(({ kind, segment }) => [kind, segment]).sort(), [
    ["restore-metadata", NOTES],
    ["restore-metadata", MEMORIES],
  ]);
  const collections = await listChromemCollections(store);
  assertEquals(collections.filter(({ name }) => name === null), []);
  assertEquals(collections.filter(({ isHealthy }) => !isHealthy).length, 1);
  assertEquals((await Deno.stat(document)).size, 10, "a damaged document is no metadata");
  const hashes = (contents: typeof before): string[] => contents.map(({ hash }) => hash).sort();
  assertEquals(hashes(await readStoreContents(store)), hashes(before));
});

Deno.test("recoverChromemMetadata() changes nothing where it is not agreed to, and can be undone", async () => {
  const { store } = await damagedStore();
  const before = await snapshotTree(store);
  const declined = await recoverChromemMetadata(store, { confirm: () => Promise.resolve(false) });
  assertEquals([declined.state, declined.plan.steps.length > 0], ["declined", true]);
  assertEquals(await snapshotTree(store), before);
  await recoverChromemMetadata(store, { names: ["日本語 notes"] });
  await undoRepair(store);
  const missing = (await listChromemCollections(store)).filter(({ name }) => name === null);
  assertEquals(missing.map(({ folder }) => folder).sort(), [NOTES, MEMORIES]);
});

Deno.test("recoverChromemMetadata() leaves a healthy database as it is", async () => {
  const store = await chromemStore("gzip");
  const before = await snapshotTree(store);
  assertEquals((await recoverChromemMetadata(store)).state, "nothing-to-do");
  assertEquals(await snapshotTree(store), before);
});

Deno.test("recoverChromemMetadata() refuses an export", async () => {
  const path = await chromemExport("export.gob");
  const error = await assertRejects(() => recoverChromemMetadata(path), OperationError);
  assertEquals(error.code, "unsupported");
});

Deno.test({
  name: "recoverChromemMetadata() makes a database that the library opens",
  ignore: findChromemJudge() === null,
  fn: async () => {
    const store = await chromemStore("plain");
    for (const folder of [MEMORIES, NOTES]) await Deno.remove(join(store, folder, METADATA));
    assertEquals((await judgeChromem(store, "plain")).opens, false);
    await recoverChromemMetadata(store, { names: ["日本語 notes"] });
    const verdict = await judgeChromem(store, "plain");
    const names = verdict.opens ? verdict.collections.map(({ name }) => name) : [verdict.error];
    const expected = ["contextd_memories", "empty", "knowledge-base", "sessions", "日本語 notes"];
    assertEquals(names.sort(), expected);
  },
});
