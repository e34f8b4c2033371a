import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { createBackup } from "../../mod.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { tinyStore } from "./backup_cases.ts";

Deno.test("createBackup() of the library makes a backup where it is told to", async () => {
  const store = await tinyStore();
  const to = join(store, "..", "elsewhere");
  const { backup, summary, isUnchanged } = await createBackup(store, { to, verify: true });
  assertEquals([backup?.directory, summary?.verdict], [join(to, backup?.id ?? ""), "clean"]);
  assertEquals([backup?.manifest.good, backup?.verification?.good, isUnchanged], [
    true,
    true,
    false,
  ]);
});

Deno.test("createBackup() of the library keeps a damaged store only when it is told to", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("data_level0.bin"));
  const refused = await createBackup(store.path);
  assertEquals([refused.backup, refused.findings.length > 0], [null, true]);
  const { backup } = await createBackup(store.path, { force: true });
  assertEquals(backup?.manifest.good, false);
});
