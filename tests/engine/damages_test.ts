/**
 * What real engines do with every damage (tests/support/damages/outcomes.json) against what a check
 * says: whatever breaks an engine is found, and what kills its process is found as fatal.
 */
import { assertEquals } from "@std/assert";
import type { Finding } from "../../lib/model/finding.ts";
import { applyDamage, type DamagedFile, DAMAGES } from "../support/damages/mod.ts";
import { MEASURED_ENGINES, OUTCOME_SEED, OUTCOMES } from "../support/damages/outcomes.ts";
import { brief, checkWhole } from "../support/findings.ts";
import { goldenStore } from "../support/fixtures.ts";

const COLLECTIONS = ["notes", "cosine"] as const;

/** What the path of a finding ends with when the damage was to that file. */
const PATHS: Record<DamagedFile, RegExp> = {
  header: /header\.bin$/,
  data_level0: /data_level0\.bin$/,
  length: /length\.bin$/,
  link_lists: /link_lists\.bin$/,
  index_metadata: /index_metadata\.pickle$/,
  segment: /^[0-9a-f-]{36}/,
  sqlite: /^chroma\.sqlite3/,
};

function isSevere({ severity }: Finding): boolean {
  return severity === "fatal" || severity === "error";
}

for (const damage of DAMAGES) {
  for (const engine of MEASURED_ENGINES) {
    for (const collection of COLLECTIONS) {
      const measured = OUTCOMES[damage.name];
      const outcome = collection === "notes" ? measured?.[engine] : measured?.cosine?.[engine];
      if (outcome === undefined || !outcome.applies) continue;
      const verb = outcome.kills ? "calls unsafe" : outcome.breaks ? "finds" : "survives";
      Deno.test(`checkStore() ${verb} ${damage.name} of ${collection} in ${engine}`, async () => {
        const store = await goldenStore(`chroma-${engine}`);
        applyDamage(damage.name, { store, collection }, OUTCOME_SEED);
        const { findings, summary } = await checkWhole(store);
        const { hidden, findings: expected } = damage.expected;
        const names: readonly string[] = findings.map(({ name }) => name);
        const isNamed = hidden !== null || expected.some((name) => names.includes(name));
        const found = findings.filter(({ severity }) => severity !== "info").map(brief);
        const told = `the engine: ${outcome.says}; found: ${found.join("; ")}`;
        assertEquals(isNamed, true, `not what a drill expects: ${told}`);
        if (outcome.kills) assertEquals(summary.verdict, "unsafe", told);
        if (!outcome.breaks) return;
        const severe = findings.filter(isSevere);
        assertEquals(severe.length > 0, true, told);
        const atPlace = severe.some(({ path }) => PATHS[damage.file].test(path ?? ""));
        assertEquals(atPlace, true, `not in the file that was damaged: ${told}`);
      });
    }
  }
}
