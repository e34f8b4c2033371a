/**
 * Tests of `lib/stores/chroma/repair/prepare_repair.ts`.
 */
import { assertEquals } from "@std/assert";
import { chromaRepairer } from "../../../../lib/stores/chroma/repair/prepare_repair.ts";
import { requireStore } from "../../../../lib/stores/registry.ts";
import { BrokenStore } from "../../../support/broken_store.ts";
import { scratchDirectory } from "../../../support/fixtures.ts";
import { findAll, repairRequest } from "./repair_request.ts";

Deno.test("prepare() corrects the catalogue again when records have come back", async () => {
  const broken = await BrokenStore.copyOf("chroma-1.5.9");
  broken.sql(
    `DELETE FROM embeddings WHERE segment_id = (SELECT s.id FROM segments s
     JOIN collections c ON c.id = s.collection WHERE c.name = 'unflushed' AND s.scope = 'METADATA')`,
    "UPDATE collections SET dimension = NULL WHERE name = 'unflushed'",
  );
  const findings = await findAll(broken.path);
  // Without a record no dimension is missing.
  assertEquals(findings.some(({ name }) => name === "dimension-missing"), false);
  const request = repairRequest({ findings, scratch: await scratchDirectory() });
  using prepared = await chromaRepairer.prepare(requireStore(broken.path), request);
  const { steps, unanswered } = prepared.draft;
  assertEquals(
    steps.map(({ kind, collection }) => [kind, collection]),
    [["correct-records", "unflushed"], ["correct-catalogue", "unflushed"]],
  );
  assertEquals(unanswered.filter(({ isDamage }) => isDamage), []);
});
