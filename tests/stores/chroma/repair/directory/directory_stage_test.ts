import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createFinding, type Finding } from "../../../../../lib/model/finding.ts";
import { readLayout } from "../../../../../lib/stores/chroma/layout.ts";
import { applyDamage } from "../../../../support/damages/mod.ts";
import { goldenStore } from "../../../../support/fixtures.ts";
import { digestTree } from "../../../../../lib/fs/copy.ts";
import { localFs } from "../../../../../lib/fs/platform.ts";
import { codesOf, repairCopy } from "../repaired_copy.ts";

/** No test can make a file take more room than it has bytes on every file system. */
function overallocated(path: string): Finding {
  return createFinding("file-overallocated", { path, message: "1 KB take 100 MB on the disk" });
}

Deno.test("a repair moves an index aside that belongs to nothing, when it is asked to", async () => {
  const store = await goldenStore("chroma-1.5.9");
  applyDamage("orphan_directory", { store, collection: "notes" }, 1);
  const untouched = await repairCopy(store);
  assertEquals([untouched.draft.steps, untouched.staged.leaving], [[], []]);
  const orphans = untouched.before.filter(({ name }) => name === "orphan-segment-directory")
    .map(({ path }) => path ?? "").sort();
  const onlyCodes = codesOf(untouched.before, "orphan-segment-directory");
  const { draft, staged, after, aside } = await repairCopy(store, { onlyCodes });
  assertEquals([...staged.leaving].sort(), orphans);
  assertEquals(staged.coming, []);
  assertEquals(draft.steps.map(({ kind }) => kind), orphans.map(() => "set-aside"));
  assertEquals(after.filter(({ name }) => name === "orphan-segment-directory"), []);
  for (const name of orphans) {
    assertEquals((await Deno.stat(join(aside, name))).isDirectory, true);
  }
});

Deno.test("a repair puts a copy of the whole index in place for one of its files", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const [segment] = readLayout(store).segments;
  const name = segment?.name ?? "";
  const before = digestTree(localFs, join(store, name));
  const findings = [
    overallocated(`${name}/link_lists.bin`),
    overallocated(`${name}/data_level0.bin`),
  ];
  const { draft, staged } = await repairCopy(store, { findings });
  assertEquals([staged.coming, staged.leaving], [[name], []]);
  assertEquals(draft.steps.map(({ kind, replaces, answers }) => [kind, replaces, answers.length]), [
    ["copy-file", [name], 2],
  ]);
  assertEquals(digestTree(localFs, join(store, name)), before);
});

Deno.test("a repair puts a copy of the database in place", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const { draft, staged, after } = await repairCopy(store, {
    findings: [overallocated("chroma.sqlite3")],
  });
  assertEquals(staged.coming, ["chroma.sqlite3"]);
  assertEquals(draft.steps.map(({ kind, replaces }) => [kind, replaces]), [
    ["copy-file", ["chroma.sqlite3"]],
  ]);
  assertEquals(after.filter(({ severity }) => severity === "error"), []);
});

Deno.test("a repair puts a copy of a file in place that no engine wrote", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.writeTextFile(join(store, "notes.txt"), "mine");
  const { staged } = await repairCopy(store, { findings: [overallocated("notes.txt")] });
  assertEquals(staged.coming, ["notes.txt"]);
  assertEquals(await Deno.readTextFile(join(store, "notes.txt")), "mine");
});

Deno.test("a repair leaves what SQLite keeps beside the database alone", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.writeTextFile(join(store, "chroma.sqlite3-shm"), "");
  const { draft } = await repairCopy(store, { findings: [overallocated("chroma.sqlite3-shm")] });
  assertEquals(draft.steps, []);
  assertEquals(draft.unanswered.map(({ name }) => name), ["file-overallocated"]);
});
