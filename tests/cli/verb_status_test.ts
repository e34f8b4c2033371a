import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { copyTree, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { runMain } from "./run_main.ts";

const MISSING = "/no/such/store";

async function damagedStore(): Promise<string> {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("length.bin", "cosine"));
  return store.path;
}

Deno.test("status shows one screen for each store and exits with 0 while all is well", async () => {
  const [first, second] = [await goldenStore("chroma-1.5.9"), await goldenStore("chroma-0.4.24")];
  const before = await snapshotTree(first);
  const { code, stdout, stderr } = await runMain(["status", first, second]);
  assertEquals(await snapshotTree(first), before);
  assertEquals([code, stderr.text], [0, ""]);
  assertStringIncludes(stdout.text, `${first}  chroma 1.5\n  CLEAN     No damage is known`);
  assertStringIncludes(stdout.text, `\n\n${second}  chroma 0.4.15 to 0.4.24\n`);
});

Deno.test("status exits with 4 for a damaged store and 8 for one that is not there, ORed", async () => {
  const store = await damagedStore();
  const damaged = await runMain(["status", store]);
  assertEquals(damaged.code, 4);
  assertStringIncludes(damaged.stdout.text, "DAMAGED");
  assertStringIncludes(damaged.stdout.text, "Damaged: cosine");
  const both = await runMain(["status", MISSING, store]);
  assertEquals(both.code, 12);
  assertStringIncludes(both.stderr.text, MISSING);
  assert(both.stdout.text.startsWith(store), "no empty line before the first store");
});

Deno.test("status --json prints one line for each store, and one for what failed", async () => {
  const store = await damagedStore();
  const { code, jsonLines } = await runMain(["status", "--json", store, MISSING]);
  assertEquals(code, 12);
  assertEquals(jsonLines.map(({ type, schema }) => [type, schema]), [["status", 1], ["error", 1]]);
  assertEquals(jsonLines[0]?.store, store);
  assertEquals(jsonLines[1]?.store, MISSING);
});

Deno.test("status --full makes a full check", async () => {
  const { jsonLines } = await runMain([
    "status",
    "--full",
    "--json",
    await goldenStore("chroma-1.5.9"),
  ]);
  assertEquals(Object(jsonLines[0]?.health).level, "full");
  assertEquals(Object(jsonLines[0]?.lastFullCheck).source, "status");
});

Deno.test("status --prometheus prints metrics of every store, and says which is not there", async () => {
  const store = await damagedStore();
  const { code, stdout, stderr } = await runMain(["status", "--prometheus", MISSING, store]);
  assertEquals(code, 12);
  const lines = stdout.lines;
  assert(lines.includes(`vecfsck_up{store="${MISSING}"} 0`));
  assert(lines.includes(`vecfsck_up{store="${store}"} 1`));
  assert(lines.includes(`vecfsck_healthy{store="${store}",format="chroma"} 0`));
  assert(lines.includes(`vecfsck_collections_damaged{store="${store}",format="chroma"} 1`));
  assertEquals(lines.filter((line) => line.startsWith("vectorstore_")), []);
  assertEquals(stdout.text.endsWith("\n") && !stdout.text.endsWith("\n\n"), true);
  assertStringIncludes(stderr.text, MISSING);
});

Deno.test("status --compat-names adds the names of others", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { stdout } = await runMain(["status", "--prometheus", "--compat-names", store]);
  assertStringIncludes(stdout.text, `vectorstore_collections_total{store="${store}"} 5\n`);
  assertStringIncludes(
    stdout.text,
    `vectorstore_initialization_failures_total{store="${store}"} 0\n`,
  );
});

Deno.test("status --out writes a whole file that others may read, and nothing else", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const directory = await scratchDirectory();
  const file = join(directory, "vecfsck.prom");
  Deno.writeTextFileSync(file, "old", { mode: 0o600 });
  const { code, stdout } = await runMain(["status", "--prometheus", "--out", file, store]);
  assertEquals([code, stdout.text], [0, ""]);
  assertMatch(Deno.readTextFileSync(file), /^# HELP vecfsck_build_info [^]*\n$/);
  if (Deno.build.os !== "windows") assertEquals((localFs.look(file)?.mode ?? 0) & 0o777, 0o644);
  assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["vecfsck.prom"]);
});

Deno.test("status --out leaves the old file where the new one cannot be written", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const file = join(await scratchDirectory(), "vecfsck.prom");
  Deno.writeTextFileSync(file, "old");
  const fs = {
    ...localFs,
    rename: () => {
      throw Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    },
  };
  const { code, stderr } = await runMain(["status", "--prometheus", "--out", file, store], { fs });
  assertEquals([code, Deno.readTextFileSync(file)], [8, "old"]);
  assertStringIncludes(stderr.text, "vecfsck.prom");
});

Deno.test("status --out gives a file even when no store can be read", async () => {
  const file = join(await scratchDirectory(), "vecfsck.prom");
  const { code } = await runMain(["status", "--prometheus", "--out", file, MISSING]);
  assertEquals(code, 8);
  assertStringIncludes(Deno.readTextFileSync(file), `vecfsck_up{store="${MISSING}"} 0\n`);
});

Deno.test("status refuses calls that make no sense", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const calls = [
    [],
    ["--out", "/tmp/x.prom", store],
    ["--compat-names", store],
    ["--prometheus", "--json", store],
    ["--prometheus", "--out", "/tmp/vecfsck.txt", store],
    ["--prometheus", "--out", join(store, "vecfsck.prom"), store],
    ["--backups", join(store, "backups"), store],
  ];
  for (const args of calls) {
    const { code, stdout } = await runMain(["status", ...args]);
    assertEquals(code, 16, args.join(" "));
    assertEquals(args.includes("--json") ? "" : stdout.text, "");
  }
  assertEquals(localFs.look(join(store, "vecfsck.prom")), null);
});

Deno.test("status --recursive takes every store below, and writes no metrics into one", async () => {
  const root = await Deno.realPath(await scratchDirectory());
  await copyTree(await goldenStore("chroma-1.5.9"), join(root, "b"));
  await copyTree(await damagedStore(), join(root, "a"));
  const { code, jsonLines } = await runMain(["status", "--recursive", "--json", root]);
  assertEquals(code, 4);
  assertEquals(jsonLines.map(({ store }) => store), [join(root, "a"), join(root, "b")]);
  const within = join(root, "b", "vecfsck.prom");
  const refused = await runMain(["status", "--recursive", "--prometheus", "--out", within, root]);
  assertEquals(refused.code, 4 | 16);
  assertEquals(localFs.look(within), null);
  const beside = join(root, "vecfsck.prom");
  await runMain(["status", "--recursive", "--prometheus", "--out", beside, root]);
  assertMatch(await Deno.readTextFile(beside), /^vecfsck_healthy\{store=".*b",.*\} 1$/m);
  const none = await runMain(["status", "--recursive", "--json", await scratchDirectory()]);
  assertEquals([none.code, none.jsonLines[0]?.code], [8, "not-a-store"]);
});
