import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { runCheck } from "../../lib/engine/run_check.ts";
import { findStores } from "../../lib/engine/find_stores.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { flipBit } from "../support/seals.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { FakeEnvironment, neverCalled } from "./fake_environment.ts";

async function run(...args: string[]): Promise<FakeEnvironment & { code: number }> {
  const environment = new FakeEnvironment({
    checkStore: runCheck,
    findStores,
    startThreads: neverCalled,
  });
  // So late that the stamps of what a test has just written can be believed.
  environment.time = new Date(Date.now() + 60_000);
  return Object.assign(environment, { code: await main(args, environment) });
}

Deno.test("seal prints what was sealed and where, and check --sealed finds it so", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const sealed = await run("seal", store);
  assertEquals(sealed.code, 0);
  assertStringIncludes(sealed.stdout.text, `SEALED  ${store} in ${store}.vecfsck/seal\n`);
  assertMatch(sealed.stdout.text, /in \d+ files, a checksum for each 65536 bytes/);
  const checked = await run("check", "--sealed", store);
  assertEquals(checked.code, 0);
  assertStringIncludes(checked.stdout.text, "every byte was looked at");
  // The seal's own check counts as one, so nothing has to be read again.
  const since = await run("check", "--since-seal", "--json", store);
  assertEquals(since.jsonLines.at(-1)?.bytesChecked, 0);
});

Deno.test("seal --quiet prints nothing when all is well", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const { code, stdout, stderr } = await run("seal", "-q", store);
  assertEquals([code, stdout.text, stderr.text], [0, "", ""]);
});

Deno.test("seal --json prints one line for the seal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const output = join(await scratchDirectory(), "store.seal");
  const { code, jsonLines } = await run("seal", "--json", "-o", output, store);
  assertEquals(code, 0);
  const line = jsonLines.at(-1);
  assertEquals([line?.type, line?.schema, line?.store, line?.path, line?.sound], [
    "seal",
    1,
    store,
    output,
    true,
  ]);
  assertEquals(line?.sealSizeBytes, localFs.look(output)?.sizeBytes);
});

Deno.test("seal refuses a damaged store with 4, and --force marks its seal", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.truncateSync(store.file("header.bin"), 50);
  const refused = await run("seal", store.path);
  assertEquals(refused.code, 4);
  assertStringIncludes(refused.stdout.text, "VF2101");
  assertStringIncludes(refused.stdout.text, "not sealed");
  assertEquals(localFs.look(`${store.path}.vecfsck/seal`), null);
  const json = await run("seal", "--json", store.path);
  assertEquals([json.code, json.jsonLines.at(-1)?.type], [4, "summary"]);
  const forced = await run("seal", "--json", "--force", store.path);
  assertEquals([forced.code, forced.jsonLines.at(-1)?.sound], [4, false]);
});

Deno.test("seal fails with 8 when the store is in use or missing, and says what to do", async () => {
  const store = await goldenStore("chroma-1.5.9");
  using writer = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  const busy = await run("seal", store);
  writer.execute("ROLLBACK");
  assertEquals([busy.code, busy.stderr.lines.length], [8, 2]);
  const missing = await run("seal", join(store, "nothing"));
  assertEquals(missing.code, 8);
});

Deno.test("seal does not write its seal into the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  for (const place of ["seal", "./deeper/seal", ".vecfsck/seal"]) {
    assertEquals((await run("seal", "-o", join(store, place), store)).code, 16);
  }
  assertEquals(await snapshotTree(store), before);
});

Deno.test("check --seal names rotten blocks, in text and in JSON, and exits with 4", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  await run("seal", store.path);
  const seal = `${store.path}.vecfsck/seal`;
  flipBit(store.file("data_level0.bin"), 1000);
  for (const option of [["--sealed"], ["--seal", seal]]) {
    const { code, stdout } = await run("check", "--quick", ...option, store.path);
    assertEquals(code, 4);
    assertMatch(stdout.text, /VF280[12] .*data_level0\.bin, byte 0/);
    assertStringIncludes(stdout.text, "slots 0 to");
  }
});

Deno.test("check fails with 8 when there is no seal, or it is damaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const none = await run("check", "--sealed", store);
  assertEquals(none.code, 8);
  assertStringIncludes(none.stderr.text, "The store has no seal");
  await run("seal", store);
  flipBit(`${store}.vecfsck/seal`, 100);
  const damaged = await run("check", "--sealed", "--json", store);
  assertEquals([damaged.code, damaged.jsonLines.at(-1)?.type], [8, "error"]);
  assertStringIncludes(String(damaged.jsonLines.at(-1)?.message), "its own checksum does not fit");
});

Deno.test("check --since-seal says where it cannot keep what it found, and goes on", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const file = join(await scratchDirectory(), "file");
  await Deno.writeTextFile(file, "no directory");
  const state = join(file, "state");
  const { code, stdout, stderr } = await run("check", "--since-seal", "--state", state, store);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "CLEAN");
  assertMatch(stderr.text, /What was found is not kept, so the next check begins anew/);
});

Deno.test("check says that a damaged state is not used", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const state = join(await scratchDirectory(), "state");
  await Deno.writeTextFile(state, "nonsense");
  const { code, stderr } = await run("check", "--since-seal", "--state", state, store);
  assertEquals(code, 0);
  assertStringIncludes(stderr.text, "What was kept of earlier checks is not used");
  assertEquals((await run("check", "--since-seal", "--state", state, store)).stderr.text, "");
});

Deno.test("check --max-duration with time enough is like any other check", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { code, jsonLines } = await run("check", "--json", "--max-duration", "1h", store);
  const last = jsonLines.at(-1);
  assertEquals([code, last?.verdict, last?.complete, last?.oldestUnverifiedSeconds], [
    0,
    "clean",
    true,
    0,
  ]);
});

Deno.test("check refuses options that have no sense together", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await snapshotTree(store);
  for (
    const args of [
      ["--seal", "x", "--sealed", store],
      ["--sealed", "--max-duration", "1m", store],
      ["--seal", "x", "--max-duration", "1m", store],
      ["--quick", "--max-duration", "1m", store],
      ["--quick", "--since-seal", store],
      ["--max-duration", "0s", store],
      ["--state", "x", store],
      ["--since-seal", "--state", "x", store, store],
      ["--since-seal", "--state", "x", "--recursive", store],
      ["--seal", "x", "--recursive", store],
      ["--since-seal", "--state", join(store, "x"), store],
    ]
  ) {
    const { code, stderr } = await run("check", ...args);
    assertEquals(code, 16, args.join(" "));
    assert(stderr.text.length > 0);
  }
  assertEquals(await snapshotTree(store), before);
});
