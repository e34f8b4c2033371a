import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { basename } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { checkWhole } from "../support/findings.ts";
import { goldenStore } from "../support/fixtures.ts";
import { anySegmentOf, stopBetweenRenames } from "../support/stopped_swap.ts";

Deno.test("checkStore() names a change that was interrupted, and writes nothing", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const live = anySegmentOf(store);
  stopBetweenRenames(store, live);
  const { findings } = await checkWhole(store, { level: "quick" });
  const found = findings.find(({ name }) => name === "change-interrupted");
  assertEquals(found?.path, basename(live));
  assertEquals(localFs.look(live), null);
});

Deno.test("checkStore() explains a store that is away because its swap was interrupted", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, store);
  const error = await assertRejects(() => checkStore(store).next(), OperationError);
  assertEquals(error.code, "not-found");
  assertStringIncludes(error.hint ?? "", "vecfsck quarantine list");
});

Deno.test("checkStore() says busy while another vecfsck makes a change", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, anySegmentOf(store));
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
