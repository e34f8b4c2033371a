import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Finding } from "../../../../lib/model/finding.ts";
import { checkFulltext } from "../../../../lib/stores/chroma/database/check_fulltext.ts";
import type { FulltextComparison } from "../../../../lib/stores/chroma/database/fulltext_comparison.ts";
import { editDatabase, makeDatabase } from "../../../sqlite/database_cases.ts";
import {
  GOLDEN_STORES,
  goldenFacts,
  type GoldenStore,
  goldenStore,
  scratchDirectory,
  TORN_STORES,
  tornStore,
} from "../../../support/fixtures.ts";
import { checkCatalogueFile, editedStore, outline } from "../catalogue_cases.ts";

const STORES_OF_EACH_ERA = ["chroma-0.4.24", "chroma-0.5.23", "chroma-1.5.9"] as const;

/** What deleted records have left behind in the golden store of 0.4.24. */
function leftoverOf(name: GoldenStore): [string, null, number][] {
  return name === "chroma-0.4.24" ? [["fulltext-leftover", null, 18]] : [];
}

/** The records of which each fourth row is gone, by collection. */
function fourths(name: string): [string, string, number][] {
  return [[name, "notes", 96], [name, "cosine", 30], [name, "dot", 30], [name, "unflushed", 3]];
}

async function checkEdited(name: GoldenStore, ...statements: string[]): Promise<Finding[]> {
  return checkCatalogueFile(await editedStore(name, ...statements)).fulltext;
}

Deno.test("checkFulltext() finds nothing in a golden store but what 0.4 leaves behind", async () => {
  for (const name of GOLDEN_STORES) {
    const { fulltext, comparison } = checkCatalogueFile(await goldenStore(name));
    assertEquals(outline(fulltext), leftoverOf(name), name);
    const { collections } = await goldenFacts(name);
    const records = Object.values(collections).reduce((sum, { count }) => sum + count, 0);
    assertEquals((comparison?.documents ?? 0) >= records, true, name);
  }
});

Deno.test("checkFulltext() gives a verdict on every torn store", async () => {
  for (const name of TORN_STORES) {
    const { comparison, fulltext } = checkCatalogueFile(await tornStore(name));
    const told = comparison?.failure !== null ||
      fulltext.some((finding) => finding.severity === "error");
    assertEquals(told, true, name);
  }
});

Deno.test("checkFulltext() finds documents whose full-text row is gone, by collection", async () => {
  for (const name of STORES_OF_EACH_ERA) {
    for (const table of ["embedding_fulltext_search", "embedding_fulltext_search_content"]) {
      const findings = await checkEdited(name, `DELETE FROM ${table} WHERE rowid % 4 = 0`);
      const errors = findings.filter((finding) => finding.severity === "error");
      assertEquals(outline(errors), fourths("fulltext-rows-missing"), `${name} ${table}`);
    }
  }
});

Deno.test("checkFulltext() names twenty of the records, and their segment", async () => {
  const [finding] = await checkEdited(
    "chroma-1.5.9",
    "DELETE FROM embedding_fulltext_search_content WHERE id % 4 = 0",
  );
  const { segments, collections } = await goldenFacts("chroma-1.5.9");
  const segment = segments.find(({ scope, collection }) =>
    scope === "METADATA" && collection === collections.notes?.id
  );
  assertEquals(finding?.segment, segment?.id);
  assertEquals(Array.isArray(finding?.detail.ids) && finding.detail.ids.slice(0, 2), [
    "notes-00003",
    "notes-00007",
  ]);
  assertEquals(Array.isArray(finding?.detail.ids) && finding.detail.ids.length, 20);
});

Deno.test("checkFulltext() finds documents whose full text is another", async () => {
  for (const name of STORES_OF_EACH_ERA) {
    const findings = await checkEdited(
      name,
      "UPDATE embedding_fulltext_search_content SET c0 = c0 || '!' WHERE id = 8",
    );
    assertEquals(outline(findings), [
      ["fulltext-text-differs", "notes", 1],
      ...leftoverOf(name),
    ]);
  }
});

Deno.test("checkFulltext() recognises the full text that the upgrade to 0.4.15 misnumbered", async () => {
  const findings = await checkEdited(
    "chroma-0.4.24",
    "DELETE FROM embedding_fulltext_search",
    "INSERT INTO embedding_fulltext_search (rowid, string_value) " +
      "SELECT rowid, string_value FROM embedding_metadata",
  );
  const differing = findings.filter((finding) => finding.name === "fulltext-text-differs");
  assertEquals(differing.length, 4);
  for (const { count, detail } of differing) assertEquals(detail.misnumbered, count);
  assertEquals(findings.some((finding) => finding.name === "document-missing"), false);
});

Deno.test("checkFulltext() finds records whose document is gone", async () => {
  for (const name of STORES_OF_EACH_ERA) {
    const findings = await checkEdited(name, "DELETE FROM embedding_metadata WHERE id % 4 = 0");
    assertEquals(outline(findings), [...fourths("document-missing"), ...leftoverOf(name)]);
  }
});

Deno.test("checkFulltext() finds collections that lost every document", async () => {
  const findings = await checkEdited("chroma-1.5.9", "DELETE FROM embedding_metadata");
  assertEquals(outline(findings), [
    ["document-missing", "notes", 382],
    ["document-missing", "cosine", 120],
    ["document-missing", "dot", 120],
    ["document-missing", "unflushed", 12],
  ]);
});

Deno.test("checkFulltext() takes a full-text row that 0.4 left to another record for no lost document", async () => {
  // 0.4 gives the number of the last deleted record out again; its old text is still there.
  const findings = await checkEdited(
    "chroma-0.4.24",
    `INSERT INTO embeddings (id, segment_id, embedding_id, seq_id)
       SELECT min(f.id), s.id, 'without document', x'0000000000001000'
       FROM embedding_fulltext_search_content AS f, segments AS s
       JOIN collections AS c ON c.id = s.collection
       WHERE c.name = 'empty' AND s.scope = 'METADATA'
         AND f.id NOT IN (SELECT id FROM embeddings)`,
  );
  assertEquals(outline(findings), [["fulltext-leftover", null, 17]]);
});

Deno.test("checkFulltext() tells full-text rows of lost records from those of deleted ones", async () => {
  for (const name of STORES_OF_EACH_ERA) {
    const findings = await checkEdited(
      name,
      "DELETE FROM embeddings WHERE id % 4 = 0 AND segment_id IN (SELECT id FROM segments)",
    );
    assertEquals(outline(findings), [["record-row-missing", null, 159], ...leftoverOf(name)]);
  }
});

Deno.test("checkFulltext() passes over the records of deleted collections", async () => {
  const findings = await checkEdited(
    "chroma-0.5.23",
    `DELETE FROM embedding_fulltext_search_content WHERE id IN (
       SELECT id FROM embeddings WHERE segment_id NOT IN (SELECT id FROM segments))`,
  );
  assertEquals(findings, []);
});

Deno.test("checkFulltext() finds the full-text table gone, whole or in part", async () => {
  const missing = async (statement: string): Promise<unknown> => {
    const [finding] = await checkEdited("chroma-1.5.9", statement);
    assertEquals(finding?.name, "fulltext-table-missing");
    return finding?.detail.tables;
  };
  const forget = "DELETE FROM sqlite_schema WHERE name =";
  assertEquals(await missing(`${forget} 'embedding_fulltext_search'`), [
    "embedding_fulltext_search",
  ]);
  assertEquals(await missing(`${forget} 'embedding_fulltext_search_content'`), [
    "embedding_fulltext_search_content",
  ]);
  const all = await missing("DROP TABLE embedding_fulltext_search");
  assertEquals(Array.isArray(all) && all.length, 6);
});

Deno.test("checkFulltext() misses no table in a store that is older than the table", async () => {
  const findings = await checkEdited(
    "chroma-0.4.24",
    "DROP TABLE embedding_fulltext_search",
    "DELETE FROM migrations WHERE dir = 'metadb' AND version > 2",
  );
  assertEquals(findings, []);
});

Deno.test("readFulltextComparison() compares nothing in a database that is no catalogue", async () => {
  const store = await scratchDirectory();
  await Deno.copyFile(await makeDatabase(), join(store, "chroma.sqlite3"));
  const { fulltext, comparison } = checkCatalogueFile(store);
  assertEquals(fulltext, []);
  assertEquals([comparison?.expected, comparison?.failure], [false, null]);
});

Deno.test("readFulltextComparison() compares by number when the collections cannot be read", async () => {
  const store = await editedStore(
    "chroma-1.5.9",
    "DELETE FROM embedding_fulltext_search WHERE rowid = 8",
  );
  editDatabase(
    join(store, "chroma.sqlite3"),
    "UPDATE sqlite_schema SET sql = replace(sql, 'name TEXT', 'title TEXT') " +
      "WHERE name = 'collections'",
  );
  assertEquals(outline(checkCatalogueFile(store).fulltext), [["fulltext-rows-missing", null, 1]]);
});

const BROKEN_OFF: FulltextComparison = {
  expected: true,
  missingTables: [],
  documents: null,
  rowsMissing: [],
  textDiffers: [],
  documentsMissing: [],
  leftover: { rows: 0, textBytes: 0, withDocument: 0, inTheWay: 0, samples: [] },
  failure: "database disk image is malformed",
};

Deno.test("checkFulltext() says that a comparison broke off, unless the cause is told elsewhere", () => {
  assertEquals(outline(checkFulltext(BROKEN_OFF)), [["sqlite-malformed", null, 1]]);
  const problem = {
    table: "embeddings",
    kind: "malformed",
    count: 1,
    isLowerBound: false,
    pages: [],
    subjects: [],
    message: "",
  } as const;
  const report = { pageSizeBytes: 4096, problems: [problem], unaccountedPages: null };
  assertEquals(checkFulltext(BROKEN_OFF, [report]), []);
});
