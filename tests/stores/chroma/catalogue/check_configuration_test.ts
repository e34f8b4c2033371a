import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../../../lib/model/finding.ts";
import { checkConfiguration } from "../../../../lib/stores/chroma/catalogue/check_configuration.ts";
import { inferEngine } from "../../../../lib/stores/chroma/catalogue/migrations.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, type GoldenStore, goldenStore } from "../../../support/fixtures.ts";
import { catalogueOf, nameOf } from "../../../support/opened_catalogue.ts";

function findIn(path: string): Finding[] {
  const catalogue = catalogueOf(path);
  return checkConfiguration(catalogue, inferEngine(catalogue));
}

async function findAfter(golden: GoldenStore, ...statements: string[]): Promise<string[]> {
  const store = await BrokenStore.copyOf(golden);
  store.sql(...statements);
  return findIn(store.path).map(nameOf);
}

function replaceIn(column: string, from: string, to: string): string {
  return `UPDATE collections SET ${column} = replace(${column}, '${from}', '${to}') ` +
    "WHERE name = 'cosine'";
}

Deno.test("checkConfiguration() finds nothing in a golden store", async () => {
  for (const golden of GOLDEN_STORES) assertEquals(findIn(await goldenStore(golden)), []);
});

Deno.test("checkConfiguration() finds a configuration that is no JSON object", async () => {
  for (const golden of ["chroma-0.5.23", "chroma-1.0.21-configuration", "chroma-1.5.9"] as const) {
    for (
      const value of [`'{"hnsw'`, "''", "'[]'", "'null'", "x'7b7d'", "7", "CAST(x'ff' AS TEXT)"]
    ) {
      const statement = `UPDATE collections SET config_json_str = ${value} WHERE name = 'cosine'`;
      const found = await findAfter(golden, statement);
      assertEquals(found, ["configuration-not-json cosine"], `${golden} ${value}`);
    }
  }
});

Deno.test("checkConfiguration() takes NULL and what the engine takes for it", async () => {
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    assertEquals(await findAfter(golden, "UPDATE collections SET config_json_str = NULL"), []);
  }
  for (const value of ["NULL", "''", "'null'"]) {
    const statement = `UPDATE collections SET schema_str = ${value}`;
    assertEquals(await findAfter("chroma-1.5.9-configuration", statement), [], value);
  }
});

Deno.test("checkConfiguration() finds a schema that the engine cannot read", async () => {
  const set = (schema: string): string =>
    `UPDATE collections SET schema_str = '${schema}' WHERE name = 'cosine'`;
  for (
    const statement of [
      set('{"x'),
      set("[]"),
      set("{}"),
      set('{"keys":{}}'),
      set('{"defaults":{},"keys":{}}'),
      replaceIn("schema_str", "max_neighbors", "max_neighbor5"),
      replaceIn("schema_str", '"max_neighbors":16', '"max_neighbors":-16'),
      replaceIn("schema_str", '"resize_factor":1.2', '"resize_factor":"1.2"'),
    ]
  ) {
    const found = await findAfter("chroma-1.5.9", statement);
    assertEquals(found, ["configuration-not-json cosine"], statement);
  }
});

Deno.test("checkConfiguration() finds _type missing only where the engine needs it", async () => {
  for (const type of ["CollectionConfigurationInternal", "HNSWConfigurationInternal"]) {
    const statement = replaceIn("config_json_str", `"_type": "${type}"`, '"type": "x"');
    const found = await findAfter("chroma-0.5.23", statement);
    const names = found.filter((name) => name === "configuration-without-type cosine");
    assertEquals([names.length, found.length], [1, 1], type);
  }
  const upgraded = "chroma-0.5.23-then-1.5.9";
  assertEquals(await findAfter(upgraded, replaceIn("config_json_str", "_type", "type")), []);
});

Deno.test("checkConfiguration() finds a distance that does not exist wherever it is read", async () => {
  const expected = ["configuration-space-unknown cosine"];
  const segment = "UPDATE segment_metadata SET str_value = 'cosinf' WHERE str_value = 'cosine'";
  for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-0.5.23-then-1.5.9"] as const) {
    assertEquals(await findAfter(golden, segment), expected, golden);
  }
  const quoted = ['"space":"cosine"', '"space":"cosinf"'] as const;
  const configured = "chroma-1.0.21-configuration";
  assertEquals(await findAfter(configured, replaceIn("config_json_str", ...quoted)), expected);
  assertEquals(await findAfter("chroma-1.5.9", replaceIn("schema_str", ...quoted)), expected);
  const python = replaceIn("config_json_str", '"space": "l2"', '"space": 2');
  assertEquals(await findAfter("chroma-0.5.23", python), expected);
  // 1.x does not read what 0.5 wrote there.
  assertEquals(await findAfter("chroma-0.5.23-then-1.5.9", python), []);
});

Deno.test("checkConfiguration() finds the settings of an index lost that is not l2", async () => {
  const lost = "DELETE FROM segment_metadata";
  for (const golden of ["chroma-0.4.24", "chroma-0.5.23", "chroma-0.5.23-then-1.5.9"] as const) {
    const found = await findAfter(golden, lost);
    assertEquals(found.sort(), ["index-settings-lost cosine", "index-settings-lost dot"], golden);
  }
  // Since 1.0 an index has its settings elsewhere.
  assertEquals(await findAfter("chroma-1.5.9", lost), []);
  const found = await findAfter("chroma-1.5.9", "UPDATE collections SET schema_str = NULL");
  assertEquals(found.sort(), ["index-settings-lost cosine", "index-settings-lost dot"]);
});

Deno.test("checkConfiguration() finds an index in a configuration that is none", async () => {
  for (const index of ["7", "{}", '{"ivf":{}}', '{"hnsw":{"max_neighbors":"16"}}']) {
    const statement = `UPDATE collections SET config_json_str = '{"vector_index":${index}}' ` +
      "WHERE name = 'cosine'";
    const found = await findAfter("chroma-1.0.21-configuration", statement);
    assertEquals(found, ["configuration-not-json cosine"], index);
  }
});

Deno.test("checkConfiguration() lets a newer engine have parameters of its own", async () => {
  const unknown = replaceIn("schema_str", '"max_neighbors":', '"beam_width":3,"max_neighbors":');
  assertEquals(await findAfter("chroma-1.5.9", unknown), ["configuration-not-json cosine"]);
  const newer = "INSERT INTO migrations VALUES ('sysdb', 11, 'x', 'SELECT 1', 'abc')";
  assertEquals(await findAfter("chroma-1.5.9", unknown, newer), []);
});

Deno.test("checkConfiguration() finds a queue whose configuration no engine can read", async () => {
  const set = (value: string): string =>
    `UPDATE embeddings_queue_config SET config_json_str = ${value}`;
  for (const golden of ["chroma-0.5.23", "chroma-1.5.9"] as const) {
    const expected = ["queue-configuration-invalid"];
    for (
      const value of [`'{"aut'`, "NULL", "x'7b7d'", `'{"automatically_purge": "yes"}'`, "'[]'"]
    ) {
      assertEquals(await findAfter(golden, set(value)), expected, `${golden} ${value}`);
    }
    assertEquals(await findAfter(golden, "DELETE FROM embeddings_queue_config"), []);
    // 0.5 needs the type and has a default for the field; 1.x has it the other way round.
    const isPython = golden === "chroma-0.5.23";
    const untyped = await findAfter(golden, set(`'{"automatically_purge": true}'`));
    assertEquals(untyped, isPython ? expected : []);
    const unset = await findAfter(
      golden,
      set(`'{"_type":"EmbeddingsQueueConfigurationInternal"}'`),
    );
    assertEquals(unset, isPython ? [] : expected);
  }
});

Deno.test("checkConfiguration() shows what stands there on one printable line", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(`UPDATE collections SET config_json_str = '{' || char(27) || '[31m' || char(10)`);
  const [finding] = findIn(store.path);
  assertStringIncludes(finding?.message ?? "", "{\\u{1b}[31m\\u{a}");
});
