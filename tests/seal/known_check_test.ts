import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { StoredHistory } from "../../lib/seal/history.ts";
import { readKnownCheck } from "../../lib/seal/known_check.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { checkWhole } from "../support/findings.ts";
import { goldenStore } from "../support/fixtures.ts";

/** Checks a store in full and keeps what is found, at a time that is given. */
async function keepCheck(store: string, now: Date): Promise<void> {
  const history = StoredHistory.open(store, { now: () => now });
  await checkWhole(store, { history });
  assertEquals(history.keep(), null);
}

Deno.test("readKnownCheck() knows nothing where no check was kept", async () => {
  assertEquals(readKnownCheck(localFs, await goldenStore("chroma-1.5.9")), null);
});

Deno.test("readKnownCheck() tells when the last check was and that its files are the same", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const now = new Date("2026-03-01T12:00:00Z");
  await keepCheck(store, now);
  assertEquals(readKnownCheck(localFs, store), {
    verifiedMs: now.getTime(),
    isSound: true,
    isCurrent: true,
    damagedCollections: [],
  });
});

Deno.test("readKnownCheck() names the collections that were damaged", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.truncateSync(store.file("data_level0.bin", "cosine"), 1000);
  await keepCheck(store.path, new Date());
  const known = readKnownCheck(localFs, store.path);
  assertEquals([known?.isSound, known?.damagedCollections], [false, ["cosine"]]);
});

Deno.test("readKnownCheck() notices that a file has changed, has come or is gone", async () => {
  for (const change of ["touch", "remove"] as const) {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    await keepCheck(store.path, new Date());
    const path = store.file("length.bin");
    if (change === "touch") Deno.utimeSync(path, 1, 1);
    else Deno.removeSync(path);
    assertEquals(readKnownCheck(localFs, store.path)?.isCurrent, false, change);
  }
});

Deno.test("readKnownCheck() lets damage stand when only the time of change of a file is another", async () => {
  for (const isDamaged of [true, false]) {
    const store = await BrokenStore.copyOf("chroma-1.5.9");
    if (isDamaged) Deno.truncateSync(store.file("data_level0.bin"), 1000);
    await keepCheck(store.path, new Date());
    const path = store.file("length.bin");
    // The runtime tells this time in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    Deno.chmodSync(path, Deno.statSync(path).mode ?? 0o600);
    assertEquals(readKnownCheck(localFs, store.path)?.isCurrent, isDamaged);
  }
});

Deno.test("readKnownCheck() knows nothing of a check that did not come to its end", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const history = StoredHistory.open(store);
  await checkWhole(store, { history, maxDurationMs: 1, clockMs: passQuickly() });
  assertEquals(history.keep(), null);
  assertEquals(readKnownCheck(localFs, store), null);
});

/** A clock on which every look costs a second. */
function passQuickly(): () => number {
  let nowMs = 0;
  return () => nowMs += 1000;
}

Deno.test("readKnownCheck() takes no notice of a file that is damaged", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await keepCheck(store, new Date());
  const path = join(`${store}.vecfsck`, "checked.json");
  Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace("verifiedMs", "verifiedMS"));
  assertEquals(readKnownCheck(localFs, store), null);
});
