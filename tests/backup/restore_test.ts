import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { planRestore, type PlanRestoreOptions } from "../../lib/backup/plan_restore.ts";
import { restoreBackup } from "../../lib/backup/restore.ts";
import type { RestoredStore } from "../../lib/backup/restore_options.ts";
import { readStoreContents } from "../../lib/engine/contents.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { listEntries } from "../../lib/quarantine/entries.ts";
import { prepareEntry } from "../../lib/quarantine/entry.ts";
import { restoreEntry } from "../../lib/quarantine/restore_entry.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { brief, checkWhole } from "../support/findings.ts";
import { holdTransaction } from "../support/engine_process.ts";
import { GOLDEN_STORES, goldenStore } from "../support/fixtures.ts";
import { systemError } from "../support/memory_fs.ts";
import { Tmpfs } from "../support/tmpfs.ts";
import { backUp, namesIn, tinyStore } from "./backup_cases.ts";

async function restore(
  store: string,
  options: PlanRestoreOptions = {},
  fs: WriteFs = localFs,
): Promise<RestoredStore> {
  const plan = await planRestore(store, { ...options, fs });
  return await restoreBackup(plan, { fs, force: options.force ?? false });
}

async function hashesOf(store: string): Promise<(readonly [string, string])[]> {
  return (await readStoreContents(store)).map(({ name, hash }) => [name, hash] as const);
}

async function assertHealthy(store: string): Promise<void> {
  const { findings } = await checkWhole(store);
  assertEquals(findings.filter(({ severity }) => severity !== "info").map(brief), []);
}

/** Ruins the database and every index. */
function ruin(store: string): void {
  Deno.truncateSync(join(store, "chroma.sqlite3"), 5_000);
  for (const entry of Deno.readDirSync(store)) {
    if (entry.isDirectory) Deno.truncateSync(join(store, entry.name, "header.bin"), 50);
  }
}

for (const golden of GOLDEN_STORES) {
  Deno.test(`restoreBackup() brings a ruined store back, ${golden}`, async () => {
    const store = await goldenStore(golden);
    const before = await hashesOf(store);
    const { id } = await backUp(store);
    ruin(store);
    const { quarantined, plan } = await restore(store);
    assertEquals(plan.backup.id, id);
    assertEquals(await hashesOf(store), before);
    await assertHealthy(store);
    const aside = join(`${store}.vecfsck`, "quarantine", quarantined ?? "", "data");
    assertEquals(Deno.statSync(join(aside, "chroma.sqlite3")).size, 5_000);
  });
}

Deno.test("restoreBackup() gives files and directories the modes and times that they had", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await Deno.chmod(join(store, "chroma.sqlite3"), 0o640);
  const stamps = (): unknown[] =>
    namesIn(store).map((name) => {
      const { mode, mtime, isFile } = Deno.statSync(join(store, name));
      return [name, mode, isFile ? mtime : null];
    });
  const before = stamps();
  await backUp(store);
  ruin(store);
  await restore(store);
  assertEquals(stamps(), before);
});

Deno.test("restoreBackup() brings a store back that is gone", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await hashesOf(store);
  await backUp(store);
  await Deno.remove(store, { recursive: true });
  const { quarantined } = await restore(store);
  assertEquals(quarantined, null);
  assertEquals(await hashesOf(store), before);
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("restoreBackup() writes elsewhere and leaves the store alone with into", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const before = await hashesOf(store);
  await backUp(store);
  ruin(store);
  const ruined = Deno.readFileSync(join(store, "chroma.sqlite3"));
  const into = join(store, "..", "elsewhere");
  for (const make of [false, true]) {
    if (make) await Deno.mkdir(into);
    const { quarantined } = await restore(store, { into });
    assertEquals(quarantined, null);
    assertEquals(await hashesOf(into), before);
    await Deno.remove(into, { recursive: true });
  }
  assertEquals(Deno.readFileSync(join(store, "chroma.sqlite3")), ruined);
  assertEquals(namesIn(join(store, "..")).filter((name) => name.includes("vecfsck")), []);
});

Deno.test("restoreBackup() can be taken back through the quarantine", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await backUp(store);
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute("UPDATE collections SET name = name || ' renamed'");
  }
  const renamed = await hashesOf(store);
  const { quarantined } = await restore(store);
  assert(JSON.stringify(await hashesOf(store)) !== JSON.stringify(renamed));
  const { replacedBy } = await restoreEntry(store, quarantined ?? "");
  assertEquals(await hashesOf(store), renamed);
  assertEquals(namesIn(join(`${store}.vecfsck`, "quarantine")), [replacedBy]);
});

Deno.test("restoreBackup() exchanges the entries of a mount point, and takes it back", async () => {
  using mount = await Tmpfs.mount(64 << 20);
  if (mount === null) return;
  const golden = await goldenStore("chroma-1.5.9");
  const to = `${golden}.copies`;
  for (const name of namesIn(golden)) {
    await new Deno.Command("cp", { args: ["-r", join(golden, name), mount.path] }).output();
  }
  const before = await hashesOf(mount.path);
  await backUp(mount.path, { to });
  ruin(mount.path);
  const { quarantined } = await restore(mount.path, { to });
  assertEquals(await hashesOf(mount.path), before);
  await assertHealthy(mount.path);
  assertEquals(namesIn(join(mount.path, ".vecfsck")), ["quarantine"]);
  await restoreEntry(mount.path, quarantined ?? "");
  assertEquals(Deno.statSync(join(mount.path, "chroma.sqlite3")).size, 5_000);
  await restore(mount.path, { to });
  assertEquals(await hashesOf(mount.path), before);
});

Deno.test("restoreBackup() does not bury what an earlier run has put in quarantine in the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await backUp(store);
  const [segment = ""] = namesIn(store);
  const item = { from: segment, to: `data/${segment}`, sizeBytes: 0, sha256: null };
  const numbers = { collection: null, records: null, onlyCopies: null };
  const earlier = prepareEntry(store, {
    kind: "index",
    reason: "it was moved by an earlier run",
    findings: [],
    items: [{ ...item, ...numbers }],
  });
  ruin(store);
  // The user of that run could not write beside the store.
  await Deno.rename(`${store}.vecfsck`, join(store, ".vecfsck"));
  const { quarantined } = await restore(store);
  const ids = listEntries(store).entries.map(({ id }) => id);
  assertEquals(ids.sort(), [earlier.id, quarantined ?? ""].sort());
  await assertHealthy(store);
});

Deno.test("planRestore() chooses by name, by time, by directory, else the newest good one", async () => {
  const store = await tinyStore();
  const times = ["2027-01-01T04:00:00Z", "2027-01-02T04:00:00Z", "2027-01-03T04:00:00Z"];
  for (const time of times) {
    await backUp(store, { now: () => new Date(time) });
  }
  const choose = async (options: PlanRestoreOptions): Promise<string> =>
    (await planRestore(store, options)).backup.id;
  const backups = `${store}.backups`;
  assertEquals(await choose({}), "20270103T040000Z");
  assertEquals(await choose({ from: "20270101T040000Z" }), "20270101T040000Z");
  assertEquals(await choose({ at: "2027-01-02" }), "20270102T040000Z");
  assertEquals(await choose({ at: "2027-01-02T03:59Z" }), "20270101T040000Z");
  assertEquals(await choose({ from: join(backups, "20270102T040000Z") }), "20270102T040000Z");
  assertEquals(await choose({ from: backups }), "20270103T040000Z");
  assertEquals(await choose({ from: backups, at: "2027-01-01" }), "20270101T040000Z");
  for (const options of [{ at: "2026-12-31" }, { from: "20270109T040000Z" }, { from: "none" }]) {
    const error = await assertRejects(() => choose(options), OperationError);
    assertEquals(error.code, "not-found");
  }
});

Deno.test("planRestore() takes a backup that is not good only by name and by force", async () => {
  const store = await tinyStore();
  await backUp(store, { now: () => new Date("2027-01-01T04:00:00Z") });
  Deno.truncateSync(join(store, "chroma.sqlite3"), 20_000);
  const bad = await backUp(store, { force: true, now: () => new Date("2027-01-02T04:00:00Z") });
  assertEquals((await planRestore(store)).backup.id, "20270101T040000Z");
  const error = await assertRejects(() => planRestore(store, { from: bad.id }), OperationError);
  assertStringIncludes(error.message, "is not good");
  await restore(store, { from: bad.id, force: true });
  assertEquals(Deno.statSync(join(store, "chroma.sqlite3")).size, 20_000);
});

Deno.test("planRestore() says what the store has that the backup has not", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await backUp(store);
  {
    using database = StoreDatabase.open(join(store, "chroma.sqlite3"), { writable: true });
    database.execute(`
      DELETE FROM embedding_metadata WHERE id IN (SELECT id FROM embeddings LIMIT 1);
      DELETE FROM collections WHERE name = 'empty'`);
  }
  const { collections } = await planRestore(store);
  const changes = Object.fromEntries(collections.map((change) => [change.name, change]));
  assertEquals(changes["dot"]?.isSame, true);
  assertEquals(changes["empty"]?.recordsNow, null);
  assertEquals(collections.filter(({ isSame }) => !isSame).length, 2);
});

Deno.test("planRestore() refuses a place that holds something, and no store", async () => {
  const store = await tinyStore();
  await backUp(store);
  const other = join(store, "..", "other");
  await Deno.mkdir(other);
  await Deno.writeTextFile(join(other, "letter.txt"), "somebody's");
  const from = `${store}.backups`;
  const wrong = await assertRejects(() => planRestore(other, { from }), OperationError);
  assertEquals(wrong.code, "not-a-store");
  const full = await assertRejects(() => planRestore(store, { into: other }), OperationError);
  assertEquals(full.code, "usage");
});

Deno.test("restoreBackup() names the file of a backup that has rotten, and changes nothing", async () => {
  const store = await tinyStore();
  const { directory } = await backUp(store);
  const path = join(directory, "files", "two.txt");
  await Deno.chmod(path, 0o600);
  await Deno.writeTextFile(path, "two!");
  const before = Deno.readFileSync(join(store, "chroma.sqlite3"));
  const error = await assertRejects(() => restore(store), OperationError);
  assertStringIncludes(error.message, "files/two.txt");
  assertEquals(Deno.readFileSync(join(store, "chroma.sqlite3")), before);
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("restoreBackup() is refused while an engine is in the middle of a transaction", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await backUp(store);
  await using _engine = await holdTransaction(store);
  const error = await assertRejects(() => restore(store), OperationError);
  assertEquals(error.code, "busy");
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("restoreBackup() puts the store back when the last rename fails", async () => {
  const store = await goldenStore("chroma-1.5.9");
  await backUp(store);
  ruin(store);
  const fs: WriteFs = {
    ...localFs,
    rename: (from, to) => {
      if (to === store && from.endsWith(".new")) throw systemError("EIO", "injected");
      localFs.rename(from, to);
    },
  };
  const error = await assertRejects(() => restore(store, {}, fs), OperationError);
  assertEquals(error.code, "write-failed");
  assertEquals(Deno.statSync(join(store, "chroma.sqlite3")).size, 5_000);
  assertEquals(recoverSwaps(store), []);
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});
