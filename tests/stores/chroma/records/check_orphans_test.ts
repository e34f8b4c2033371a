import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Finding } from "../../../../lib/model/finding.ts";
import { checkOrphans } from "../../../../lib/stores/chroma/records/check_orphans.ts";
import { readRecordCounts } from "../../../../lib/stores/chroma/records/orphans.ts";
import { readCatalogue } from "../../../../lib/stores/chroma/catalogue/read_catalogue.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenFacts, goldenStore } from "../../../support/fixtures.ts";
import { openCatalogue } from "../../../support/opened_catalogue.ts";

function findIn(path: string): Finding[] {
  using database = openCatalogue(path);
  const catalogue = readCatalogue(database);
  return checkOrphans(catalogue, readRecordCounts(database, catalogue));
}

function brief({ name, severity, count }: Finding): string {
  return `${name} ${severity} ${count}`;
}

Deno.test("checkOrphans() finds what 0.5 leaves of a deleted collection and nothing else", async () => {
  for (const golden of GOLDEN_STORES) {
    const findings = findIn(await goldenStore(golden));
    const expected = golden.startsWith("chroma-0.5") ? ["records-orphaned info 120"] : [];
    assertEquals(findings.map(brief), expected, golden);
    assertEquals(findings[0]?.detail.sizeBytes, expected.length === 0 ? undefined : 6200);
  }
});

Deno.test("readRecordCounts() counts the records of every segment", async () => {
  for (const golden of GOLDEN_STORES) {
    using database = openCatalogue(await goldenStore(golden));
    const catalogue = readCatalogue(database);
    const counts = readRecordCounts(database, catalogue);
    const { collections } = await goldenFacts(golden);
    for (const { id, name } of catalogue.collections) {
      const segment = catalogue.segments.find(({ collectionId, scope }) =>
        collectionId === id && scope === "METADATA"
      );
      const found = counts.bySegment?.find(({ segmentId }) => segmentId === segment?.id);
      assertEquals(found?.count ?? 0, collections[name.text ?? ""]?.count, golden);
    }
    assertEquals(counts.unreadable, []);
  }
});

Deno.test("checkOrphans() finds metadata without a record, and lists as worse", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql(
    "INSERT INTO embedding_metadata (id, key, int_value) VALUES (99999, 'a', 1), (NULL, 'b', 2)",
    "INSERT INTO embedding_metadata_array (id, key, int_value) VALUES (1, 'a', 1), (99999, 'a', 1)",
  );
  assertEquals(findIn(store.path).map(brief), [
    "metadata-orphaned info 2",
    "metadata-array-orphaned warning 1",
  ]);
});

Deno.test("checkOrphans() counts the records of segments whose collection is gone", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM collections WHERE name = 'dot'");
  const [finding] = findIn(store.path);
  assertEquals(finding === undefined ? "" : brief(finding), "records-orphaned info 120");
});

Deno.test("checkOrphans() says whose records they may be when a segment row is lost", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  store.sql("DELETE FROM segments WHERE scope = 'METADATA'");
  const [finding] = findIn(store.path);
  assertStringIncludes(finding?.message ?? "", "may be theirs");
});

Deno.test("readRecordCounts() lists damage and goes on", async () => {
  const store = await BrokenStore.copyOf("chroma-1.5.9");
  const page = Number(
    store.value(
      "SELECT rootpage FROM sqlite_schema WHERE name = 'embedding_metadata_array_id_key'",
    ),
  );
  store.patch(
    store.catalogue(),
    (_view, bytes) => bytes.fill(0xff, 4096 * (page - 1), 4096 * page),
  );
  using database = openCatalogue(store.path);
  const counts = readRecordCounts(database, readCatalogue(database));
  assertEquals(counts.unreadable.map(({ table }) => table), ["embedding_metadata_array"]);
  assertEquals([counts.metadataWithoutRecord, counts.arraysWithoutRecord], [0, null]);
});
