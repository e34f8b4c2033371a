import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../../../lib/model/finding.ts";
import { checkCatalogue } from "../../../../lib/stores/chroma/catalogue/check_catalogue.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf, nameOf } from "../../../support/opened_catalogue.ts";

function findIn(path: string): Finding[] {
  const catalogue = catalogueOf(path);
  return checkCatalogue(catalogue, inferEngine(catalogue));
}

async function findAfter(golden: GoldenStore, ...statements: string[]): Promise<Finding[]> {
  const store = await BrokenStore.copyOf(golden);
  store.sql(...statements);
  return findIn(store.path);
}

/** Takes the rules of a table away, as a damaged schema does. */
function withoutRules(table: string): string[] {
  return [
    `CREATE TABLE copied AS SELECT * FROM ${table}`,
    `DROP TABLE ${table}`,
    `ALTER TABLE copied RENAME TO ${table}`,
  ];
}

Deno.test("checkCatalogue() finds nothing in a golden store", async () => {
  for (const golden of GOLDEN_STORES) assertEquals(findIn(await goldenStore(golden)), []);
});

Deno.test("checkCatalogue() finds tenants missing that are referred to, and the default", async () => {
  for (const golden of GOLDEN_STORES) {
    const findings = await findAfter(golden, "DELETE FROM tenants");
    assertEquals(findings.map(nameOf), ["tenant-missing"], golden);
    assertEquals(findings[0]?.detail, { tenant: "default_tenant" });
  }
  const findings = await findAfter(
    "chroma-1.5.9",
    "INSERT INTO databases VALUES ('11111111-1111-4111-8111-111111111111', 'other', 'somebody')",
  );
  assertEquals(findings.map(({ detail }) => detail), [{ tenant: "somebody" }]);
});

Deno.test("checkCatalogue() makes one finding of each database that is missing", async () => {
  for (const golden of GOLDEN_STORES) {
    const findings = await findAfter(golden, "DELETE FROM databases");
    assertEquals(findings.map(({ name, count }) => [name, count]), [["database-missing", 5]]);
  }
});

Deno.test("checkCatalogue() finds names that no engine gives", async () => {
  for (const value of ["''", "x'6e6f746573'", "CAST(x'6eff' AS TEXT)", "'no' || char(10)"]) {
    const findings = await findAfter(
      "chroma-1.5.9",
      `UPDATE collections SET name = ${value} WHERE name = 'notes'`,
    );
    assertEquals(findings.map(({ name }) => name), ["collection-name-invalid"], value);
  }
  const findings = await findAfter(
    "chroma-1.5.9",
    ...withoutRules("collections"),
    "UPDATE collections SET name = NULL WHERE name IN ('notes', 'dot')",
  );
  assertEquals(findings.map(({ name }) => name), [
    "collection-name-invalid",
    "collection-name-invalid",
  ]);
  assertStringIncludes(findings[0]?.message ?? "", "is NULL");
});

Deno.test("checkCatalogue() finds one name twice only within one database", async () => {
  const other = "11111111-1111-4111-8111-111111111111";
  const findings = await findAfter(
    "chroma-1.5.9",
    `INSERT INTO databases VALUES ('${other}', 'other', 'default_tenant')`,
    `UPDATE collections SET name = 'notes', database_id = '${other}' WHERE name = 'dot'`,
  );
  assertEquals(findings, []);
  const [duplicate, ...others] = await findAfter(
    "chroma-1.5.9",
    ...withoutRules("collections"),
    "UPDATE collections SET name = 'notes' WHERE name = 'dot'",
  );
  assertEquals([duplicate?.name, duplicate?.count, others.length], [
    "collection-name-duplicate",
    2,
    0,
  ]);
});

Deno.test("checkCatalogue() finds the row of either segment missing", async () => {
  for (const golden of GOLDEN_STORES) {
    for (const scope of ["VECTOR", "METADATA"]) {
      const findings = await findAfter(golden, `DELETE FROM segments WHERE scope = '${scope}'`);
      assertEquals(findings.map(({ name }) => name), Array(5).fill("segment-row-missing"));
      assertEquals(findings[0]?.detail.scope, scope);
    }
  }
});

Deno.test("checkCatalogue() finds a type or a scope damaged, and not a type of its own", async () => {
  for (
    const change of [
      "type = 'urn:chroma:segment/vector/hnsw-local-persisteX'",
      "type = 'urn:chroma:segment/vector/hnsw-local-persistee'",
      "type = ''",
      "type = x'00'",
      "scope = 'VECTOX'",
    ]
  ) {
    const findings = await findAfter(
      "chroma-1.5.9",
      `UPDATE segments SET ${change} WHERE scope = 'VECTOR'`,
    );
    assertEquals(findings.map(({ name }) => name), Array(5).fill("segment-row-missing"), change);
  }
});

Deno.test("checkCatalogue() names segments of other kinds and misses nothing beside them", async () => {
  for (const type of ["vector/spann", "vector/hnsw-distributed", "vector/something-new"]) {
    const findings = await findAfter(
      "chroma-1.5.9",
      `UPDATE segments SET type = 'urn:chroma:segment/${type}' WHERE scope = 'VECTOR'`,
    );
    assertEquals(findings.map(({ name }) => name), Array(5).fill("segment-type-unknown"), type);
  }
  const newer = await findAfter(
    "chroma-1.5.9",
    "INSERT INTO migrations VALUES ('sysdb', 11, 'x', 'SELECT 1', 'abc')",
    "UPDATE segments SET type = 'something else' WHERE scope = 'VECTOR'",
  );
  assertEquals(new Set(newer.map(({ name }) => name)), new Set(["segment-type-unknown"]));
});

Deno.test("checkCatalogue() finds two segments of one kind", async () => {
  const findings = await findAfter(
    "chroma-1.5.9",
    "INSERT INTO segments SELECT '11111111-1111-4111-8111-111111111111', type, scope, collection " +
      "FROM segments WHERE scope = 'VECTOR' LIMIT 1",
  );
  assertEquals(findings.map(({ name, count }) => [name, count]), [["segment-row-duplicate", 2]]);
});

Deno.test("checkCatalogue() takes segments of deleted collections for leftovers", async () => {
  const findings = await findAfter("chroma-1.5.9", "DELETE FROM collections WHERE name = 'dot'");
  assertEquals(findings.map(({ name, severity, count }) => [name, severity, count]), [
    ["segment-row-orphan", "info", 2],
  ]);
});

Deno.test("checkCatalogue() finds ids that are no UUID, which every engine refuses", async () => {
  const findings = await findAfter(
    "chroma-1.5.9",
    "UPDATE segments SET id = 'x' || substr(id, 2) WHERE scope = 'METADATA' AND " +
      "collection = (SELECT id FROM collections WHERE name = 'notes')",
  );
  assertEquals(findings.map(nameOf), ["sqlite-constraint-broken notes"]);
  const [broken, ...others] = await findAfter(
    "chroma-1.5.9",
    "UPDATE collections SET id = 'x' || substr(id, 2) WHERE name = 'notes'",
  );
  assertEquals(broken?.name, "sqlite-constraint-broken");
  assertEquals(others.map(({ name }) => name), [
    "segment-row-missing",
    "segment-row-missing",
    "segment-row-orphan",
  ]);
});

Deno.test("checkCatalogue() finds the dimension missing where there are records", async () => {
  for (const golden of GOLDEN_STORES) {
    const findings = await findAfter(golden, "UPDATE collections SET dimension = NULL");
    const expected = ["notes", "cosine", "dot", "unflushed"].map((name) =>
      `dimension-missing ${name}`
    );
    assertEquals(findings.map(nameOf).sort(), expected.sort(), golden);
  }
});

Deno.test("checkCatalogue() finds a dimension that no engine can read", async () => {
  for (const value of ["'abc'", "3.5", "x'20'", "4294967296"]) {
    const findings = await findAfter(
      "chroma-1.5.9",
      `UPDATE collections SET dimension = ${value} WHERE name = 'empty'`,
    );
    assertEquals(findings.map(nameOf), ["dimension-missing empty"], value);
  }
  const zero = "UPDATE collections SET dimension = 0 WHERE name";
  assertEquals(await findAfter("chroma-1.5.9", `${zero} = 'empty'`), []);
  const findings = await findAfter("chroma-1.5.9", `${zero} = 'notes'`);
  assertEquals(findings.map(nameOf), ["dimension-missing notes"]);
});

Deno.test("checkCatalogue() says nothing about rows of a table that cannot be read", async () => {
  for (const table of ["tenants", "databases", "segments", "collections"]) {
    const findings = await findAfter("chroma-1.5.9", `DROP TABLE ${table}`);
    assertEquals(findings.map(({ name }) => name), [], table);
  }
});
