import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { listBackups, type ListedBackup } from "../../lib/backup/catalogue.ts";
import { createBackup, type CreateBackupOptions } from "../../lib/backup/create.ts";
import { encodeManifest, parseManifest } from "../../lib/backup/manifest.ts";
import { peekScope } from "../../lib/backup/peek_scope.ts";
import { planPrune } from "../../lib/backup/prune.ts";
import { backupPlaceOf } from "../../lib/backup/place.ts";
import { findLost, isUnchanged, planCopy } from "../../lib/backup/scope.ts";
import { verifyBackup } from "../../lib/backup/verify_backup.ts";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { findOlderCopies } from "../../lib/repair/older_copies.ts";
import { requireStore } from "../../lib/stores/registry.ts";
import { chromemStore } from "../support/chromem_stores.ts";
import { aheadClock, assertWhole, letStampsSettle, namesIn, tinyStore } from "./backup_cases.ts";

/** A database whose files are old, and older than any clock of these tests. */
async function restingStore(): Promise<string> {
  const store = await chromemStore("plain");
  letStampsSettle(store);
  return store;
}

function metadataOf(store: string): string[] {
  return namesIn(store).map((folder) => join(store, folder, "00000000.gob"))
    .filter((path) => localFs.look(path) !== null);
}

/** Makes a backup of the metadata that has to succeed. */
async function backUp(
  store: string,
  options: CreateBackupOptions = {},
): Promise<ListedBackup & { readonly isUnchanged: boolean }> {
  const { backup, isUnchanged } = await createBackup(store, {
    scope: "metadata",
    now: aheadClock,
    ...options,
  });
  assert(backup !== null);
  return { ...backup, isUnchanged };
}

/** Runs an action and tells which directories it has listed. */
function listedBy(action: () => void): string[] {
  const { readDirSync } = Deno;
  const listed: string[] = [];
  Deno.readDirSync = (path) => {
    listed.push(String(path));
    return readDirSync(path);
  };
  try {
    action();
  } finally {
    Deno.readDirSync = readDirSync;
  }
  return listed;
}

Deno.test("createBackup() copies the metadata alone, which is a whole database without documents", async () => {
  const store = await restingStore();
  const folders = namesIn(store);
  const { directory, manifest } = await backUp(store);
  assertEquals(manifest.scope, "metadata");
  assertEquals(
    manifest.files.map(({ path }) => path),
    folders.map((name) => `${name}/00000000.gob`),
  );
  assertEquals(
    new Map(manifest.collections.map(({ id, records }) => [id, records])),
    new Map(folders.map((id) => [id, 0])),
  );
  assert(manifest.good);
  assertEquals(manifest.check.level, "full");
  await assertWhole(directory);
  const { verification } = await verifyBackup(directory, { full: true });
  assertEquals(verification.problems, []);
});

Deno.test("planCopy() lists no documents where only the metadata is copied", async () => {
  const store = requireStore(await restingStore());
  assertEquals(listedBy(() => planCopy(store, "metadata")), [store.path]);
  const [previous] = [await backUp(store.path)];
  const listed = listedBy(() => {
    assert(isUnchanged(localFs, store, previous));
    assertEquals(findLost(localFs, store, previous), { paths: [], entries: 0 });
  });
  assertEquals(new Set(listed), new Set([store.path]));
});

Deno.test("createBackup() makes no backup of metadata that has not changed, and keeps the time", async () => {
  const store = await restingStore();
  const first = await backUp(store);
  assertEquals([first.isUnchanged, first.verification], [false, null]);
  const at = new Date("2044-01-01T00:00:00Z");
  const second = await backUp(store, { now: () => at });
  assertEquals([second.isUnchanged, second.id], [true, first.id]);
  assertEquals(second.verification?.confirmedAt, at.toISOString());
  assertEquals(namesIn(`${store}.backups`), [first.id]);
  // Documents are none of its business.
  Deno.writeTextFileSync(join(store, "1225ae6c", "ffffffff.gob"), "a document");
  assert((await backUp(store)).isUnchanged);
  // A verification keeps what it says nothing about.
  const { verification } = await verifyBackup(first.directory);
  assert(verification.confirmedAt !== null && verification.confirmedAt !== at.toISOString());
  assertEquals(
    listBackups(`${store}.backups`).backups[0]?.verification?.confirmedAt,
    verification.confirmedAt,
  );
});

Deno.test("createBackup() makes a backup of metadata that has changed, and shares the rest", async () => {
  const store = await restingStore();
  const first = await backUp(store);
  Deno.removeSync(join(store, "2e1cfa82"), { recursive: true });
  const second = await backUp(store);
  assert(!second.isUnchanged && second.id !== first.id);
  assertEquals(
    second.manifest.files.map(({ sharedWith }) => sharedWith),
    namesIn(store).map(() => first.id),
  );
});

Deno.test("createBackup() marks a backup of metadata that has rotten, and makes another", async () => {
  const store = await restingStore();
  const first = await backUp(store);
  const [rotten = ""] = first.manifest.files.map(({ path }) =>
    join(first.directory, "files", path)
  );
  Deno.chmodSync(rotten, 0o644);
  Deno.writeTextFileSync(rotten, "x".repeat(Deno.statSync(rotten).size));
  const second = await backUp(store);
  assert(!second.isUnchanged && second.id !== first.id);
  assert(second.manifest.files.every(({ sharedWith }) => sharedWith === null));
  const [marked] = listBackups(`${store}.backups`).backups;
  assertEquals(marked?.verification?.good, false);
});

Deno.test("createBackup() keeps nothing while metadata is lost that the backup before has", async () => {
  const store = await restingStore();
  const first = await backUp(store);
  Deno.removeSync(join(store, "e6684f6c", "00000000.gob"));
  const pauses: number[] = [];
  const pause = (durationMs: number): Promise<void> => {
    pauses.push(durationMs);
    return Promise.resolve();
  };
  const options = { scope: "metadata", now: aheadClock, pause } as const;
  const outcome = await createBackup(store, options);
  assertEquals([outcome.backup, outcome.lost], [null, ["e6684f6c/00000000.gob"]]);
  assertEquals(pauses.length, 1);
  assertEquals(namesIn(`${store}.backups`), [first.id]);
  const forced = await createBackup(store, { ...options, force: true });
  assertEquals(forced.backup?.manifest.good, false);
  assertEquals((await createBackup(store, options)).backup, null);
  // All of it, so that there is nothing to copy.
  for (const path of metadataOf(store)) Deno.removeSync(path);
  const empty = await createBackup(store, { ...options, force: true });
  const count = namesIn(store).length;
  assertEquals([empty.backup, empty.summary, empty.lost.length], [null, null, count]);
});

Deno.test("createBackup() waits for a collection that is just being removed", async () => {
  const store = await restingStore();
  const folder = join(store, "e6684f6c");
  await backUp(store);
  Deno.removeSync(join(folder, "00000000.gob"));
  // An engine removes file after file, and the directory last.
  const pause = (): Promise<void> => {
    const [first, second] = namesIn(folder);
    for (const name of [first, second]) {
      if (name !== undefined) Deno.removeSync(join(folder, name));
    }
    if (second === undefined) Deno.removeSync(folder);
    return Promise.resolve();
  };
  const { manifest } = await backUp(store, { pause });
  assert(!namesIn(store).includes("e6684f6c"));
  assertEquals(manifest.directories.map(({ path }) => path), namesIn(store));
});

Deno.test("createBackup() keeps no metadata that is damaged", async () => {
  const store = await restingStore();
  const [path = ""] = metadataOf(store);
  Deno.truncateSync(path, 20);
  const { backup, findings, lost } = await createBackup(store, {
    scope: "metadata",
    now: aheadClock,
  });
  assertEquals([backup, lost], [null, []]);
  assert(findings.some(({ severity }) => severity === "error" || severity === "fatal"));
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("createBackup() refuses the metadata alone where it is in a database", async () => {
  const store = await tinyStore();
  const error = await assertRejects(() => backUp(store), OperationError);
  assertEquals(error.code, "unsupported");
  assertStringIncludes(error.hint ?? "", "--metadata-only");
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("planPrune() applies the rules to backups of all and of the metadata by themselves", async () => {
  const store = await restingStore();
  const at = (minute: number) => (): Date =>
    new Date(Date.parse("2044-01-01T00:00:00Z") + minute * 60_000);
  const full = await createBackup(store, { now: at(0) });
  for (let minute = 1; minute < 4; minute++) {
    await backUp(store, { now: at(minute) });
    Deno.utimeSync(metadataOf(store)[0] ?? "", minute, minute);
  }
  const place = backupPlaceOf(localFs, store);
  const ids = listBackups(place.directory).backups.map(({ id }) => id);
  assertEquals(ids.length, 4);
  const all = planPrune(place, { last: 1 });
  assertEquals([all.removals, all.retention.keeper], [[], full.backup?.id ?? ""]);
  const metadata = planPrune(place, { last: 1 }, { scope: "metadata" });
  assertEquals([metadata.removals, metadata.retention.keeper], [ids.slice(1, 3), ids[3] ?? ""]);
  const none = planPrune(place, { last: 0 }, { removeAll: true });
  assertEquals(none.removals, [full.backup?.id ?? ""]);
});

Deno.test("findOlderCopies() gives backups of the metadata to a repair, and not as whole", async () => {
  const store = await restingStore();
  const { id, directory } = await backUp(store);
  const [copy] = findOlderCopies(localFs, store);
  assertEquals([copy?.label, copy?.isWhole], [`the backup of metadata ${id}`, false]);
  assertEquals(copy?.directory, join(directory, "files"));
});

Deno.test("listBackups() reads no manifest of a backup that holds something else", async () => {
  const store = await restingStore();
  const { backup } = await createBackup(store, { now: aheadClock });
  const { id } = await backUp(store);
  const directory = `${store}.backups`;
  const path = join(backup?.directory ?? "", "manifest.json");
  const read: string[] = [];
  const fs: WriteFs = {
    ...localFs,
    openForReading: (name) => {
      const file = localFs.openForReading(name);
      if (name !== path) return file;
      return {
        sizeBytes: file.sizeBytes,
        readAt: (offset, target) => {
          if (target.byteLength > 16 << 10) read.push(name);
          return file.readAt(offset, target);
        },
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
  };
  assert(Deno.statSync(path).size > 16 << 10);
  const metadata = listBackups(directory, { fs, scope: "metadata" });
  assertEquals([metadata.backups.map((each) => each.id), read], [[id], []]);
  const all = listBackups(directory, { fs, scope: "all" });
  assertEquals([all.backups.map((each) => each.id), read], [[backup?.id], [path]]);
  // A manifest of a version before does not say so, and is read.
  assertEquals(peekScope(localFs, backup?.directory ?? ""), "all");
  const text = Deno.readTextFileSync(path).replace(/^ {2}"scope": "all",\n/m, "");
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, text);
  assertEquals(peekScope(localFs, backup?.directory ?? ""), null);
});

Deno.test("encodeManifest() writes very many files without indentation", async () => {
  const { manifest } = await backUp(await restingStore());
  const [file] = manifest.files;
  assert(file !== undefined);
  const files = Array.from({ length: 10_001 }, (_, number) => ({
    ...file,
    path: `1225ae6c/${number}.gob`,
  }));
  const text = encodeManifest({ ...manifest, files });
  assertEquals(text.split("\n").length, 2);
  assertEquals(parseManifest(text).files, files);
});
