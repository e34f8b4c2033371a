import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { goldenStore, REPOSITORY } from "../support/fixtures.ts";
import { runDeno } from "../support/run_cli.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { readFiles } from "../verbs/world.ts";
import { runMain } from "./run_main.ts";

Deno.test("optimize --dry-run says what would be done and why the rest stays, and changes nothing", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const before = await snapshotTree(store);
  const { code, stdout } = await runMain(["optimize", "-n", store]);
  assertEquals(code, 0);
  assertStringIncludes(stdout.text, "1. Take 399 rows of notes out of the queue");
  assertStringIncludes(stdout.text, "434 → 35 rows of the queue");
  assertStringIncludes(stdout.text, "4. Merge the 8 segments of the full text into one");
  assertStringIncludes(stdout.text, "34 rows of the queue of notes: the index lacks them");
  assertStringIncludes(stdout.text, "A backup comes first");
  assertEquals(await snapshotTree(store), before);
});

Deno.test("optimize asks, and changes nothing when the answer is no", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = readFiles(store);
  const refused = await runMain(["optimize", store], { answer: false });
  assertEquals(refused.code, 32);
  assertStringIncludes(refused.stdout.text, "Merge the 9 segments");
  const unasked = await runMain(["optimize", store], { answer: null });
  assertEquals(unasked.code, 16);
  assertEquals(readFiles(store), before);
});

Deno.test("optimize --yes says what was done and the way back, and then that there is nothing to do", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const first = await runMain(["optimize", "--yes", "--no-backup", store]);
  assertEquals(first.code, 0);
  assertStringIncludes(first.stdout.text, "OPTIMISED");
  assertStringIncludes(first.stdout.text, "9 → 1 segment of the full text");
  assertStringIncludes(first.stdout.text, "20 → 0 free pages");
  assertStringIncludes(first.stdout.text, `vecfsck undo ${store}`);
  const before = readFiles(store);
  const second = await runMain(["optimize", store]);
  assertEquals(second.code, 0);
  assertStringIncludes(second.stdout.text, "NOTHING TO DO");
  assertEquals((await runMain(["optimize", "-q", store])).stdout.text, "");
  assertEquals(readFiles(store), before);
});

Deno.test("optimize goes on with the next store, and ORs the codes", async () => {
  const damaged = await goldenStore("chroma-1.5.9");
  applyDamage("vectors_nan", { store: damaged, collection: "notes" }, 1);
  const before = readFiles(damaged);
  const other = await chromemStore("plain");
  const { code, stdout, stderr } = await runMain(["optimize", "-y", damaged, "/no/such", other]);
  assertEquals(code, 4 | 8);
  assertStringIncludes(stdout.text, "DAMAGED");
  assertStringIncludes(stdout.text, `vecfsck repair ${damaged}`);
  assertStringIncludes(stderr.text, "No such file or directory: /no");
  assertStringIncludes(stdout.text, `NOTHING TO DO  ${other}: nothing to optimise`);
  assertEquals(readFiles(damaged), before);
  assertEquals((await runMain(["optimize", "-n", damaged])).code, 4);
});

Deno.test("optimize refuses a store that is in use", async () => {
  const store = await goldenStore("chroma-1.5.9");
  using writer = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN IMMEDIATE");
  const { code, stderr } = await runMain(["optimize", "-y", store]);
  assertEquals(code, 8);
  assertStringIncludes(stderr.text, "Stop every process");
});

Deno.test({
  name: "optimize names a process that only has the store open, where the system tells of it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    using _held = await Deno.open(join(store, "chroma.sqlite3"));
    const program = join(REPOSITORY, "cli.ts");
    const { code, stderr } = await runDeno(
      ["run", "--quiet", "--allow-all", program, "optimize", "-y", "-q", store],
    );
    assertEquals(code, 8);
    assertStringIncludes(
      stderr,
      `process ${Deno.pid} has ${join(store, "chroma.sqlite3")} open`,
    );
  },
});

Deno.test("optimize takes no other journal mode than two, and a thread at least", async () => {
  const { code, stderr } = await runMain(["optimize", "--journal-mode", "off", "/no/such"]);
  assertEquals(code, 16);
  assertStringIncludes(stderr.text, `--journal-mode needs wal or delete, not "off"`);
  assertEquals((await runMain(["optimize", "--jobs", "0", "/no/such"])).code, 16);
  const both = ["optimize", "--no-backup", "--backups", "/tmp", "/no/such"];
  assertEquals((await runMain(both)).code, 16);
});
