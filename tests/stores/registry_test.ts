import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { findStores } from "../../lib/engine/find_stores.ts";
import { detectStore, refuseFile, requireStore } from "../../lib/stores/registry.ts";
import { runMain } from "../cli/run_main.ts";
import { chromemExport, chromemStore } from "../support/chromem_stores.ts";
import { goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

Deno.test("requireStore() knows stores of every format, and exports where files are asked for", async () => {
  assertEquals(requireStore(await goldenStore("chroma-1.5.9")).format, "chroma");
  for (const name of ["plain", "gzip"] as const) {
    assertEquals(requireStore(await chromemStore(name)).format, "chromem");
  }
  const path = await chromemExport("export.gob.gz");
  const { format, path: detected } = requireStore(path, { files: true });
  assertEquals([format, detected], ["chromem-export", await Deno.realPath(path)]);
});

Deno.test("requireStore() and refuseFile() refuse files and say what can be done with them", async () => {
  const path = await chromemExport("export.gob");
  const other = join(dirname(path), "notes.txt");
  await Deno.writeTextFile(other, "no export");
  for (const refuse of [requireStore, refuseFile]) {
    const error = assertThrows(() => refuse(path), OperationError);
    assertEquals(error.code, "unsupported");
    assertStringIncludes(error.hint ?? "", "Import it with chromem-go");
    assertEquals(assertThrows(() => refuse(other), OperationError).code, "not-a-directory");
  }
  refuseFile(dirname(path));
  refuseFile(join(path, "..", "nothing-here"));
});

Deno.test("detectStore() and findStores() take no file for a store", async () => {
  const path = await chromemExport("export.gob");
  assertEquals(detectStore(path), null);
  assertEquals(await Array.fromAsync(findStores(dirname(path))), []);
  const error = await assertRejects(() => Array.fromAsync(findStores(path)), OperationError);
  assertEquals(error.code, "not-a-directory");
});

Deno.test("every verb but check refuses an export, and makes nothing beside it", async () => {
  const path = await chromemExport("export.gob");
  const before = await snapshotTree(dirname(path));
  const calls = [["repair"], ["repair", "-n"], ["backup"], ["seal"], ["undo"]];
  for (const call of [...calls, ["quarantine", "--damaged"]]) {
    const { code, stderr } = await runMain([...call, path]);
    assertEquals(code, 8, call.join(" "));
    assertStringIncludes(stderr.text, "An export file");
  }
  assertEquals(await snapshotTree(dirname(path)), before);
});

Deno.test("requireStore() says by what stores are known where there is none", async () => {
  const directory = await scratchDirectory();
  await Deno.writeTextFile(join(directory, "notes.txt"), "x");
  const error = assertThrows(() => requireStore(directory), OperationError);
  assertStringIncludes(error.hint ?? "", "chroma.sqlite3");
  assertStringIncludes(error.hint ?? "", ".gob");
});
