import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { createBackup } from "../../lib/backup/create.ts";
import type { MetadataChange } from "../../lib/backup/metadata_changes.ts";
import { planRestore, type PlanRestoreOptions } from "../../lib/backup/plan_restore.ts";
import { restoreBackup } from "../../lib/backup/restore.ts";
import type { RestoredStore } from "../../lib/backup/restore_options.ts";
import { OperationError } from "../../lib/base/errors.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import { undoRepair } from "../../lib/repair/undo_repair.ts";
import { CHROMEM_STORES, chromemFacts, chromemStore } from "../support/chromem_stores.ts";
import { compareContents } from "../support/chromem_contents.ts";
import { findChromemJudge, judgeChromem } from "../support/chromem_judge.ts";
import { interceptWrites } from "../support/fault_fs.ts";
import { type Files, filesBelow, readFiles } from "../verbs/world.ts";
import { aheadClock, letStampsSettle, namesIn, tinyStore } from "./backup_cases.ts";

const METADATA_ONLY = { metadataOnly: true } as const;

/** A database with a backup of its metadata. */
async function backedUp(scope: "metadata" | "all" = "metadata"): Promise<string> {
  const store = await chromemStore("plain");
  letStampsSettle(store);
  const { backup } = await createBackup(store, { scope, now: aheadClock });
  assert(backup !== null);
  return store;
}

async function restore(
  store: string,
  options: PlanRestoreOptions = METADATA_ONLY,
): Promise<RestoredStore> {
  return await restoreBackup(await planRestore(store, options));
}

async function changesOf(store: string): Promise<Record<string, MetadataChange["change"]>> {
  const { metadata } = await planRestore(store, METADATA_ONLY);
  return Object.fromEntries((metadata ?? []).map(({ path, change }) => [path, change]));
}

function metadataPath(store: string, folder: string): string {
  return join(store, folder, "00000000.gob");
}

/** Loses one file, damages another, and removes a whole collection. */
function spoil(store: string): void {
  Deno.removeSync(metadataPath(store, "e6684f6c"));
  Deno.truncateSync(metadataPath(store, "1225ae6c"), 20);
  Deno.removeSync(join(store, "2e1cfa82"), { recursive: true });
}

const SPOILT = {
  "1225ae6c/00000000.gob": "differs",
  "2e1cfa82/00000000.gob": "no-directory",
  "e6684f6c/00000000.gob": "missing",
} as const;

for (const scope of ["metadata", "all"] as const) {
  Deno.test(`restoreBackup() puts metadata back from a backup of ${scope}, and touches nothing else`, async () => {
    const store = await backedUp(scope);
    const whole = readFiles(store);
    spoil(store);
    Deno.writeTextFileSync(join(store, "e6684f6c", "ffffffff.gob"), "written since");
    const between = readFiles(store);
    assertEquals(await changesOf(store), SPOILT);
    assertEquals(readFiles(store), between);
    const { quarantined } = await restore(store);
    const after = new Map(readFiles(store));
    assert(after.delete("e6684f6c/ffffffff.gob"));
    // A collection that was gone comes back without its documents.
    const expected = new Map(
      [...whole].filter(([path]) => !path.startsWith("2e1cfa82/") || path.endsWith("00000000.gob")),
    );
    assertEquals(after, expected);
    const entry = join(`${store}.vecfsck`, "quarantine", quarantined ?? "", "data");
    assertEquals([...readFiles(entry).keys()], ["1225ae6c/00000000.gob"]);
    assertEquals(await changesOf(store), {});
    await undoRepair(store);
    assertEquals(readFiles(store), between);
    await undoRepair(store);
    assertEquals(new Map(readFiles(store)).delete("e6684f6c/ffffffff.gob"), true);
    assertEquals(await changesOf(store), {});
  });
}

Deno.test("restoreBackup() does nothing where nothing is missing", async () => {
  const store = await backedUp();
  const before = readFiles(join(store, ".."));
  const { plan, quarantined } = await restore(store);
  assertEquals([plan.metadata, quarantined], [[], null]);
  assertEquals(
    filesBelow(readFiles(join(store, "..")), "store"),
    filesBelow(before, "store"),
  );
  assertEquals(localFs.look(`${store}.vecfsck`), null);
});

Deno.test("planRestore() never takes a backup of the metadata for one of a store", async () => {
  const store = await backedUp();
  const error = await assertRejects(() => planRestore(store), OperationError);
  assertEquals(error.code, "not-found");
  assertStringIncludes(error.hint ?? "", "--metadata-only");
  const [id = ""] = namesIn(`${store}.backups`);
  const named = await planRestore(store, { from: id });
  assertEquals(named.metadata, []);
  const { backup } = await createBackup(store, { now: aheadClock });
  assertEquals((await planRestore(store)).backup.id, backup?.id);
  assertEquals((await planRestore(store)).metadata, null);
});

Deno.test("restoreBackup() makes a database of empty collections where there is none", async () => {
  const store = await backedUp();
  const whole = readFiles(store);
  const into = join(store, "..", "into");
  await restore(store, { ...METADATA_ONLY, into });
  Deno.removeSync(store, { recursive: true });
  await restore(store);
  const metadata: Files = new Map([...whole].filter(([path]) => path.endsWith("/00000000.gob")));
  assertEquals(readFiles(into), metadata);
  assertEquals(readFiles(store), metadata);
});

Deno.test("planRestore() leaves a file alone that has the name for compression", async () => {
  const store = await backedUp();
  Deno.renameSync(metadataPath(store, "e6684f6c"), `${metadataPath(store, "e6684f6c")}.gz`);
  assertEquals(await changesOf(store), {});
});

Deno.test("planRestore() takes a link to the same file for the same", async () => {
  if (Deno.build.os === "windows") return;
  const store = await backedUp();
  const path = metadataPath(store, "e6684f6c");
  Deno.renameSync(path, join(store, "..", "elsewhere"));
  Deno.symlinkSync(join(store, "..", "elsewhere"), path);
  assertEquals(await changesOf(store), {});
  Deno.removeSync(join(store, "..", "elsewhere"));
  assertEquals(await changesOf(store), { "e6684f6c/00000000.gob": "differs" });
  await restore(store);
  assert(Deno.lstatSync(path).isFile);
  await undoRepair(store);
  assert(Deno.lstatSync(path).isSymlink);
});

Deno.test("planRestore() refuses a folder that is none, and a backup of another format", async () => {
  const store = await backedUp();
  Deno.removeSync(join(store, "e6684f6c"), { recursive: true });
  Deno.writeTextFileSync(join(store, "e6684f6c"), "a file");
  await assertRejects(() => changesOf(store), OperationError, "Not a directory");
  const other = await tinyStore();
  const options = { ...METADATA_ONLY, from: `${store}.backups` };
  await assertRejects(() => planRestore(other, options), OperationError, "of the format chromem");
});

Deno.test("planRestore() refuses to put only the metadata of a whole store where there is none", async () => {
  const store = await backedUp("all");
  const into = join(store, "..", "into");
  const error = await assertRejects(
    () => planRestore(store, { ...METADATA_ONLY, into }),
    OperationError,
  );
  assertEquals(error.code, "usage");
});

Deno.test("restoreBackup() refuses when the metadata has changed since it was planned", async () => {
  const store = await backedUp();
  spoil(store);
  const plan = await planRestore(store, METADATA_ONLY);
  Deno.removeSync(metadataPath(store, "2f8ca0d3"));
  const before = readFiles(join(store, ".."));
  const error = await assertRejects(() => restoreBackup(plan), OperationError);
  assertEquals(error.code, "busy");
  assertEquals(readFiles(join(store, "..")), before);
});

Deno.test("restoreBackup() refuses a backup whose bytes have changed", async () => {
  const store = await backedUp();
  spoil(store);
  const plan = await planRestore(store, METADATA_ONLY);
  const path = metadataPath(join(plan.backup.directory, "files"), "e6684f6c");
  Deno.chmodSync(path, 0o644);
  Deno.writeTextFileSync(path, "x".repeat(Deno.statSync(path).size));
  const before = readFiles(store);
  await assertRejects(() => restoreBackup(plan), OperationError, "is damaged");
  assertEquals(readFiles(store), before);
});

Deno.test("restoreBackup() gives what comes the owner and permissions that it had", async () => {
  if (Deno.build.os === "windows") return;
  const store = await chromemStore("plain");
  Deno.chmodSync(metadataPath(store, "e6684f6c"), 0o640);
  Deno.chmodSync(join(store, "2e1cfa82"), 0o750);
  letStampsSettle(store);
  await createBackup(store, { scope: "metadata", now: aheadClock });
  spoil(store);
  await restore(store);
  const modeOf = (path: string): number => (Deno.statSync(path).mode ?? 0) & 0o777;
  assertEquals(modeOf(metadataPath(store, "e6684f6c")), 0o640);
  assertEquals(modeOf(join(store, "2e1cfa82")), 0o750);
  assertEquals(Deno.statSync(metadataPath(store, "e6684f6c")).mtime?.getFullYear(), 2026);
});

Deno.test("restoreBackup() of metadata is whole or not there at all, wherever it is killed", async () => {
  const store = await backedUp();
  spoil(store);
  const old = readFiles(store);
  const states = { old: 0, fresh: 0 };
  for (let killBefore = 0;; killBefore++) {
    let isKilled = false;
    const fs: WriteFs = interceptWrites(localFs, ({ index }) => {
      isKilled ||= index >= killBefore;
      if (isKilled) throw new Error("Killed");
      return "as-it-is";
    });
    const plan = await planRestore(store, METADATA_ONLY);
    await restoreBackup(plan, { fs }).catch(() => {});
    recoverSwaps(store);
    const after = readFiles(store);
    const isOld = JSON.stringify([...after]) === JSON.stringify([...old]);
    states[isOld ? "old" : "fresh"]++;
    if (!isOld) {
      assertEquals(await changesOf(store), {}, `killed before operation ${killBefore}`);
      await undoRepair(store, { force: true });
      assertEquals(readFiles(store), old);
    }
    if (!isKilled) break;
  }
  assert(states.old > 20 && states.fresh > 3, JSON.stringify(states));
});

for (const kind of CHROMEM_STORES) {
  Deno.test({
    name:
      `restore of the metadata alone opens a ${kind} database with every document in chromem-go`,
    ignore: findChromemJudge() === null,
    async fn() {
      const store = await chromemStore(kind);
      letStampsSettle(store);
      await createBackup(store, { scope: "metadata", now: aheadClock });
      for (const folder of namesIn(store)) {
        Deno.removeSync(metadataPath(store, folder) + (kind === "gzip" ? ".gz" : ""));
      }
      assertEquals((await judgeChromem(store, kind)).opens, false);
      await restore(store);
      const verdict = await judgeChromem(store, kind);
      assert(verdict.opens);
      const { collections } = await chromemFacts();
      assertEquals(compareContents(collections, verdict.collections), []);
    },
  });
}
