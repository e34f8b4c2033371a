import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import type { GuardOptions, GuardOutcome } from "../../lib/guard/guard_outcome.ts";
import { guardStore, runGuard } from "../../lib/guard/guard_store.ts";
import { aheadClock, backUp } from "../backup/backup_cases.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemExport, chromemStore } from "../support/chromem_stores.ts";
import { holdTransaction } from "../support/engine_process.ts";
import { goldenStore, scratchDirectory, tornStore } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import { anySegmentOf, stopBetweenRenames } from "../support/stopped_swap.ts";

/** A store without a file of an index, and the directory of that index. */
async function withoutLengths(collection = "cosine"): Promise<{ store: string; index: string }> {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(broken.file("length.bin", collection));
  return { store: broken.path, index: broken.segment(collection) };
}

/** Files that were just written are believed when they are older than the clock's grain. */
async function guard(store: string, options: GuardOptions = {}): Promise<GuardOutcome> {
  return await runGuard(store, { now: aheadClock, ...options });
}

function codesOf(state: GuardOutcome["before"]): string[] {
  return [...new Set(state?.damage.map(({ code }) => code))].sort();
}

/** A file system on which nothing can be written. */
function readOnlyFs(): WriteFs {
  const refuse = (): never => {
    throw Object.assign(new Error("Read-only file system"), { code: "EROFS" });
  };
  return { ...localFs, makeDirectory: refuse, createFile: refuse, rename: refuse };
}

Deno.test("guardStore() finds sound stores safe and changes nothing in them", async () => {
  for (const store of [await goldenStore("chroma-1.5.9"), await chromemStore("gzip")]) {
    const before = await snapshotTree(store);
    const { isSafe, cure, after, notices } = await guardStore(store, { onDamage: "repair" });
    assertEquals([isSafe, cure, after, notices], [true, null, null, []]);
    assertEquals(await snapshotTree(store), before);
  }
});

Deno.test("guardStore() reads nothing again of what has not changed, and what has", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const store = broken.path;
  assert(((await guard(store)).before?.summary.bytesChecked ?? 0) > 0);
  const unchanged = await guard(store);
  assertEquals([unchanged.isSafe, unchanged.before?.summary.bytesChecked], [true, 0]);
  Deno.removeSync(broken.file("length.bin", "cosine"));
  const changed = await guard(store);
  assertEquals([changed.isSafe, codesOf(changed.before)], [false, ["VF2002"]]);
  assertEquals((await guard(store)).isSafe, false);
});

Deno.test({
  name: "guardStore() reads nothing again of a store with a journal either, as root",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    const store = await goldenStore("chroma-1.5.9");
    const database = join(store, "chroma.sqlite3");
    Deno.writeFileSync(`${database}-journal`, new Uint8Array(2_000));
    Deno.chownSync(database, 12_345, 12_345);
    const longAgo = new Date("2026-01-01");
    for (const file of [database, `${database}-journal`]) Deno.utimeSync(file, longAgo, longAgo);
    assertEquals((await guard(store)).isSafe, true);
    const again = await guard(store);
    assertEquals([again.isSafe, again.before?.summary.bytesChecked], [true, 0]);
    assertEquals(Deno.statSync(`${database}-journal`).uid, 0, "SQLite has not looked at it");
  },
});

Deno.test("guardStore() refuses a torn store, and repairs it when asked to", async () => {
  for (const name of ["chroma-0.5.23-2", "chroma-1.5.9-1"] as const) {
    const store = await tornStore(name);
    const bytes = await snapshotTree(store);
    const refused = await guard(store);
    assertEquals([refused.isSafe, refused.cure, refused.after], [false, null, null], name);
    assertEquals(await snapshotTree(store), bytes);
    const { isSafe, cure, after } = await guard(store, { onDamage: "repair" });
    assertEquals([isSafe, cure?.policy, codesOf(after)], [true, "repair", []], name);
    assert(cure?.quarantined !== null);
    assertEquals((await guard(store)).isSafe, true);
  }
});

Deno.test("guardStore() guards databases of chromem-go in the same way", async () => {
  for (const onDamage of ["repair", "quarantine"] as const) {
    const store = await chromemStore("plain");
    Deno.truncateSync(join(store, "e6684f6c", "00000000.gob"), 3);
    assertEquals((await guard(store)).isSafe, false);
    const { isSafe, cure } = await guard(store, { onDamage });
    assertEquals([isSafe, cure?.failure], [true, null], onDamage);
    assertEquals((await guard(store)).isSafe, true, onDamage);
  }
});

Deno.test("guardStore() moves damaged indexes aside, and knows them at the next start", async () => {
  const { store, index } = await withoutLengths();
  const first = await guard(store, { onDamage: "quarantine" });
  assertEquals([first.isSafe, first.missed, codesOf(first.after)], [true, [index], ["VF2001"]]);
  assertStringIncludes(first.cure?.done ?? "", `${index} of "cosine"`);
  const again = await guard(store, { onDamage: "quarantine" });
  assertEquals([again.isSafe, again.missed, again.cure], [true, [index], null]);
  assertEquals((await guard(store)).isSafe, false, "without the policy it is still damage");
});

Deno.test("guardStore() moves no index aside that is only missed, when another is damaged", async () => {
  const { store, index } = await withoutLengths();
  await guard(store, { onDamage: "quarantine" });
  // What an engine makes anew has no vectors at first.
  Deno.mkdirSync(join(store, index));
  const notes = (await BrokenStore.copyOf("chroma-1.5.9")).segment("notes");
  Deno.removeSync(join(store, notes, "length.bin"));
  const { isSafe, missed } = await guard(store, { onDamage: "quarantine" });
  assertEquals([isSafe, missed.toSorted()], [true, [index, notes].toSorted()]);
  assertEquals(localFs.look(join(store, index))?.kind, "directory");
});

Deno.test("guardStore() takes for damage what is missed when nothing of it lies in quarantine", async () => {
  const { store } = await withoutLengths();
  const { cure } = await guard(store, { onDamage: "quarantine" });
  // What lay there is gone: nothing can be brought back from it.
  Deno.removeSync(join(`${store}.vecfsck`, "quarantine", cure?.quarantined ?? "", "data"), {
    recursive: true,
  });
  const { isSafe, missed } = await guard(store, { onDamage: "quarantine" });
  assertEquals([isSafe, missed], [false, []]);
});

Deno.test("guardStore() says why a cure failed, and what was found stays", async () => {
  const { store } = await withoutLengths();
  const bytes = await snapshotTree(store);
  const { isSafe, cure, before, after } = await guard(store, { onDamage: "restore" });
  assertEquals([isSafe, codesOf(before), after], [false, ["VF2002"], null]);
  assertEquals([cure?.policy, cure?.done, cure?.failure?.code], ["restore", null, "not-found"]);
  assertEquals(await snapshotTree(store), bytes);
});

Deno.test("guardStore() restores the newest good backup, also from another place", async () => {
  for (const to of [undefined, await scratchDirectory()]) {
    const broken = await BrokenStore.copyOf("chroma-1.5.9");
    const store = broken.path;
    await backUp(store, { to });
    Deno.writeFileSync(broken.catalogue(), new Uint8Array(5_000).fill(7));
    const { isSafe, cure, after } = await guard(store, { onDamage: "restore", backups: to });
    assertEquals([isSafe, codesOf(after), cure?.failure], [true, [], null]);
    assert(cure?.quarantined !== null, "what stood there is kept");
  }
});

Deno.test("guardStore() says that it could not be checked after a cure", async () => {
  const { store } = await withoutLengths();
  const { isSafe, cure, after, failure } = await guard(store, {
    onDamage: "repair",
    onProgress: () => {
      const isCured = localFs.look(join(`${store}.vecfsck`, "quarantine")) !== null;
      if (isCured) throw new OperationError("busy", "The store was written to");
    },
  });
  assertEquals([isSafe, after, failure?.code], [false, null, "busy"]);
  assertStringIncludes(cure?.done ?? "", "repaired");
});

Deno.test("guardStore() checks everything each time where nothing can be noted down", async () => {
  const store = await goldenStore("chroma-1.5.9");
  for (let run = 0; run < 2; run++) {
    const { isSafe, notices, before } = await guard(store, { fs: readOnlyFs() });
    assertEquals([isSafe, notices.length], [true, 1]);
    assertStringIncludes(notices[0] ?? "", "is not kept");
    assert((before?.summary.bytesChecked ?? 0) > 0);
  }
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("guardStore() keeps what it has found in the file that is named, but not in the store", async () => {
  const store = await goldenStore("chroma-0.4.24");
  const stateFile = join(await scratchDirectory(), "deep", "state.json");
  await guard(store, { stateFile });
  assertEquals((await guard(store, { stateFile })).before?.summary.bytesChecked, 0);
  assertEquals(localFs.look(`${store}.vecfsck`), null);
  const inside = { stateFile: join(store, "state.json") };
  const error = await assertRejects(() => guard(store, inside), OperationError);
  assertEquals([error.code, localFs.look(inside.stateFile)], ["usage", null]);
});

Deno.test("guardStore() takes a state that was damaged for none, and says so", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const stateFile = join(await scratchDirectory(), "state.json");
  Deno.writeTextFileSync(stateFile, "vecfsck-checked 1 nonsense");
  const { isSafe, notices } = await guard(store, { stateFile });
  assertEquals([isSafe, notices.length], [true, 1]);
  assertEquals((await guard(store, { stateFile })).before?.summary.bytesChecked, 0);
});

Deno.test("guardStore() completes what a crash has interrupted before it checks", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, anySegmentOf(store));
  const outcomes: string[] = [];
  const { unsettled, before } = await guard(store, {
    onRecovered: ({ outcome }) => outcomes.push(outcome),
  });
  assertEquals([outcomes, unsettled], [["completed"], []]);
  assertEquals(codesOf(before).includes("VF2901"), false);
});

Deno.test("guardStore() finds a store unsafe whose interrupted change is a conflict", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const segment = anySegmentOf(store);
  stopBetweenRenames(store, segment);
  // Somebody else has taken the place in between.
  Deno.mkdirSync(segment);
  Deno.writeTextFileSync(join(segment, "header.bin"), "new");
  const { isSafe, unsettled } = await guard(store);
  assertEquals([isSafe, unsettled.length], [false, 1]);
});

Deno.test("guardStore() waits until the other vecfsck is done", async () => {
  const store = await goldenStore("chroma-1.5.9");
  stopBetweenRenames(store, anySegmentOf(store));
  openWorkDirectory(localFs, store);
  const lock = localFs.tryLock(localFs.resolve(store));
  assert(lock !== null);
  const refused = await assertRejects(() => guard(store), OperationError);
  assertEquals(refused.code, "busy");
  let pauses = 0;
  const { waitedMs, unsettled } = await guard(store, {
    waitMs: 30_000,
    clockMs: () => 100 * pauses,
    pause: () => {
      if (++pauses === 3) lock.release();
      return Promise.resolve();
    },
  });
  assertEquals([waitedMs, unsettled], [300, []]);
});

Deno.test("guardStore() waits for an engine that writes before it cures", async () => {
  const { store } = await withoutLengths();
  const engine = await holdTransaction(store);
  try {
    const { isSafe, cure } = await guard(store, { onDamage: "quarantine" });
    assertEquals([isSafe, cure?.failure?.code], [false, "busy"]);
  } finally {
    await engine[Symbol.asyncDispose]();
  }
  assertEquals((await guard(store, { onDamage: "quarantine" })).isSafe, true);
});

Deno.test("guardStore() takes a missing or empty store for safe only where that is allowed", async () => {
  const directory = await scratchDirectory();
  const missing = join(directory, "missing");
  const empty = join(directory, "empty");
  const fresh = join(directory, "fresh");
  const full = join(directory, "full");
  for (const path of [empty, join(fresh, "lost+found"), full]) {
    Deno.mkdirSync(path, { recursive: true });
  }
  Deno.writeTextFileSync(join(full, "other"), "");
  for (const path of [missing, empty, fresh]) {
    await assertRejects(() => guard(path), OperationError);
    const { isSafe, before } = await guard(path, { allowMissing: true });
    assertEquals([isSafe, before], [true, null], path);
  }
  const error = await assertRejects(() => guard(full, { allowMissing: true }), OperationError);
  assertEquals(error.code, "not-a-store");
  assertEquals([...Deno.readDirSync(directory)].length, 3, "nothing was made");
});

Deno.test("guardStore() refuses an export file", async () => {
  const path = await chromemExport("export.gob");
  const error = await assertRejects(() => guard(path, { allowMissing: true }), OperationError);
  assertEquals(error.code, "unsupported");
});

Deno.test("guardStore() ends when its signal is aborted, and nothing is changed", async () => {
  const { store } = await withoutLengths();
  const bytes = await snapshotTree(store);
  const signal = AbortSignal.abort(new OperationError("cancelled", "Enough"));
  const error = await assertRejects(
    () => guard(store, { onDamage: "repair", signal }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
  assertEquals(await snapshotTree(store), bytes);
});
