import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { createBackup } from "../../lib/backup/create.ts";
import { OperationError } from "../../lib/base/errors.ts";
import { Journal } from "../../lib/fs/journal.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { quarantineStaleHnsw } from "../../lib/quarantine/stale_hnsw.ts";
import { StoredHistory } from "../../lib/seal/history.ts";
import { readStatus, systemStatus } from "../../lib/status/read_status.ts";
import { hashName } from "../../lib/stores/chromem/name_hash.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { chromemExport, chromemFacts, chromemStore } from "../support/chromem_stores.ts";
import { checkWhole } from "../support/findings.ts";
import { goldenFacts, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";

/** A file system on which nothing can be written. */
const READ_ONLY: WriteFs = {
  ...localFs,
  ...Object.fromEntries(
    [
      "createFile",
      "makeDirectory",
      "makeTemporaryDirectory",
      "rename",
      "removeFile",
      "removeDirectory",
      "setMode",
      "setTimes",
    ].map((name) => [name, () => {
      throw new Error(`${name} was called`);
    }]),
  ),
};

Deno.test("systemStatus() tells what a store holds, and writes nothing in it or beside it", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const facts = await goldenFacts("chroma-1.5.9");
  const before = await snapshotTree(join(store, ".."));
  const status = await readStatus(store, { fs: READ_ONLY });
  assertEquals(await snapshotTree(join(store, "..")), before);
  const counts = Object.values(facts.collections).map(({ count }) => count);
  const records = counts.reduce((sum, count) => sum + count, 0);
  assertEquals([status.store, status.format, status.engine], [store, "chroma", "chroma 1.5"]);
  assertEquals([status.records, status.collections?.total], [records, counts.length]);
  assertEquals([status.health.verdict, status.health.level], ["clean", "quick"]);
  assertEquals([status.collections?.healthy, status.missingVectors], [counts.length, 0]);
  assertEquals([status.lastFullCheck, status.backups?.total], [null, 0]);
  assertEquals(status.quarantine, { entries: 0, sizeBytes: 0 });
  assertEquals(status.interruptedChanges, 0);
});

Deno.test("systemStatus() makes a full check when it is asked to", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.patch(store.file("data_level0.bin"), (view) => view.setUint32(4, 0xffff_fff0, true));
  const quick = await systemStatus(store.path);
  const full = await systemStatus(store.path, { level: "full", jobs: 1 });
  assertEquals([quick.health.verdict, quick.lastFullCheck], ["clean", null]);
  assertEquals([full.health.verdict, full.health.level], ["unsafe", "full"]);
  assertEquals([full.lastFullCheck?.source, full.lastFullCheck?.isSound], ["status", false]);
  assertEquals([full.health.isRefused, full.collections?.damaged], [true, 1]);
});

Deno.test("systemStatus() names the damaged collections, and the kinds of findings", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("length.bin", "cosine"));
  const { health, collections } = await systemStatus(store.path);
  assertEquals(health.verdict, "damaged");
  assertEquals([collections?.healthy, collections?.damaged], [4, 1]);
  assertEquals(collections?.each.find(({ isHealthy }) => !isHealthy)?.name, "cosine");
  assertEquals(health.kinds.map(({ name, findings }) => [name, findings]), [
    ["segment-file-missing", 1],
  ]);
});

Deno.test("systemStatus() counts vectors that are missing for sure", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  Deno.removeSync(store.file("", "cosine"), { recursive: true });
  const { missingVectors, vectors, records } = await systemStatus(store.path);
  assert((missingVectors ?? 0) > 0);
  assert((vectors ?? 0) > 0 && (records ?? 0) > 0);
});

Deno.test("systemStatus() believes the last full check while its files are the same", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const now = new Date();
  store.patch(store.file("data_level0.bin"), (view) => view.setUint32(4, 0xffff_fff0, true));
  const history = StoredHistory.open(store.path, { now: () => now });
  await checkWhole(store.path, { history });
  assertEquals(history.keep(), null);
  const later = { now: () => new Date(now.getTime() + 90_500) };
  const known = await readStatus(store.path, later);
  assertEquals(known.health.counts.fatal, 0);
  assertEquals([known.health.verdict, known.collections?.damaged], ["damaged", 1]);
  assertEquals(known.lastFullCheck, {
    at: now.toISOString(),
    ageSeconds: 90,
    source: "check",
    isSound: false,
    isCurrent: true,
  });
  Deno.utimeSync(store.file("length.bin"), 1, 1);
  const changed = await readStatus(store.path, later);
  assertEquals([changed.health.verdict, changed.lastFullCheck?.isCurrent], ["clean", false]);
});

Deno.test("systemStatus() tells the newest good backup, and its check", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const to = await scratchDirectory();
  const { backup } = await createBackup(store, { to });
  assert(backup !== null);
  const createdMs = Date.parse(backup.manifest.createdAt);
  const now = (): Date => new Date(createdMs + 60_000);
  const { backups, lastFullCheck } = await readStatus(store, { backups: to, now });
  assertEquals([backups?.directory, backups?.total, backups?.good], [to, 1, 1]);
  assertEquals(backups?.newestGood, {
    id: backup.id,
    createdAt: backup.manifest.createdAt,
    confirmedAt: backup.manifest.createdAt,
    ageSeconds: 60,
    verifiedAt: null,
    verifiedLevel: null,
  });
  assertEquals([lastFullCheck?.source, lastFullCheck?.isCurrent], ["backup", null]);
  assertEquals([lastFullCheck?.isSound, lastFullCheck?.ageSeconds], [true, 60]);
  const beside = await readStatus(store, { now });
  assertEquals([beside.backups?.total, beside.lastFullCheck], [0, null]);
});

Deno.test("systemStatus() counts what was moved aside", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const moved = quarantineStaleHnsw(store, { staleSeconds: -1e12 });
  const { quarantine, sizes } = await systemStatus(store);
  assertEquals(quarantine?.entries, moved.length);
  assert(moved.length > 0 && (quarantine?.sizeBytes ?? 0) > 0);
  assert(sizes.foreignBytes >= (quarantine?.sizeBytes ?? 0));
});

Deno.test("systemStatus() says what may not be looked at, and everything else", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const refuse = (path: string): boolean => path.endsWith(".backups") || path.endsWith(".vecfsck");
  const fs: WriteFs = {
    ...localFs,
    look: (path) => {
      if (refuse(path)) throw new Deno.errors.PermissionDenied("denied");
      return localFs.look(path);
    },
    freeBytes: () => null,
  };
  const { backups, quarantine, diskFreeBytes, collections } = await readStatus(store, { fs });
  assertEquals([backups, quarantine, diskFreeBytes], [null, null, null]);
  assertEquals(collections?.total, 5);
});

Deno.test("systemStatus() refuses a place for backups that is in the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const error = await assertRejects(
    () => systemStatus(store, { backups: join(store, "backups") }),
    OperationError,
  );
  assertEquals(error.code, "usage");
});

Deno.test("systemStatus() ends when it is told to, and where there is no store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const reason = new OperationError("cancelled", "Cancelled");
  const cancelled = await assertRejects(
    () => systemStatus(store, { signal: AbortSignal.abort(reason) }),
    OperationError,
  );
  assertEquals(cancelled.code, "cancelled");
  const empty = await scratchDirectory();
  const missing = await assertRejects(() => systemStatus(empty), OperationError);
  assertEquals(missing.code, "not-a-store");
});

Deno.test("systemStatus() counts the collections of a chromem-go database, the broken ones too", async () => {
  const store = await chromemStore("plain");
  const { collections: facts } = await chromemFacts();
  const documents = facts.reduce((sum, collection) => sum + collection.documents.length, 0);
  const well = await systemStatus(store);
  assertEquals([well.format, well.health.verdict, well.records], ["chromem", "clean", documents]);
  assertEquals([well.collections?.healthy, well.health.isRefused], [facts.length, false]);
  const lost = facts.filter((collection) => collection.documents.length > 0)
    .map(({ name }) => hashName(name));
  for (const folder of lost) Deno.removeSync(join(store, folder, "00000000.gob"));
  const { health, collections, records } = await systemStatus(store);
  assertEquals([health.verdict, health.isRefused, records], ["damaged", true, documents]);
  const damaged = collections?.each.filter(({ isHealthy }) => !isHealthy) ?? [];
  assertEquals(damaged.map(({ name }) => name).sort(), lost.sort());
  assertEquals([collections?.total, collections?.damaged], [facts.length, lost.length]);
});

Deno.test("systemStatus() knows of a document that keeps the engine out once all are read", async () => {
  const store = await chromemStore("plain");
  const { collections } = await chromemFacts();
  const folder = hashName(collections.find(({ documents }) => documents.length > 0)?.name ?? "");
  const names = [...Deno.readDirSync(join(store, folder))].map(({ name }) => name).sort();
  Deno.truncateSync(join(store, folder, names[1] ?? ""), 9);
  const quick = await systemStatus(store);
  const full = await systemStatus(store, { level: "full", jobs: 1 });
  assertEquals([quick.health.verdict, quick.health.isRefused], ["clean", false]);
  assertEquals([full.health.verdict, full.health.isRefused], ["damaged", true]);
  assertEquals([full.records, full.collections?.damaged], [(quick.records ?? 0) - 1, 1]);
});

Deno.test("systemStatus() refuses a file before it is read", async () => {
  const path = await chromemExport("export.gob");
  const error = await assertRejects(() => systemStatus(path, { level: "full" }), OperationError);
  assertEquals(error.code, "unsupported");
});

Deno.test("systemStatus() tells backups of the metadata alone from whole ones", async () => {
  const store = await chromemStore("plain");
  const to = await scratchDirectory();
  const made = new Date(Date.now() + 60_000);
  const confirmed = new Date(made.getTime() + 600_000);
  for (const time of [made, confirmed]) {
    await createBackup(store, { to, scope: "metadata", now: () => time });
  }
  const now = (): Date => new Date(confirmed.getTime() + 5000);
  const { backups, lastFullCheck } = await readStatus(store, { backups: to, now });
  assertEquals([backups?.total, backups?.newestGood, backups?.metadataOnly], [0, null, 1]);
  assertEquals(backups?.newestMetadata?.confirmedAt, confirmed.toISOString());
  assertEquals([backups?.newestMetadata?.ageSeconds, lastFullCheck], [5, null]);
});

/** Leaves the record of a change of a store, as a run does that was killed. */
function interruptChange(store: string): void {
  const workDirectory = openWorkDirectory(localFs, store);
  new Journal(localFs, workDirectory).write({
    kind: "swap-directory",
    id: "20260301T070000-0123456789abcdef",
    startedAt: "2026-03-01T07:00:00.000Z",
    live: join(store, "segment"),
    hadLive: false,
    replacement: join(workDirectory, "rebuilt"),
    aside: join(workDirectory, "replaced"),
  });
}

Deno.test("systemStatus() waits until nothing changes a store, but not for ever", async () => {
  const store = await goldenStore("chroma-1.5.9");
  interruptChange(store);
  const before = await snapshotTree(join(store, ".."));
  let lock = localFs.tryLock(store);
  const pauses: number[] = [];
  const status = await readStatus(store, {
    pause: (durationMs) => {
      pauses.push(durationMs);
      if (pauses.length === 2) lock?.release();
      return Promise.resolve();
    },
  });
  assertEquals([status.interruptedChanges, pauses], [1, [100, 300]]);
  lock = localFs.tryLock(store);
  const error = await assertRejects(
    () => readStatus(store, { pause: () => Promise.resolve() }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  const ends = new AbortController();
  const cancelled = await assertRejects(() => {
    const reason = new OperationError("cancelled", "Cancelled");
    const pause = () => Promise.resolve(ends.abort(reason));
    return readStatus(store, { signal: ends.signal, pause });
  }, OperationError);
  assertEquals(cancelled.code, "cancelled");
  lock?.release();
  assertEquals(await snapshotTree(join(store, "..")), before);
});
