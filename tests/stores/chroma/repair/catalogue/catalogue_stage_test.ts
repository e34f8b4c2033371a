/**
 * Tests of `lib/stores/chroma/repair/catalogue/catalogue_stage.ts`: every finding that the stage is
 * there for is made to appear, and gone afterwards.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FINDING_CODES, type FindingName } from "../../../../../lib/model/codes.ts";
import { CATALOGUE_FINDINGS } from "../../../../../lib/stores/chroma/repair/catalogue/plan_catalogue_edits.ts";
import { cureOf } from "../../../../../lib/stores/chroma/repair/cures.ts";
import { CATALOGUE_CASES } from "../../../../codes/catalogue_cases.ts";
import { BrokenStore } from "../../../../support/broken_store.ts";
import { GOLDEN_STORES, goldenStore } from "../../../../support/fixtures.ts";
import { readFiles } from "../../../../verbs/world.ts";
import { listDamage, repairCatalogue } from "./repaired_catalogue.ts";

const OWN = (Object.keys(FINDING_CODES) as FindingName[]).filter((name) =>
  cureOf(name) === "catalogue"
);

/** What a case breaks besides, and other stages answer. */
const LEFT_BY_A_CASE: Partial<Record<FindingName, string[]>> = {
  "collection-name-duplicate": ["sqlite-pages-unused"],
};

Deno.test("prepareCatalogueStage() has a planner for every finding of the stage", () => {
  assertEquals([...CATALOGUE_FINDINGS].toSorted(), OWN.toSorted());
});

for (const name of OWN) {
  Deno.test(`prepareCatalogueStage() answers ${name}`, async () => {
    const { store = "chroma-1.5.9", damage } = CATALOGUE_CASES[name] ?? { damage: () => {} };
    const { code } = FINDING_CODES[name];
    const broken = await BrokenStore.copyOf(store);
    damage(broken);
    const files = readFiles(broken.path);
    const { before, after, steps } = await repairCatalogue(broken.path, {
      onlyCodes: FINDING_CODES[name].severity === "info" ? new Set([code]) : null,
    });
    assert(before.some((finding) => finding.name === name));
    assertEquals(after.filter((finding) => finding.name === name), []);
    assertEquals(listDamage(after), LEFT_BY_A_CASE[name] ?? []);
    assert(steps.some(({ answers }) => answers.some((answer) => answer.code === code)));
    assert(steps.every(({ details, replaces }) => details.length > 0 && replaces.length === 1));
    assertEquals(readFiles(broken.path), files);
  });
}

for (const golden of GOLDEN_STORES) {
  Deno.test(`prepareCatalogueStage() makes no database for a healthy ${golden}`, async () => {
    const { steps, hasOwnDatabase } = await repairCatalogue(await goldenStore(golden));
    assertEquals(steps, []);
    assertEquals(hasOwnDatabase, false);
  });
}

Deno.test("prepareCatalogueStage() answers nothing that was not asked for", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql("DELETE FROM tenants", "UPDATE collections SET name = '' WHERE name = 'dot'");
  const { code } = FINDING_CODES["tenant-missing"];
  const { after, steps } = await repairCatalogue(broken.path, { onlyCodes: new Set([code]) });
  assertEquals(steps.flatMap(({ answers }) => answers.map((answer) => answer.code)), [code]);
  assertEquals(listDamage(after).length, 1);
});

Deno.test("prepareCatalogueStage() answers for one collection alone when asked to", async () => {
  const broken = await BrokenStore.copyOf("chroma-0.5.23");
  broken.sql("UPDATE collections SET config_json_str = '{'");
  const { after, steps } = await repairCatalogue(broken.path, { onlyCollection: "dot" });
  assertEquals(steps.map(({ collection }) => collection), ["dot"]);
  assertEquals(listDamage(after), [
    "configuration-not-json notes",
    "configuration-not-json cosine",
    "configuration-not-json unflushed",
    "configuration-not-json empty",
  ]);
});

Deno.test("prepareCatalogueStage() finds what a missing row has hidden", async () => {
  const broken = await BrokenStore.copyOf("chroma-0.5.23");
  broken.sql("DELETE FROM segments", "DELETE FROM max_seq_id", "DELETE FROM segment_metadata");
  const { before, after, steps } = await repairCatalogue(broken.path);
  assertEquals(new Set(before.map(({ name }) => name)).has("watermark-missing"), false);
  assertEquals(listDamage(after), []);
  const answered = new Set(steps.flatMap(({ answers }) => answers.map(({ name }) => name)));
  assertEquals(
    [...answered].toSorted(),
    ["index-settings-lost", "segment-row-missing", "watermark-missing"],
  );
});

Deno.test("prepareCatalogueStage() does not guess between two segments", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const segment = broken.segment();
  const twin = "11111111-1111-4111-8111-111111111111";
  await Deno.mkdir(`${broken.path}/${twin}`);
  for await (const { name } of Deno.readDir(broken.file())) {
    await Deno.copyFile(`${broken.file()}/${name}`, `${broken.path}/${twin}/${name}`);
  }
  broken.sql(`DELETE FROM segments WHERE id = '${segment}'`, "DELETE FROM tenants");
  const { after, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after).includes("segment-row-missing notes"), true);
  const [{ details, answers } = { details: [], answers: [] }] = steps;
  assertEquals(answers.map(({ name }) => name), ["tenant-missing"]);
  assertStringIncludes(details.join(), "2 segments may be its index");
});

Deno.test("prepareCatalogueStage() gives a segment back that another collection has got", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql(
    `UPDATE segments SET collection = (SELECT id FROM collections WHERE name = 'notes')
     WHERE id = '${broken.segment("cosine")}'`,
  );
  const { before, after } = await repairCatalogue(broken.path);
  assertEquals(listDamage(before).includes("segment-row-duplicate notes"), true);
  assertEquals(listDamage(after), []);
});

Deno.test("prepareCatalogueStage() keeps two filled segments of one half", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  const twin = "11111111-1111-4111-8111-111111111111";
  broken.sql(
    `INSERT INTO segments (id, type, scope, collection) SELECT '${twin}', type, scope, collection
     FROM segments WHERE scope = 'METADATA' LIMIT 1`,
    `INSERT INTO embeddings (segment_id, embedding_id, seq_id) VALUES ('${twin}', 'one', 1)`,
  );
  const { after, steps, hasOwnDatabase } = await repairCatalogue(broken.path);
  assertEquals(steps, []);
  assertEquals(hasOwnDatabase, false);
  assertEquals(listDamage(after).includes("segment-row-duplicate notes"), true);
});

Deno.test("prepareCatalogueStage() leaves an index alone that is not the collection's", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  for await (const { name } of Deno.readDir(broken.file("", "dot"))) {
    await Deno.copyFile(`${broken.file("", "dot")}/${name}`, `${broken.file()}/${name}`);
  }
  const { before, after, steps } = await repairCatalogue(broken.path);
  assertEquals(steps, []);
  for (const findings of [before, after]) {
    assertEquals(listDamage(findings).includes("dimension-mismatch notes"), true);
  }
});

Deno.test("prepareCatalogueStage() asks an index for its settings once its row is back", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9-configuration");
  broken.sql(
    "DELETE FROM segments WHERE scope = 'VECTOR'",
    "UPDATE collections SET schema_str = '{', dimension = NULL WHERE name = 'dot'",
  );
  const { after, steps } = await repairCatalogue(broken.path);
  assertEquals(listDamage(after), []);
  const details = steps.flatMap((step) => step.details.filter((line) => line.startsWith("dot: ")));
  assertStringIncludes(details.join(), "space ip, max_neighbors 8, ef_construction 77");
  assertStringIncludes(details.join(), "Set the number of dimensions to 16: the index has it");
});
