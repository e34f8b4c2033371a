/**
 * Tests of `lib/stores/chroma/repair/catalogue/plan_names.ts` and `plan_owners.ts`.
 */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { StoreDatabase } from "../../../../../lib/sqlite/database.ts";
import { isName } from "../../../../../lib/stores/chroma/repair/catalogue/plan_names.ts";
import {
  firstFree,
  recoveredName,
} from "../../../../../lib/stores/chroma/repair/catalogue/plan_owners.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { listDamage, repairCatalogue } from "./repaired_catalogue.ts";

Deno.test("isName() takes what every Chroma takes", () => {
  for (const name of ["abc", "my-notes_2.1", "A".repeat(63)]) {
    assertEquals(isName(name), true, name);
  }
  for (const name of ["ab", "A".repeat(64), "-abc", "abc.", "a..b", "a b", "10.0.0.1", "nöte"]) {
    assertEquals(isName(name), false, name);
  }
});

Deno.test("recoveredName() gives a name that is free and that Chroma takes", () => {
  const id = "6AC06848-ceae-4c2c-9917-abebce96f4f1";
  assertEquals(recoveredName(id, () => false), "recovered-6ac06848");
  const taken = ["recovered-6ac06848", "recovered-6ac06848-2"];
  assertEquals(recoveredName(id, (name) => taken.includes(name)), "recovered-6ac06848-3");
  assertEquals(isName(recoveredName("", () => false)), true);
});

Deno.test("firstFree() keeps a name that is free", () => {
  assertEquals(firstFree("notes", () => false), "notes");
  assertEquals(firstFree("notes", (name) => name === "notes"), "notes-2");
});

function readNames(store: string): Map<string, string> {
  using database = StoreDatabase.open(join(store, "chroma.sqlite3"));
  const rows = database.rows("SELECT id, name FROM collections");
  return new Map(rows.map(([id, name]) => [String(id), String(name)]));
}

Deno.test("the stage keeps what is left of a name", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const names = readNames(broken.path);
  broken.sql(
    "UPDATE collections SET name = CAST(name AS BLOB) WHERE name = 'notes'",
    "UPDATE collections SET name = 'do' || char(7) || 't' WHERE name = 'dot'",
  );
  const { after, path, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  assertEquals(readNames(path), names);
  assertEquals(steps.flatMap(({ losses }) => losses), []);
});

Deno.test("the stage names a database by its id where its name is lost, and says so", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const id = "33333333-3333-4333-8333-333333333333";
  broken.sql(
    `UPDATE collections SET database_id = '${id}' WHERE name = 'dot'`,
    "DELETE FROM tenants",
    "DELETE FROM databases",
  );
  const { after, path, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"));
  assertEquals(database.rows("SELECT id, name, tenant_id FROM databases ORDER BY id"), [
    ["00000000-0000-0000-0000-000000000000", "default_database", "default_tenant"],
    [id, "recovered-33333333", "default_tenant"],
  ]);
  assertEquals(steps.flatMap(({ losses }) => losses.map(({ ids }) => ids)), [[id]]);
});

Deno.test("the stage gives ids back that were garbled, where what refers to them tells", async () => {
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    const broken = await BrokenStore.copyOf(golden);
    const names = readNames(broken.path);
    broken.sql(
      "UPDATE databases SET id = 'x' || substr(id, 2)",
      "UPDATE databases SET tenant_id = 'tenant'",
      golden === "chroma-1.5.9"
        ? "UPDATE collections SET id = substr(id, 1, 18) WHERE name = 'notes'"
        : "UPDATE collections SET id = x'00ff' WHERE name = 'notes'",
    );
    const { after, path, steps } = await repairCatalogue(broken.path);
    assertEquals(listDamage(after), []);
    assertEquals(readNames(path), names);
    assertEquals(steps.flatMap(({ losses }) => losses), []);
    using database = StoreDatabase.open(join(path, "chroma.sqlite3"));
    assertEquals(database.rows("SELECT id, name, tenant_id FROM databases"), [
      ["00000000-0000-0000-0000-000000000000", "default_database", "default_tenant"],
    ]);
  }
});

Deno.test("the stage names the default database again, without which no client starts", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql("UPDATE databases SET name = 'defau', tenant_id = ''", "DELETE FROM tenants");
  const { before, after, path } = await repairCatalogue(broken.path);
  assertEquals(listDamage(before).includes("database-missing"), true);
  assertEquals(listDamage(after), []);
  using database = StoreDatabase.open(join(path, "chroma.sqlite3"));
  assertEquals(database.row("SELECT name, tenant_id FROM databases"), [
    "default_database",
    "default_tenant",
  ]);
});
