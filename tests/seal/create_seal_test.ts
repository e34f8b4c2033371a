import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { createSeal, type SealOptions } from "../../lib/seal/create_seal.ts";
import { StoredHistory } from "../../lib/seal/history.ts";
import { readOwnSeal, readSeal } from "../../lib/seal/seal_file.ts";
import { lastChangeMs } from "../../lib/seal/stamp.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { everyFault, withFault } from "../support/fault_fs.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { flipBit, sealStore } from "../support/seals.ts";
import { snapshotTree } from "../support/snapshot.ts";

const NO_WAIT: SealOptions = { wait: () => Promise.resolve() };

/** Breaks a store for good: a byte in the count of header.bin. */
function breakStore(store: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    const header = join(store, name, "header.bin");
    if (isDirectory && localFs.look(header) !== null) Deno.truncateSync(header, 50);
  }
}

for (const name of GOLDEN_STORES) {
  Deno.test(`createSeal() seals every file of ${name} and changes none`, async () => {
    const store = await goldenStore(name);
    const before = await snapshotTree(store);
    const { file, leftOut } = await createSeal(store, NO_WAIT);
    assertEquals(await snapshotTree(store), before);
    const isFile = (line: string): boolean => !line.includes("/ ");
    const paths = before.filter(isFile).map((line) => line.split(" ")[0]?.replace(/^\.\//, ""));
    assertEquals(file?.seal.files.map(({ path }) => path).toSorted(), paths.toSorted());
    assertEquals(leftOut, []);
    assertEquals(file?.path, `${store}.vecfsck/seal`);
    assertEquals(readOwnSeal(localFs, store).seal, readSeal(localFs, file?.path ?? "").seal);
    assertEquals(file?.seal.isSound, true);
  });
}

Deno.test("createSeal() writes the seal where it is told", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const output = join(await scratchDirectory(), "deeper", "store.seal");
  const { file } = await createSeal(store, { ...NO_WAIT, output });
  assertEquals(readSeal(localFs, output).seal.createdAt, file?.seal.createdAt);
  assertEquals(localFs.look(`${store}.vecfsck/seal`), null);
});

Deno.test("createSeal() does not seal a damaged store, unless it is told to", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { file: good } = await createSeal(store, NO_WAIT);
  breakStore(store);
  const refused = await createSeal(store, NO_WAIT);
  assertEquals(refused.file, null);
  assert(refused.findings.some(({ name }) => name === "header-truncated"));
  assertEquals(readOwnSeal(localFs, store).seal.createdAt, good?.seal.createdAt);
  const forced = await createSeal(store, { ...NO_WAIT, force: true });
  assertEquals(forced.file?.seal.isSound, false);
  assertEquals(readOwnSeal(localFs, store).seal.isSound, false);
});

Deno.test("createSeal() refuses a store that is written to meanwhile", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const database = join(store, "chroma.sqlite3");
  let seconds = 1_000_000;
  const touch = (): void => Deno.utimeSync(database, ++seconds, seconds);
  for (
    const options of [
      { onProgress: touch },
      // Between the listing of the files and the check.
      { wait: () => Promise.resolve(touch()) },
    ]
  ) {
    const error = await assertRejects(
      () => createSeal(store, { ...NO_WAIT, ...options }),
      OperationError,
    );
    assertEquals(error.code, "busy");
    assertEquals(localFs.look(`${store}.vecfsck/seal`), null);
  }
});

Deno.test("createSeal() refuses a store whose database a process holds", async () => {
  const store = await goldenStore("chroma-1.5.9");
  using writer = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
  writer.execute("BEGIN EXCLUSIVE");
  const error = await assertRejects(() => createSeal(store, NO_WAIT), OperationError);
  assertEquals(error.code, "busy");
  writer.execute("ROLLBACK");
});

Deno.test("createSeal() waits until no stamp is too young to be believed", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { files } = await sealStore(store);
  const newestMs = Math.max(...files.map(lastChangeMs));
  for (const [ageMs, waitedMs] of [[0, 2000], [500, 1500], [3000, null]] as const) {
    const waits: number[] = [];
    await createSeal(store, {
      now: () => new Date(newestMs + ageMs),
      wait: (durationMs) => Promise.resolve(void waits.push(durationMs)),
    });
    assertEquals(waits, waitedMs === null ? [] : [waitedMs], `${ageMs} ms`);
  }
});

Deno.test("createSeal() leaves the old or the new seal after every fault", async () => {
  const store = await goldenStore("chroma-0.4.24");
  await createSeal(store, NO_WAIT);
  const before = await snapshotTree(store);
  const states = { old: 0, new: 0 };
  // Whatever goes wrong once is enough here: the file layer has tests of its own for the rest.
  for (const fault of everyFault()) {
    if (fault.duration !== "once") {
      fault.skipRest();
      continue;
    }
    const old = readOwnSeal(localFs, store).seal.createdAt;
    const { fs, wasHit } = withFault(localFs, fault);
    const history = StoredHistory.open(store, { fs, mayBeInStore: true });
    const error = await createSeal(store, { ...NO_WAIT, fs, history }).then(() => null, (e) => e);
    assert(error === null || error instanceof OperationError, String(error));
    const now = readOwnSeal(localFs, store).seal.createdAt;
    states[now === old ? "old" : "new"]++;
    assertEquals(StoredHistory.open(store).problem, null, JSON.stringify(fault));
    const left = Array.from(Deno.readDirSync(`${store}.vecfsck`), (entry) => entry.name);
    const unknown = left.filter((name) =>
      !["seal", "checked.json"].includes(name) && !/^lock|holder|\.vecfsck-/.test(name)
    );
    assertEquals(unknown, []);
    if (!wasHit()) fault.skipRest();
  }
  assert(states.old > 3 && states.new > 3, JSON.stringify(states));
  assertEquals(await snapshotTree(store), before);
});

Deno.test("readOwnSeal() says what to do when there is no seal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const error = await assertRejects(
    () => Promise.resolve().then(() => readOwnSeal(localFs, store)),
    OperationError,
  );
  assertEquals([error.code, error.hint?.includes("vecfsck seal")], ["not-found", true]);
});

Deno.test("readSeal() refuses what is no seal without a trace", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const { file } = await createSeal(store, NO_WAIT);
  const path = file?.path ?? "";
  flipBit(path, 200);
  for (const wrong of [path, join(store, "chroma.sqlite3"), join(dirname(path), "checked.json")]) {
    const attempt = Promise.resolve().then(() => readSeal(localFs, wrong));
    const error = await assertRejects(() => attempt, OperationError);
    assert(["read-failed", "not-found"].includes(error.code), error.message);
    assert(error.message.includes(wrong));
  }
});

Deno.test("createSeal() ends at once when its signal is aborted, and leaves no seal", async () => {
  const store = await goldenStore("chroma-1.5.9");
  for (const when of ["waiting", "checking"] as const) {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    // Without a wait of its own, it would wait for two seconds.
    if (when === "waiting") setTimeout(abort, 0);
    const error = await assertRejects(
      () =>
        createSeal(store, {
          signal: controller.signal,
          ...(when === "waiting" ? {} : { ...NO_WAIT, onProgress: abort }),
        }),
      OperationError,
    );
    assertEquals(error.code, "cancelled");
    assertEquals(localFs.look(`${store}.vecfsck/seal`), null);
  }
});
