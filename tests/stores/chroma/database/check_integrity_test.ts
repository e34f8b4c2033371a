import { assertEquals, assertNotEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../lib/sqlite/database.ts";
import { openForReading } from "../../../../lib/sqlite/reading.ts";
import { checkIntegrity } from "../../../../lib/stores/chroma/database/check_integrity.ts";
import type { IntegrityProblem } from "../../../../lib/stores/chroma/database/integrity_report.ts";
import { readOrdinaryIntegrity } from "../../../../lib/stores/chroma/database/read_integrity.ts";
import { editDatabase, makeDatabase, patchFile } from "../../../sqlite/database_cases.ts";
import { GOLDEN_STORES, goldenStore, TORN_STORES, tornStore } from "../../../support/fixtures.ts";
import { checkCatalogueFile, editedStore } from "../catalogue_cases.ts";

const PAGE_SIZE_BYTES = 4096;
const ZERO_PAGE = new Uint8Array(PAGE_SIZE_BYTES);

/** Asks SQLite itself which b-tree each page belongs to; pages that are free have none. */
async function listPages(store: string): Promise<Map<number, string>> {
  const path = join(store, "chroma.sqlite3");
  const pages = new Map<number, string>();
  using database = StoreDatabase.open(path);
  const rows = database.rows(
    "SELECT pageno, coalesce(s.tbl_name, d.name) FROM dbstat AS d " +
      "LEFT JOIN sqlite_schema AS s ON s.name = d.name",
  );
  for (const [page, table] of rows) pages.set(Number(page), String(table));
  assertNotEquals(pages.size, (await Deno.stat(path)).size / PAGE_SIZE_BYTES);
  return pages;
}

Deno.test("checkIntegrity() finds nothing in a golden store, and no page that is unaccounted for", async () => {
  for (const name of GOLDEN_STORES) {
    const { integrity, reports } = checkCatalogueFile(await goldenStore(name));
    assertEquals(integrity, [], name);
    assertEquals(reports.map((report) => report.unaccountedPages), [0, null], name);
  }
});

Deno.test("checkIntegrity() finds the damage of every torn store", async () => {
  const all = await Promise.all(TORN_STORES.map(async (name) => {
    const { integrity } = checkCatalogueFile(await tornStore(name));
    return new Set(integrity.map((finding) => finding.name));
  }));
  for (const names of all) {
    // An index check that damage breaks off is told as the damage.
    assertEquals(names.has("sqlite-index-mismatch") || names.has("sqlite-malformed"), true);
    assertEquals(names.has("fulltext-malformed"), true);
  }
});

Deno.test("checkIntegrity() blames the right table for every page that was zeroed", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const path = join(store, "chroma.sqlite3");
  const pages = await listPages(store);
  const healthy = await Deno.readFile(path);
  // A free page of zeros is no damage, except the one that lists the others.
  const trunkPage = new DataView(healthy.buffer).getUint32(32);
  for (let page = 2; page <= healthy.byteLength / PAGE_SIZE_BYTES; page += 3) {
    await Deno.writeFile(path, healthy);
    await patchFile(path, (page - 1) * PAGE_SIZE_BYTES, ZERO_PAGE);
    const found = checkCatalogueFile(store);
    const tables = new Set(
      [...found.file, ...found.integrity].filter((finding) => finding.severity === "error")
        .flatMap(({ detail }) => Array.isArray(detail.tables) ? detail.tables : [detail.table]),
    );
    const owner = pages.get(page);
    if (owner === undefined && page !== trunkPage) assertEquals(found.integrity, [], `${page}`);
    else assertEquals(tables.has(owner ?? null), true, `page ${page} of ${owner}`);
  }
});

Deno.test("checkIntegrity() gives the offset and the range of a damaged page", async () => {
  const store = await goldenStore("chroma-1.5.9");
  const pages = await listPages(store);
  const [page] = Array.from(pages).filter(([, table]) => table === "embeddings_queue").at(-1) ?? [];
  const offset = ((page ?? 0) - 1) * PAGE_SIZE_BYTES;
  await patchFile(join(store, "chroma.sqlite3"), offset, ZERO_PAGE);
  const [finding] = checkCatalogueFile(store).integrity;
  assertEquals([finding?.name, finding?.offset], ["sqlite-malformed", offset]);
  assertEquals(finding?.detail.ranges, [[offset, offset + PAGE_SIZE_BYTES]]);
  assertEquals(finding?.detail.subjects, ["embeddings_queue"]);
});

Deno.test("checkIntegrity() says which tables a cut file has lost pages of", async () => {
  const store = await goldenStore("chroma-0.5.23");
  const path = join(store, "chroma.sqlite3");
  await Deno.truncate(path, Math.floor((await Deno.stat(path)).size / 2));
  const { integrity, comparison } = checkCatalogueFile(store);
  const tables = integrity.filter((finding) => finding.name === "sqlite-malformed")
    .map((finding) => finding.detail.table);
  assertEquals(tables.includes("embeddings"), true);
  assertEquals(comparison?.failure, "database disk image is malformed");
});

Deno.test("checkIntegrity() finds an index that disagrees with its table, and counts up to a bound", async () => {
  const where = "WHERE name = 'embedding_metadata_int_value'";
  for (const [changed, isLowerBound] of [[7, false], [300, true]] as const) {
    const store = await editedStore(
      "chroma-1.5.9",
      `CREATE TABLE hidden AS SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ${where}`,
      `DELETE FROM sqlite_schema ${where}`,
    );
    // A connection that does not know the index leaves its entries as they are.
    editDatabase(
      join(store, "chroma.sqlite3"),
      `UPDATE embedding_metadata SET int_value = int_value + 1 WHERE rowid IN (
         SELECT rowid FROM embedding_metadata WHERE int_value IS NOT NULL LIMIT ${changed})`,
      "INSERT INTO sqlite_schema SELECT * FROM hidden",
    );
    const { integrity } = checkCatalogueFile(store);
    assertEquals(integrity.map((finding) => finding.name), ["sqlite-index-mismatch"]);
    assertEquals(integrity[0]?.detail.subjects, ["embedding_metadata_int_value"]);
    assertEquals(integrity[0]?.detail.isLowerBound, isLowerBound);
  }
});

Deno.test("checkIntegrity() finds values that a rule forbids, and leaves names of collections to others", async () => {
  const allow = (column: string): string =>
    `UPDATE sqlite_schema SET sql = replace(sql, '${column} TEXT NOT NULL', '${column} TEXT /* */')
       WHERE name = 'collections'`;
  const forbid = (column: string): string =>
    `UPDATE sqlite_schema SET sql = replace(sql, '${column} TEXT /* */', '${column} TEXT NOT NULL')
       WHERE name = 'collections'`;
  const namesAfter = async (column: string): Promise<string[]> => {
    const store = await editedStore("chroma-1.5.9", allow(column));
    const path = join(store, "chroma.sqlite3");
    editDatabase(
      path,
      `UPDATE collections SET ${column} = NULL WHERE name = 'notes'`,
      forbid(column),
    );
    const { integrity, reports } = checkCatalogueFile(store);
    assertEquals(reports[0]?.problems.map((problem) => problem.subjects), [
      [`collections.${column}`],
    ]);
    return integrity.map((finding) => finding.name);
  };
  assertEquals(await namesAfter("database_id"), ["sqlite-constraint-broken"]);
  assertEquals(await namesAfter("name"), []);
});

Deno.test("checkIntegrity() finds the full text damaged when a table behind it lost rows", async () => {
  for (
    const table of ["data WHERE id > 10", "docsize WHERE id % 4 = 0", "content WHERE id % 4 = 0"]
  ) {
    const store = await editedStore(
      "chroma-0.5.23",
      `DELETE FROM embedding_fulltext_search_${table}`,
    );
    const { integrity } = checkCatalogueFile(store);
    assertEquals(integrity.map((finding) => finding.name), ["fulltext-malformed"], table);
  }
});

Deno.test("checkIntegrity() finds the full text damaged when its format is unknown", async () => {
  const store = await editedStore(
    "chroma-1.5.9",
    "UPDATE embedding_fulltext_search_config SET v = 99 WHERE k = 'version'",
  );
  const { integrity } = checkCatalogueFile(store);
  assertEquals(integrity.map((finding) => finding.name), ["fulltext-malformed"]);
});

const PROBLEM: IntegrityProblem = {
  table: "embeddings",
  kind: "malformed",
  count: 3,
  isLowerBound: false,
  pages: [9, 10, 12],
  subjects: ["embeddings"],
  message: "Tree 5 page 9: btreeInitPage() returns error code 11",
};

Deno.test("checkIntegrity() makes one finding of a damaged table and what follows from it", () => {
  const mismatch = { ...PROBLEM, kind: "index-mismatch", count: 40, pages: [] } as const;
  const findings = checkIntegrity([
    { pageSizeBytes: 1024, problems: [mismatch, PROBLEM], unaccountedPages: null },
  ]);
  assertEquals(findings.map(({ name, count, offset }) => [name, count, offset]), [
    ["sqlite-malformed", 3, 8192],
  ]);
  assertEquals(findings[0]?.detail.ranges, [[8192, 10_240], [11_264, 12_288]]);
  assertEquals(findings[0]?.detail.following, [
    { kind: "index-mismatch", count: 40, message: PROBLEM.message },
  ]);
});

Deno.test("checkIntegrity() names the index when the table itself is whole", () => {
  const [finding] = checkIntegrity([{
    pageSizeBytes: 1024,
    problems: [{ ...PROBLEM, subjects: ["embeddings_by_id"] }],
    unaccountedPages: null,
  }]);
  assertEquals(finding?.message.startsWith("Index embeddings_by_id of table embeddings is"), true);
});

Deno.test("checkIntegrity() carries 32 ranges at the most", () => {
  const pages = Array.from({ length: 99 }, (_, index) => 2 * index + 1);
  const [finding] = checkIntegrity([
    { pageSizeBytes: 512, problems: [{ ...PROBLEM, pages }], unaccountedPages: null },
  ]);
  assertEquals(Array.isArray(finding?.detail.ranges) && finding.detail.ranges.length, 32);
});

Deno.test("checkIntegrity() finds pages that stand in two b-trees, and those that stand in none", () => {
  const check = (unaccountedPages: number): string[] =>
    checkIntegrity([{ pageSizeBytes: 4096, problems: [], unaccountedPages }])
      .map(({ name, count }) => `${name} ${count}`);
  assertEquals(check(-2), ["sqlite-malformed 2"]);
  assertEquals(check(0), []);
  assertEquals(check(20), ["sqlite-pages-unused 20"]);
});

Deno.test("readOrdinaryIntegrity() accounts for every page of a database with a pointer map", async () => {
  for (const mode of [1, 2]) {
    const path = await makeDatabase(`PRAGMA auto_vacuum = ${mode}`, "PRAGMA page_size = 512");
    editDatabase(path, "DELETE FROM letters WHERE rowid % 3 = 0");
    using reading = openForReading(path);
    const { database, facts } = reading;
    if (database === null || facts.judgedHeader === null) throw new Error("not opened");
    assertNotEquals(facts.judgedHeader.largestRootPage, 0);
    const report = readOrdinaryIntegrity(database, facts.judgedHeader);
    assertEquals([report.problems, report.unaccountedPages], [[], 0]);
  }
});
