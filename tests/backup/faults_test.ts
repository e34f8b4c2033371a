/**
 * Whatever write fails while a backup is made: no half of one is ever listed, those that were there
 * are whole, the store is as it was, and nothing is left that nobody can explain.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { withoutSync } from "../../lib/drill/unsynced_fs.ts";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { listBackups } from "../../lib/backup/catalogue.ts";
import { createBackup } from "../../lib/backup/create.ts";
import { clearTemporaries } from "../../lib/backup/temporaries.ts";
import { isLockName } from "../../lib/fs/lock.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { removeTree } from "../../lib/fs/tree.ts";
import { holdDatabase } from "../../lib/sqlite/online_backup.ts";
import { everyFault, withFault } from "../support/fault_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { snapshotTree } from "../support/snapshot.ts";
import {
  aheadClock,
  assertWhole,
  backUp,
  namesIn,
  tinyStore,
  unexplainedIn,
} from "./backup_cases.ts";

Deno.test("createBackup() is whole or not there at all, whichever write fails", async () => {
  const store = await tinyStore();
  const backups = `${store}.backups`;
  const first = await backUp(store);
  // One file has to be copied, the others are shared.
  Deno.writeTextFileSync(join(store, "two.txt"), "another two");
  const before = await snapshotTree(store);
  const quick = withoutSync(localFs);
  let hits = 0;
  for (const { skipRest, ...fault } of everyFault()) {
    const { fs, wasHit } = withFault(quick, fault);
    const context = JSON.stringify(fault);
    const isMade = await createBackup(store, { fs, now: aheadClock, pause: noPause })
      .then(({ backup }) => backup !== null, (error) => {
        assert(error instanceof OperationError, `${context}: ${error}`);
        return false;
      });
    if (wasHit()) hits++;
    else skipRest();
    assertEquals(unexplainedIn(backups), [], context);
    const listed = listBackups(backups).backups;
    assertEquals(listed[0]?.id, first.id, context);
    assert(listed.length <= 2, context);
    assert(!isMade || listed.length === 2, context);
    for (const { directory } of listed) await assertWhole(directory);
    assertEquals(namesIn(`${store}.vecfsck`).filter((name) => !isExplained(name)), [], context);
    await clearTemporaries(localFs, backups, { isOwn: true });
    for (const { directory } of listed.slice(1)) removeTree(localFs, directory);
    assertEquals(namesIn(backups), [first.id], context);
  }
  assert(hits > 500, `only ${hits} faults were reached`);
  // Where nothing may be made beside the store, the lock's file is in it for a while.
  assertEquals((await snapshotTree(store)).slice(1), before.slice(1));
  await backUp(store);
  assertEquals(namesIn(join(store, "..")), ["store", "store.backups"]);
});

function noPause(): Promise<void> {
  return Promise.resolve();
}

function isExplained(name: string): boolean {
  return isLockName(name) || name.startsWith(".");
}

Deno.test("createBackup() leaves nothing when SQLite cannot write its copy", async () => {
  const store = await tinyStore();
  const first = await backUp(store);
  Deno.writeTextFileSync(join(store, "two.txt"), "another two");
  Deno.utimeSync(join(store, "chroma.sqlite3"), 1, 1);
  for (const how of ["nothing", "half"] as const) {
    const error = await assertRejects(
      () =>
        createBackup(store, {
          holdDatabase: (path, options) => {
            const held = holdDatabase(path, options);
            return {
              copyTo: (target) => {
                if (how === "half") Deno.writeTextFileSync(target, "SQLite format 3\0");
                if (how === "half") Deno.writeTextFileSync(`${target}-journal`, "half");
                return Promise.reject(new OperationError("no-space", "No space left"));
              },
              [Symbol.dispose]: () => held?.[Symbol.dispose](),
            };
          },
        }),
      OperationError,
    );
    assertEquals(error.code, "no-space");
    assertEquals(namesIn(`${store}.backups`), [first.id]);
    await assertWhole(first.directory);
  }
});

/** Mounts a small file system in memory; null where that is not allowed. */
async function mountSmall(sizeBytes: number): Promise<string | null> {
  if (Deno.build.os !== "linux") return null;
  const path = join(await scratchDirectory(), "mounted");
  await Deno.mkdir(path);
  const args = ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "vecfsck-test", path];
  try {
    const { success } = await new Deno.Command("mount", { args, stderr: "null" }).output();
    return success ? path : null;
  } catch {
    return null;
  }
}

const small = await mountSmall(300 << 10);

Deno.test({
  name: "createBackup() leaves nothing on a disk that is really full",
  ignore: small === null,
  async fn() {
    const to = small ?? "";
    try {
      const store = await tinyStore();
      const first = await backUp(store, { to });
      Deno.utimeSync(join(store, "chroma.sqlite3"), 1, 1);
      // The space that is looked for first is told wrong, so that SQLite itself finds none.
      const fs = { ...localFs, freeBytes: () => 1e9 };
      const error = await assertRejects(() => createBackup(store, { to, fs }), OperationError);
      assertEquals(error.code, "no-space", error.message);
      assertEquals(namesIn(to), [first.id]);
      await assertWhole(first.directory);
      const told = await assertRejects(() => createBackup(store, { to }), OperationError);
      assertEquals(told.code, "no-space");
      assertEquals(namesIn(to), [first.id]);
    } finally {
      await new Deno.Command("umount", { args: ["-l", to] }).output();
    }
  },
});
