import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { DATABASE_HEADER_SIZE_BYTES } from "../../../../lib/sqlite/file_header.ts";
import type { Finding } from "../../../../lib/model/finding.ts";
import { makeHotDatabase, makeLoggedDatabase, patchFile } from "../../../sqlite/database_cases.ts";
import {
  GOLDEN_STORES,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../../../support/fixtures.ts";
import { checkCatalogueFile } from "../catalogue_cases.ts";

const PAGE_SIZE_BYTES = 4096;

async function checkDamaged(damage: (path: string) => Promise<void>): Promise<Finding[]> {
  const store = await goldenStore("chroma-1.5.9");
  await damage(join(store, "chroma.sqlite3"));
  return checkCatalogueFile(store).file;
}

/** Puts a database and the files beside it into a directory as those of a store. */
async function asStore(path: string): Promise<string> {
  const store = await scratchDirectory();
  for (const suffix of ["", "-journal", "-wal"]) {
    try {
      await Deno.copyFile(`${path}${suffix}`, join(store, `chroma.sqlite3${suffix}`));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return store;
}

function placesOf(findings: readonly Finding[]): [string, string | null, number | null, number][] {
  return findings.map(({ name, path, offset, count }) => [name, path, offset, count]);
}

Deno.test("checkSqliteFile() finds nothing in a golden store", async () => {
  for (const name of GOLDEN_STORES) {
    assertEquals(checkCatalogueFile(await goldenStore(name)).file, [], name);
  }
});

Deno.test("checkSqliteFile() names the journals and trailing pages of torn stores", async () => {
  const found = await Promise.all(TORN_STORES.map(async (name) => {
    const { file } = checkCatalogueFile(await tornStore(name));
    return [name, file.map((finding) => finding.name)];
  }));
  assertEquals(found, [
    ["chroma-0.5.23-1", ["sqlite-hot-journal"]],
    ["chroma-0.5.23-2", ["sqlite-stray-journal"]],
    ["chroma-0.5.23-3", []],
    ["chroma-1.5.9-1", ["sqlite-trailing-bytes"]],
    ["chroma-1.5.9-2", ["sqlite-stray-journal"]],
    ["chroma-1.5.9-3", ["sqlite-hot-journal"]],
  ]);
});

Deno.test("checkSqliteFile() finds no database when the first 16 bytes are others", async () => {
  const findings = await checkDamaged((path) => patchFile(path, 0, new Uint8Array(16)));
  assertEquals(placesOf(findings), [["sqlite-not-a-database", "chroma.sqlite3", 0, 1]]);
});

Deno.test("checkSqliteFile() finds no database when the file ends within the header", async () => {
  const findings = await checkDamaged((path) => Deno.truncate(path, 99));
  assertEquals(placesOf(findings), [["sqlite-not-a-database", "chroma.sqlite3", 0, 1]]);
});

Deno.test("checkSqliteFile() says nothing about a file without bytes", async () => {
  assertEquals(await checkDamaged((path) => Deno.truncate(path, 0)), []);
});

Deno.test("checkSqliteFile() names the field of the header that is damaged, and nothing else", async () => {
  const findings = await checkDamaged((path) => patchFile(path, 16, Uint8Array.of(0x13, 0x88)));
  assertEquals(placesOf(findings), [["sqlite-header-damaged", "chroma.sqlite3", 16, 1]]);
});

Deno.test("checkSqliteFile() counts the pages that are missing from a file that was cut", async () => {
  const findings = await checkDamaged((path) => Deno.truncate(path, 100 * PAGE_SIZE_BYTES + 7));
  assertEquals(placesOf(findings), [
    ["sqlite-truncated", "chroma.sqlite3", 100 * PAGE_SIZE_BYTES + 7, 114],
  ]);
});

Deno.test("checkSqliteFile() warns of bytes behind the last page", async () => {
  const findings = await checkDamaged((path) =>
    Deno.writeFile(path, new Uint8Array(5000), { append: true })
  );
  assertEquals(placesOf(findings), [
    ["sqlite-trailing-bytes", "chroma.sqlite3", 214 * PAGE_SIZE_BYTES, 1],
  ]);
});

Deno.test("checkSqliteFile() says that the schema cannot be read when its root page is gone", async () => {
  const findings = await checkDamaged((path) =>
    patchFile(
      path,
      DATABASE_HEADER_SIZE_BYTES,
      new Uint8Array(PAGE_SIZE_BYTES - DATABASE_HEADER_SIZE_BYTES),
    )
  );
  assertEquals(placesOf(findings), [["sqlite-malformed", "chroma.sqlite3", 100, 1]]);
});

Deno.test("checkSqliteFile() tells of a hot journal, and of one that SQLite throws away", async () => {
  const hot = checkCatalogueFile(await asStore(await makeHotDatabase())).file;
  assertEquals(placesOf(hot), [["sqlite-hot-journal", "chroma.sqlite3-journal", null, 1]]);
  const unusable = await checkDamaged((path) =>
    Deno.writeFile(`${path}-journal`, new Uint8Array(4096).fill(7))
  );
  assertEquals(placesOf(unusable), [["sqlite-stray-journal", "chroma.sqlite3-journal", 0, 1]]);
});

Deno.test("checkSqliteFile() tells of a log with committed pages, in any journal mode", async () => {
  const logged = await makeLoggedDatabase();
  const [inWalMode] = checkCatalogueFile(await asStore(logged)).file;
  assertEquals([inWalMode?.name, inWalMode?.detail.walMode], ["sqlite-wal-pending", true]);
  await patchFile(logged, 18, Uint8Array.of(1, 1));
  const [elsewhere] = checkCatalogueFile(await asStore(logged)).file;
  assertEquals([elsewhere?.name, elsewhere?.detail.walMode], ["sqlite-foreign-wal", false]);
});

Deno.test("checkSqliteFile() warns of a log that is none", async () => {
  const findings = await checkDamaged((path) =>
    Deno.writeFile(`${path}-wal`, new Uint8Array(8192).fill(9))
  );
  assertEquals(placesOf(findings), [["sqlite-stray-wal", "chroma.sqlite3-wal", 0, 1]]);
  assertEquals(findings[0]?.severity, "warning");
});

Deno.test("checkSqliteFile() tells only of the journal when its rollback leaves no bytes", async () => {
  const path = await makeHotDatabase();
  await patchFile(`${path}-journal`, 16, new Uint8Array(4));
  const findings = checkCatalogueFile(await asStore(path)).file;
  assertEquals(findings.map((finding) => finding.name), ["sqlite-hot-journal"]);
});
