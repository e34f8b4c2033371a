import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { createBackup } from "../../lib/backup/create.ts";
import { readManifest } from "../../lib/backup/manifest.ts";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { StoreDatabase } from "../../lib/sqlite/database.ts";
import { holdDatabase } from "../../lib/sqlite/online_backup.ts";
import {
  copyTree,
  GOLDEN_STORES,
  goldenFacts,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../support/fixtures.ts";
import { systemError } from "../support/memory_fs.ts";
import { snapshotTree } from "../support/snapshot.ts";
import {
  assertWhole,
  backUp,
  letStampsSettle,
  namesIn,
  tickingClock,
  tinyStore,
} from "./backup_cases.ts";

for (const name of GOLDEN_STORES) {
  Deno.test(`createBackup() makes a whole backup of ${name} and leaves it as it was`, async () => {
    const store = await goldenStore(name);
    const before = await snapshotTree(store);
    const { directory, manifest } = await backUp(store);
    assertEquals(await snapshotTree(store), before);
    await assertWhole(directory);
    assert(manifest.good);
    assertEquals(manifest.store, store);
    assertEquals(namesIn(join(store, "..")), ["store", "store.backups"]);
    assertEquals(namesIn(directory), ["files", "manifest.json", "manifest.json.sha256"]);
    const { collections } = await goldenFacts(name);
    assertEquals(
      Object.fromEntries(manifest.collections.map(({ name, records }) => [name, records])),
      Object.fromEntries(Object.entries(collections).map(([name, { count }]) => [name, count])),
    );
    for (const { path, sizeBytes } of manifest.files) {
      assertEquals(Deno.statSync(join(store, path)).size, sizeBytes, path);
    }
  });
}

for (const name of TORN_STORES) {
  Deno.test(`createBackup() keeps nothing of the torn store ${name} without force`, async () => {
    const store = await tornStore(name);
    const before = await snapshotTree(store);
    const { backup, summary, findings } = await createBackup(store);
    assertEquals(backup, null);
    assert(summary !== null && summary.counts.error + summary.counts.fatal > 0);
    assertEquals(new Set(findings.map((finding) => finding.store)), new Set([store]));
    assertEquals(namesIn(`${store}.backups`), []);
    assertEquals(await snapshotTree(store), before);
    const forced = await createBackup(store, { force: true });
    assertEquals(forced.backup?.manifest.good, false);
    await assertWhole(forced.backup?.directory ?? "");
  });
}

Deno.test("createBackup() takes the permission to write from every file and keeps the times", async () => {
  const store = await tinyStore();
  Deno.chmodSync(join(store, "two.txt"), 0o640);
  const { directory, manifest } = await backUp(store);
  for (const { path } of manifest.files) {
    const copy = Deno.statSync(join(directory, "files", path));
    assertEquals((copy.mode ?? 0) & 0o222, 0, path);
    assertEquals(copy.mtime, Deno.statSync(join(store, path)).mtime, path);
  }
  const two = manifest.files.find(({ path }) => path === "two.txt");
  assertEquals(two?.mode, 0o640);
  assertEquals((Deno.statSync(join(directory, "files", "two.txt")).mode ?? 0) & 0o777, 0o440);
});

Deno.test("createBackup() shares what has not changed, and never with the store", async () => {
  const store = await goldenStore("chroma-1.5.9");
  letStampsSettle(store);
  const first = await backUp(store);
  const second = await backUp(store);
  assert(second.id > first.id);
  assertEquals(
    second.manifest.files.map(({ sharedWith }) => sharedWith),
    second.manifest.files.map(() => first.id),
  );
  const changed = first.manifest.files.find(({ path }) => path.endsWith("header.bin"))?.path ?? "";
  // The same bytes, and the same time: only the system's own stamp tells of it, and in seconds.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const info = Deno.statSync(join(store, changed));
  Deno.writeFileSync(join(store, changed), Deno.readFileSync(join(store, changed)));
  Deno.utimeSync(join(store, changed), info.atime ?? 0, info.mtime ?? 0);
  const third = await backUp(store);
  const copied = third.manifest.files.filter(({ sharedWith }) => sharedWith === null);
  assertEquals(copied.map(({ path }) => path), [changed]);
  const inodeOf = (root: string, path: string): number | null =>
    Deno.statSync(join(root, path)).ino;
  for (const { path } of third.manifest.files) {
    const inodes = [first, second, third].map(({ directory }) =>
      inodeOf(join(directory, "files"), path)
    );
    assertEquals(new Set(inodes).size, path === changed ? 2 : 1, path);
    assert(!inodes.includes(inodeOf(store, path)), path);
  }
});

Deno.test("createBackup() does not go by the stamp of what was changed just before", async () => {
  const store = await tinyStore();
  const now = (): Date => new Date();
  await backUp(store, { now });
  const { manifest } = await backUp(store, { now });
  assert(manifest.files.every(({ sharedWith }) => sharedWith === null));
});

Deno.test("createBackup() copies a database again whose change counter alone tells", async () => {
  const store = await tinyStore();
  const first = await backUp(store);
  const database = join(store, "chroma.sqlite3");
  const file = Deno.openSync(database, { read: true, write: true });
  file.seekSync(24, Deno.SeekMode.Start);
  const counter = new Uint8Array(4);
  file.readSync(counter);
  file.close();
  // What a commit within the same millisecond leaves: stamps that are equal, and another counter.
  const stamped = first.manifest.files.find(({ kind }) => kind === "database");
  assertEquals(stamped?.source.changeCounter, new DataView(counter.buffer).getUint32(0));
  const text = Deno.readTextFileSync(join(first.directory, "manifest.json"));
  const older = text.replace(
    /"changeCounter": (\d+)/,
    (_, count) => `"changeCounter": ${count - 1}`,
  );
  Deno.chmodSync(join(first.directory, "manifest.json"), 0o600);
  Deno.chmodSync(join(first.directory, "manifest.json.sha256"), 0o600);
  Deno.writeTextFileSync(join(first.directory, "manifest.json"), older);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(older));
  Deno.writeTextFileSync(
    join(first.directory, "manifest.json.sha256"),
    `${new Uint8Array(digest).toHex()}  manifest.json\n`,
  );
  const second = await backUp(store);
  const copied = second.manifest.files.filter(({ sharedWith }) => sharedWith === null);
  assertEquals(copied.map(({ path }) => path), ["chroma.sqlite3"]);
});

Deno.test("createBackup() copies where the file system has no hard links", async () => {
  const store = await tinyStore();
  await backUp(store);
  const fs: WriteFs = {
    ...localFs,
    linkFile: () => {
      throw systemError("EPERM", "no links here");
    },
  };
  const { manifest, directory } = await backUp(store, { fs });
  assert(manifest.files.every(({ sharedWith }) => sharedWith === null));
  await assertWhole(directory);
});

Deno.test("createBackup() shares nothing with a backup that has rotten, and marks it", async () => {
  const store = await tinyStore();
  const first = await backUp(store);
  const rotten = join(first.directory, "files", "two.txt");
  Deno.chmodSync(rotten, 0o600);
  Deno.writeTextFileSync(rotten, "TWO");
  const second = await backUp(store);
  await assertWhole(second.directory);
  assert(second.manifest.files.every(({ sharedWith }) => sharedWith === null));
  const [listed] = listBackups(`${store}.backups`).backups;
  assertEquals(listed?.verification?.good, false);
  assertEquals(listed?.verification?.problems.map(({ path }) => path), ["files/two.txt"]);
});

Deno.test("createBackup() copies again what changes while it copies", async () => {
  const store = await tinyStore();
  let changes = 0;
  const fs: WriteFs = {
    ...localFs,
    openForReading: (path) => {
      const file = localFs.openForReading(path);
      if (path === join(store, "two.txt") && changes++ < 2) {
        Deno.writeTextFileSync(path, `version ${changes}`);
      }
      return file;
    },
  };
  const { backup, tries } = await createBackup(store, { fs });
  assert(tries > 1);
  assertEquals(
    Deno.readTextFileSync(join(backup?.directory ?? "", "files", "two.txt")),
    Deno.readTextFileSync(join(store, "two.txt")),
  );
  await assertWhole(backup?.directory ?? "");
});

Deno.test("createBackup() follows files that come and go while it copies", async () => {
  const store = await tinyStore();
  let calls = 0;
  const { backup } = await createBackup(store, {
    holdDatabase: (path, options) => {
      if (calls++ === 0) {
        Deno.removeSync(join(store, "notes"), { recursive: true });
        Deno.mkdirSync(join(store, "fresh"));
        Deno.writeTextFileSync(join(store, "fresh", "three.txt"), "three");
      }
      return holdDatabase(path, options);
    },
  });
  assertEquals(
    backup?.manifest.files.map(({ path }) => path),
    ["chroma.sqlite3", "fresh/three.txt", "two.txt"],
  );
  assertEquals(backup?.manifest.directories.map(({ path }) => path), ["fresh"]);
  await assertWhole(backup?.directory ?? "");
});

Deno.test("createBackup() gives up a store that never rests, and says so", async () => {
  const store = await tinyStore();
  const first = await backUp(store);
  let changes = 0;
  const fs: WriteFs = {
    ...localFs,
    look: (path) => {
      // Whenever anybody looks at the copy, the original is written to.
      if (path.includes(".new") && path.endsWith("two.txt")) {
        Deno.writeTextFileSync(join(store, "two.txt"), `version ${changes++}`);
      }
      return localFs.look(path);
    },
  };
  Deno.writeTextFileSync(join(store, "two.txt"), "not as it was");
  const error = await assertRejects(
    () => createBackup(store, { fs, patienceMs: 1, pause: () => Promise.resolve() }),
    OperationError,
  );
  assertEquals(error.code, "busy");
  assertStringIncludes(error.message, "two.txt");
  assertEquals(namesIn(`${store}.backups`), [first.id]);
});

Deno.test("createBackup() holds the engines off from the third try on", async () => {
  const store = await tinyStore();
  const order: string[] = [];
  const fs: WriteFs = {
    ...localFs,
    openForReading: (path) => {
      if (path.endsWith("two.txt")) {
        order.push("copy");
        if (order.length < 5) Deno.writeTextFileSync(join(store, "two.txt"), `${order.length}`);
      }
      return localFs.openForReading(path);
    },
  };
  const { tries } = await createBackup(store, {
    fs,
    holdDatabase: (path, options) => {
      order.push("hold");
      return holdDatabase(path, options);
    },
  });
  assertEquals(tries, 3);
  assertEquals(order.slice(0, 6), ["copy", "hold", "copy", "hold", "hold", "copy"]);
});

/** What another process is told that wants the database for itself. */
function askForDatabase(path: string): string {
  const program = `
    import { DatabaseSync } from "node:sqlite";
    try {
      new DatabaseSync(${JSON.stringify(path)}).exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
      console.log("taken");
    } catch (error) {
      console.log(error.message);
    }`;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["eval", program] }).outputSync();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("createBackup() keeps other processes from committing while it holds them off", async () => {
  const store = await tinyStore();
  const database = join(store, "chroma.sqlite3");
  const answers: string[] = [];
  const fs: WriteFs = {
    ...localFs,
    openForReading: (path) => {
      if (path === join(store, "two.txt")) {
        answers.push(askForDatabase(database));
        if (answers.length < 3) Deno.writeTextFileSync(path, `${answers.length}`);
      }
      return localFs.openForReading(path);
    },
  };
  await createBackup(store, { fs });
  assertEquals(answers, ["taken", "taken", "database is locked"]);
  assertEquals(askForDatabase(database), "taken");
});

Deno.test("createBackup() takes what a hot journal belies through SQLite, and leaves it there", async () => {
  const store = await tinyStore();
  const database = join(store, "chroma.sqlite3");
  await makeHot(database);
  letStampsSettle(store);
  const before = await snapshotTree(store);
  const { directory, manifest } = await backUp(store);
  assertEquals(await snapshotTree(store), before);
  assertEquals(
    manifest.files.map(({ path }) => path),
    ["chroma.sqlite3", "notes/deep/one.txt", "two.txt"],
  );
  assertEquals(namesIn(join(directory, "files")), ["chroma.sqlite3", "notes", "two.txt"]);
  using copy = StoreDatabase.open(join(directory, "files", "chroma.sqlite3"));
  assertEquals(copy.number("SELECT count(*) FROM tenants WHERE id LIKE 'half%'"), 0);
  // A journal that is there is part of the state: nothing of it may be shared.
  const second = await backUp(store);
  const file = second.manifest.files.find(({ kind }) => kind === "database");
  assertEquals(file?.sharedWith, null);
});

/** Leaves a database as a writer does that is killed in the middle of a transaction. */
async function makeHot(path: string): Promise<void> {
  const work = `${path}.work`;
  await Deno.rename(path, work);
  {
    using writer = StoreDatabase.open(work, { writable: true });
    writer.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = 5; BEGIN");
    writer.execute(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000)
         INSERT INTO tenants (id) SELECT 'half' || i FROM n`,
    );
    await Deno.copyFile(work, path);
    await Deno.copyFile(`${work}-journal`, `${path}-journal`);
    writer.execute("ROLLBACK");
  }
  await Deno.remove(work);
}

Deno.test("createBackup() names backups of the same second one after the other", async () => {
  const store = await tinyStore();
  const now = (): Date => new Date("2026-03-01T12:00:00.500Z");
  const ids = [];
  for (let index = 0; index < 3; index++) ids.push((await backUp(store, { now })).id);
  assertEquals(ids, ["20260301T120000Z", "20260301T120000Z-2", "20260301T120000Z-3"]);
  assertEquals(listBackups(`${store}.backups`).backups.map(({ id }) => id), ids);
});

Deno.test("createBackup() reads the backup again when it is asked to", async () => {
  const store = await tinyStore();
  const { directory, verification } = await backUp(store, { verify: true });
  assertEquals(verification?.good, true);
  assertEquals(listBackups(`${store}.backups`).backups[0]?.verification, verification);
  await assertWhole(directory);
});

Deno.test("createBackup() throws when what it reads again is not what it has written", async () => {
  const store = await tinyStore();
  const fs: WriteFs = {
    ...localFs,
    syncFileInBackground: (path) => {
      // The disk loses a bit just when everything is written.
      if (path.endsWith("two.txt")) {
        Deno.chmodSync(path, 0o600);
        Deno.writeTextFileSync(path, "TWO");
      }
      return localFs.syncFileInBackground(path);
    },
  };
  const error = await assertRejects(
    () => createBackup(store, { fs, verify: true }),
    OperationError,
  );
  assertStringIncludes(error.message, "files/two.txt");
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("createBackup() refuses a place inside the store", async () => {
  const store = await tinyStore();
  for (const to of [store, join(store, "backups"), join(store, "..", "store", "notes")]) {
    const error = await assertRejects(() => createBackup(store, { to }), OperationError);
    assertEquals(error.code, "usage");
  }
  assertEquals(namesIn(store), ["chroma.sqlite3", "notes", "two.txt"]);
});

Deno.test("createBackup() makes the last part of a place and no more", async () => {
  const store = await tinyStore();
  const root = await scratchDirectory();
  const { directory } = await backUp(store, { to: join(root, "one") });
  assertEquals(directory.startsWith(join(root, "one")), true);
  const error = await assertRejects(
    () => createBackup(store, { to: join(root, "two", "three") }),
    OperationError,
  );
  assertEquals(error.code, "not-found");
  assertEquals(namesIn(root), ["one"]);
});

Deno.test("createBackup() asks for --to where nothing may be written beside the store", async () => {
  const store = await tinyStore();
  const fs: WriteFs = {
    ...localFs,
    makeDirectory: (path, mode) => {
      if (path.endsWith(".backups")) throw systemError("EACCES", "mkdir");
      localFs.makeDirectory(path, mode);
    },
  };
  const denied = await assertRejects(() => createBackup(store, { fs }), OperationError);
  assertEquals(denied.code, "permission-denied");
  assertStringIncludes(denied.hint ?? "", "--to");
});

Deno.test("createBackup() asks for --to where the store is a file system of its own", async () => {
  const store = await tinyStore();
  const fs: WriteFs = {
    ...localFs,
    look: (path) => {
      const facts = localFs.look(path);
      return path === dirname(store) && facts !== null
        ? { ...facts, device: facts.device + 1 }
        : facts;
    },
  };
  const error = await assertRejects(() => createBackup(store, { fs }), OperationError);
  assertStringIncludes(error.hint ?? "", "--to");
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("createBackup() says first when there is no room", async () => {
  const store = await goldenStore("chroma-1.5.9");
  letStampsSettle(store);
  await backUp(store);
  const fs: WriteFs = { ...localFs, freeBytes: () => 1000 };
  // Everything is shared, so nothing is needed.
  await backUp(store, { fs });
  Deno.writeTextFileSync(join(store, "large"), "x".repeat(5000));
  const error = await assertRejects(() => createBackup(store, { fs }), OperationError);
  assertEquals(error.code, "no-space");
  assertEquals(namesIn(`${store}.backups`).length, 2);
});

Deno.test("createBackup() is refused while another vecfsck is at work on the store", async () => {
  const store = await tinyStore();
  using _lock = acquireStoreLock(store);
  const error = await assertRejects(() => createBackup(store), OperationError);
  assertEquals(error.code, "busy");
});

Deno.test("createBackup() leaves nothing behind when it is cancelled", async () => {
  const store = await tinyStore();
  const controller = new AbortController();
  const reason = new OperationError("cancelled", "Cancelled");
  const error = await assertRejects(
    () =>
      createBackup(store, {
        signal: controller.signal,
        holdDatabase: (path) => {
          controller.abort(reason);
          return holdDatabase(path);
        },
      }),
    OperationError,
  );
  assertEquals(error.code, "cancelled");
  assertEquals(namesIn(`${store}.backups`), []);
});

Deno.test("createBackup() clears what a killed run has left, and not what a running one needs", async () => {
  const store = await tinyStore();
  const { directory } = await backUp(store);
  const backups = join(directory, "..");
  const dead = join(backups, ".20260101T000000Z.vecfsck-0123456789abcdef.new");
  const alive = join(backups, ".20260101T000000Z.vecfsck-0123456789abcdee.new");
  const removed = join(backups, ".20260101T000000Z.vecfsck-0123456789abcded.removed");
  for (const path of [dead, alive, removed]) await copyTree(directory, path);
  const lock = localFs.tryLock(alive);
  await backUp(store);
  lock?.release();
  assertEquals(namesIn(backups).filter((name) => name.startsWith(".")), [
    ".20260101T000000Z.vecfsck-0123456789abcdee.new",
  ]);
});

Deno.test("createBackup() backs up through a link to the store, beside the store itself", async () => {
  const store = await tinyStore();
  const link = join(await scratchDirectory(), "link");
  Deno.symlinkSync(store, link);
  const { directory, manifest } = await backUp(link);
  assertEquals(join(directory, ".."), `${store}.backups`);
  assertEquals(manifest.store, store);
});

Deno.test("createBackup() copies what links in the store lead to", async () => {
  const store = await tinyStore();
  const outside = await scratchDirectory();
  Deno.renameSync(join(store, "two.txt"), join(outside, "two.txt"));
  Deno.symlinkSync(join(outside, "two.txt"), join(store, "two.txt"));
  Deno.renameSync(join(store, "notes"), join(outside, "notes"));
  Deno.symlinkSync(join(outside, "notes"), join(store, "notes"));
  const { directory } = await backUp(store);
  await assertWhole(directory);
  assertEquals(Deno.readTextFileSync(join(directory, "files", "two.txt")), "two");
  assertEquals(Deno.readTextFileSync(join(directory, "files", "notes", "deep", "one.txt")), "one");
});

Deno.test("createBackup() keeps a database that SQLite refuses as it is, with its companions", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const database = join(store, "chroma.sqlite3");
  Deno.writeFileSync(database, new Uint8Array(4096).fill(7));
  Deno.writeFileSync(`${database}-journal`, new Uint8Array(600).fill(8));
  letStampsSettle(store);
  const { backup } = await createBackup(store, { force: true, now: tickingClock() });
  assertEquals(backup?.manifest.good, false);
  const files = join(backup?.directory ?? "", "files");
  assertEquals(Deno.readFileSync(join(files, "chroma.sqlite3")), Deno.readFileSync(database));
  assertEquals(
    Deno.readFileSync(join(files, "chroma.sqlite3-journal")),
    Deno.readFileSync(`${database}-journal`),
  );
  assertEquals(readManifest(localFs, backup?.directory ?? ""), backup?.manifest);
});
