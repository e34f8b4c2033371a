import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import { checkWhole } from "../support/findings.ts";
import { goldenStore } from "../support/fixtures.ts";

/** Stops a swap of a directory between its two renames, for good. */
async function stopBetweenRenames(store: string, live: string): Promise<void> {
  const replacement = join(store, "..", "replacement");
  await Deno.mkdir(replacement);
  let isGone = false;
  const fs = {
    ...localFs,
    rename: (from: string, to: string): void => {
      if (isGone) throw new Error("Stopped");
      localFs.rename(from, to);
      isGone = from === live;
    },
  };
  await assertRejects(() =>
    Promise.resolve().then(() => swapDirectory(live, replacement, { store, fs }))
  );
}

Deno.test("checkStore() names a change that was interrupted, and writes nothing", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = Array.from(Deno.readDirSync(store)).find((entry) => entry.isDirectory);
  const live = join(store, segment?.name ?? "");
  await stopBetweenRenames(store, live);
  const { findings } = await checkWhole(store, { level: "quick" });
  const found = findings.find(({ name }) => name === "change-interrupted");
  assertEquals(found?.path, segment?.name);
  assertEquals(localFs.look(live), null);
});

Deno.test("checkStore() explains a store that is away because its swap was interrupted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await stopBetweenRenames(store, store);
  const error = await assertRejects(() => checkStore(store).next(), OperationError);
  assertEquals(error.code, "not-found");
  assertStringIncludes(error.hint ?? "", "vecfsck quarantine list");
});

Deno.test("checkStore() says busy while another vecfsck makes a change", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = Array.from(Deno.readDirSync(store)).find((entry) => entry.isDirectory);
  await stopBetweenRenames(store, join(store, segment?.name ?? ""));
  using _lock = acquireStoreLock(store);
  const error = await assertRejects(() => checkStore(store).next(), OperationError);
  assertEquals(error.code, "busy");
});

Deno.test("checkStore() passes over a work directory without records", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.mkdir(`${store}.vecfsck`);
  const { findings } = await checkWhole(store, { level: "quick" });
  assertEquals(findings.some(({ name }) => name === "change-interrupted"), false);
});
