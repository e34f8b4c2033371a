import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import {
  findBackup,
  isTrusted,
  listBackups,
  type ListedBackup,
  readBackup,
  selectOwn,
} from "../../lib/backup/catalogue.ts";
import type { BackupManifest } from "../../lib/backup/manifest.ts";
import { backupPlaceOf } from "../../lib/backup/place.ts";
import { verifyBackup } from "../../lib/backup/verify_backup.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { copyTree, scratchDirectory } from "../support/fixtures.ts";
import { backUp, tinyStore } from "./backup_cases.ts";

/** A backup as a listing gives it, without any file. */
function listed(
  createdAt: string,
  facts: { good?: boolean; store?: string; collections?: readonly string[] } = {},
): ListedBackup {
  const { good = true, store = "/srv/chroma", collections = [] } = facts;
  const id = createdAt;
  const manifest: BackupManifest = {
    vecfsckBackup: 1,
    id,
    store,
    storeMode: null,
    scope: "all",
    format: "chroma",
    engine: null,
    createdAt,
    vecfsckVersion: "0.1.0",
    good,
    check: {
      level: "full",
      verdict: "clean",
      counts: { fatal: 0, error: 0, warning: 0, info: 0 },
      findings: [],
      at: createdAt,
    },
    collections: collections.map((id) => ({ id, name: id, records: 0, vectors: 0, hash: "" })),
    directories: [],
    files: [],
    leftOut: [],
  };
  return { id, directory: `/backups/${id}`, manifest, verification: null };
}

/** A directory with three backups of a store, a day from each other. */
async function threeBackups(): Promise<{ directory: string; ids: string[] }> {
  const store = await tinyStore();
  const ids: string[] = [];
  for (const day of ["01", "02", "03"]) {
    const now = (): Date => new Date(`2026-12-${day}T04:00:00Z`);
    ids.push((await backUp(store, { now })).id);
  }
  return { directory: `${store}.backups`, ids };
}

Deno.test("listBackups() lists backups from the oldest to the newest", async () => {
  const { directory, ids } = await threeBackups();
  const { backups, incomplete } = listBackups(directory);
  assertEquals(backups.map(({ id }) => id), ids);
  assertEquals(incomplete, []);
});

Deno.test("listBackups() finds nothing where there is no directory", async () => {
  const missing = join(await scratchDirectory(), "missing");
  assertEquals(listBackups(missing), { backups: [], incomplete: [] });
});

Deno.test("listBackups() names what looks like a backup and is none, and passes over the rest", async () => {
  const { directory, ids } = await threeBackups();
  const [first = "", second = "", third = ""] = ids;
  Deno.removeSync(join(directory, first, "manifest.json"));
  Deno.chmodSync(join(directory, second, "manifest.json"), 0o600);
  Deno.writeTextFileSync(join(directory, second, "manifest.json"), "{}");
  await copyTree(join(directory, third), join(directory, "20270101T000000Z"));
  const temporary = join(directory, ".20270101T000000Z.vecfsck-0123456789abcdef.new");
  Deno.mkdirSync(temporary);
  Deno.mkdirSync(join(directory, "other"));
  Deno.writeTextFileSync(join(directory, "20270101T000001Z"), "a file");
  const { backups, incomplete } = listBackups(directory);
  assertEquals(backups.map(({ id }) => id), [third]);
  assertEquals(incomplete.map(({ path }) => path), [
    temporary,
    join(directory, first),
    join(directory, second),
    join(directory, "20270101T000000Z"),
  ]);
  const reasons = incomplete.map(({ reason }) => reason);
  assertStringIncludes(reasons[0] ?? "", "not finished");
  assertStringIncludes(reasons[1] ?? "", "manifest.json is missing");
  assertStringIncludes(reasons[2] ?? "", "its digest is not");
  assertStringIncludes(reasons[3] ?? "", `that of another backup, ${third}`);
});

Deno.test("findBackup() finds by name, by time, and the newest", async () => {
  const { directory, ids } = await threeBackups();
  const [first = "", second = "", third = ""] = ids;
  const found = (text: string | null): string => findBackup(directory, text).id;
  assertEquals(found(first), first);
  assertEquals(found(null), third);
  assertEquals(found("2026-12-02"), second);
  assertEquals(found("2026-12-02T04:00:00Z"), second);
  assertEquals(found("2026-12-02T04:00Z"), second);
  assertEquals(found("2026-12-02 03:59:59"), first);
  assertEquals(found("2026-12-02T05:59:59+02:00"), first);
  assertEquals(found("2030-01-01"), third);
});

Deno.test("findBackup() says what there is not", async () => {
  const { directory, ids } = await threeBackups();
  const refusal = (text: string | null): OperationError =>
    assertThrows(() => findBackup(directory, text), OperationError);
  assertEquals(refusal("2026-11-30").code, "not-found");
  assertStringIncludes(refusal("20260101T000000Z").message, "no backup 20260101T000000Z");
  for (const text of ["yesterday", "", "../x", "2026-13-01", "2026-12-02T04:00X"]) {
    assertEquals(refusal(text).code, "usage", text);
  }
  Deno.removeSync(join(directory, ids[0] ?? "", "manifest.json"));
  assertStringIncludes(refusal(ids[0] ?? "").message, "manifest.json is missing");
});

Deno.test("findBackup() passes over what cannot be trusted, unless it is named", async () => {
  const { directory, ids } = await threeBackups();
  const [, second = "", third = ""] = ids;
  const file = join(directory, third, "files", "two.txt");
  // The files of the three are the same files; this one gets bytes of its own.
  Deno.removeSync(file);
  Deno.writeTextFileSync(file, "TWO");
  await verifyBackup(join(directory, third));
  assertEquals(findBackup(directory, null).id, second);
  assertEquals(findBackup(directory, third).id, third);
  assert(!isTrusted(readBackup(join(directory, third))));
});

Deno.test("readBackup() reads a backup under whatever name its directory has", async () => {
  const { directory, ids } = await threeBackups();
  const other = join(await scratchDirectory(), "from-another-machine");
  await copyTree(join(directory, ids[0] ?? ""), other);
  assertEquals(readBackup(other).id, ids[0]);
});

Deno.test("selectOwn() takes every backup beside the store, whatever path it had", () => {
  const place = backupPlaceOf(localFs, "/srv/chroma");
  const backups = [listed("2026-01-01T00:00:00Z", { store: "/data" })];
  assertEquals(selectOwn(localFs, backups, place), backups);
});

Deno.test("selectOwn() tells stores apart that share a directory", () => {
  const place = backupPlaceOf(localFs, "/srv/chroma", "/mnt/backups");
  const own = listed("2026-01-01T00:00:00Z", { collections: ["a"] });
  const other = listed("2026-01-02T00:00:00Z", { store: "/srv/other", collections: ["a"] });
  assertEquals(selectOwn(localFs, [own, other], place), [own]);
});

Deno.test("selectOwn() tells stores of one path apart by their collections", () => {
  const place = backupPlaceOf(localFs, "/data", "/mnt/backups");
  const day = (day: number, ...collections: string[]): ListedBackup =>
    listed(`2026-01-0${day}T00:00:00Z`, { store: "/data", collections });
  const backups = [
    day(1, "a"),
    day(2, "x"),
    day(3, "a", "b"),
    day(4, "x", "y"),
    day(5),
    day(6, "b", "c"),
  ];
  assertEquals(
    selectOwn(localFs, backups, place).map(({ manifest }) =>
      new Date(manifest.createdAt).getUTCDate()
    ),
    [1, 3, 5, 6],
  );
});

Deno.test("selectOwn() begins with a backup of the database that is there now", async () => {
  const store = await tinyStore();
  const to = await scratchDirectory();
  const own = await backUp(store, { to });
  const other: ListedBackup = {
    ...own,
    manifest: {
      ...own.manifest,
      collections: [{ id: "other", name: "other", records: 0, vectors: 0, hash: "" }],
      files: [],
    },
  };
  const mine: ListedBackup = {
    ...own,
    manifest: {
      ...own.manifest,
      collections: [{ id: "mine", name: "mine", records: 0, vectors: 0, hash: "" }],
    },
  };
  assertEquals(selectOwn(localFs, [mine, other], backupPlaceOf(localFs, store, to)), [mine]);
});
