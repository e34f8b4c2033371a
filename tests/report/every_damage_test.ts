import { assert, assertEquals } from "@std/assert";
import { renderReport } from "../../lib/output/report_page/report_page.ts";
import { createReport } from "../../lib/report/create_report.ts";
import { applyDamage, DamageNotApplicable, DAMAGES } from "../support/damages/mod.ts";
import { goldenStore } from "../support/fixtures.ts";

/** Many damages are alike to a report; a run of all of them takes its time. */
const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";

/** What hits the header, the links, the ids, the catalogue, and takes files away. */
const SAMPLE: readonly string[] = [
  "header_random",
  "data_level0_zeros",
  "link_lists_half",
  "index_metadata_half",
  "segment_missing",
  "sqlite_pages_random",
];

const DAMAGED_BY = DAMAGES.map(({ name }) => name)
  .filter((name) => EVERYTHING || SAMPLE.includes(name));

Deno.test("createReport() looks at a store with any damage, and adds up its bytes", async () => {
  assert(DAMAGED_BY.length >= SAMPLE.length);
  for (const name of DAMAGED_BY) {
    const store = await goldenStore("chroma-1.5.9");
    try {
      applyDamage(name, { store, collection: "notes" }, 3);
    } catch (error) {
      if (error instanceof DamageNotApplicable) continue;
      throw error;
    }
    const report = await createReport([store]);
    const [{ failure, summary, files } = {}] = report.stores;
    assertEquals(failure, null, name);
    assertEquals(files?.checkedBytes, summary?.bytesChecked, name);
    assertEquals(
      files?.sizeBytes,
      (summary?.bytesChecked ?? 0) + (summary?.bytesSkipped ?? 0),
      name,
    );
    assert(renderReport(report).length < 1_000_000, name);
  }
});
