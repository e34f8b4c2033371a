/**
 * Every finding code appears in a store that was broken for it, and in no healthy one.
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { type FindingName, listFindingCodes } from "../../lib/model/codes.ts";
import { createSealAudit } from "../../lib/seal/seal_audit.ts";
import { BrokenDatabase } from "../support/broken_database.ts";
import { BrokenStore } from "../support/broken_store.ts";
import { CHROMEM_STORES, chromemStore } from "../support/chromem_stores.ts";
import { brief, checkWhole } from "../support/findings.ts";
import { GOLDEN_STORES, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { auditAsIfUntouched, sealStore } from "../support/seals.ts";
import { CATALOGUE_CASES } from "./catalogue_cases.ts";
import { CHROMEM_CASES } from "./chromem_cases.ts";
import { EXPORT_CASES } from "./export_cases.ts";
import { SEAL_CASES } from "./seal_cases.ts";
import { SEGMENT_CASES } from "./segment_cases.ts";
import { STORE_CASES } from "./store_cases.ts";

const CASES = { ...STORE_CASES, ...CATALOGUE_CASES, ...SEGMENT_CASES, ...SEAL_CASES };

const AUDITS = { "as it was": createSealAudit, "untouched since": auditAsIfUntouched };

Deno.test("every finding code has a case that makes it appear", () => {
  const all: Partial<Record<FindingName, unknown>> = {
    ...CASES,
    ...CHROMEM_CASES,
    ...EXPORT_CASES,
  };
  const without = listFindingCodes().filter(({ name }) => all[name] === undefined);
  assertEquals(without.map(({ name }) => name), []);
});

for (const [name, codeCase] of Object.entries(CASES)) {
  Deno.test(`checkStore() finds ${name} when the store is broken so`, async () => {
    const store = await BrokenStore.copyOf(codeCase.store ?? "chroma-1.5.9");
    const audits = codeCase.sealed === undefined
      ? []
      : [AUDITS[codeCase.sealed](await sealStore(store.path))];
    codeCase.damage(store);
    const { findings } = await checkWhole(store.path, { level: codeCase.level ?? "full", audits });
    const found = findings.find((finding) => finding.name === name);
    if (found === undefined) throw new Error(`Only found: ${findings.map(brief).join("; ")}`);
    if (codeCase.path !== undefined) {
      assertEquals(found.path?.endsWith(codeCase.path), true, `path ${found.path}`);
    }
    if (codeCase.offset !== undefined) assertEquals(found.offset, codeCase.offset);
    if (codeCase.count !== undefined) assertEquals(found.count, codeCase.count);
    if (codeCase.says !== undefined) assertStringIncludes(found.message, codeCase.says);
  });
}

for (const [name, codeCase] of Object.entries(CHROMEM_CASES)) {
  Deno.test({
    name: `checkStore() finds ${name} when a database of chromem-go is broken so, and that alone`,
    ignore: Deno.build.os === "windows" && name === "gob-pipe",
    fn: async () => {
      const store = await BrokenDatabase.copyOf(codeCase.store ?? "plain");
      codeCase.damage(store);
      const { findings } = await checkWhole(store.path, { level: codeCase.level ?? "full" });
      const told = findings.map(brief).join("; ");
      const path = codeCase.path?.(store);
      const found = findings.find((finding) =>
        finding.name === name && (path === undefined || finding.path === path)
      );
      if (found === undefined) throw new Error(`Only found: ${told}`);
      if (codeCase.offset !== undefined) assertEquals(found.offset, codeCase.offset);
      if (codeCase.count !== undefined) assertEquals(found.count, codeCase.count);
      if (codeCase.says !== undefined) assertStringIncludes(found.message, codeCase.says);
      const expected = new Set<string>([name, ...codeCase.besides ?? []]);
      const others = findings.filter((finding) =>
        finding.severity !== "info" && !expected.has(finding.name)
      );
      assertEquals(others, [], told);
    },
  });
}

for (const [name, { bytes, key, says }] of Object.entries(EXPORT_CASES)) {
  Deno.test(`checkStore() finds ${name} when an export of chromem-go is broken so`, async () => {
    const path = join(await scratchDirectory(), "export");
    await Deno.writeFile(path, await bytes());
    const { findings } = await checkWhole(path, key === undefined ? {} : { key: await key() });
    const worse = findings.filter(({ severity }) => severity !== "info");
    assertEquals(worse.map((finding) => finding.name), [name]);
    assertStringIncludes(worse[0]?.message ?? "", says);
  });
}

Deno.test("no healthy store shows a code that is worse than info", async () => {
  const shown = new Set<FindingName>();
  for (const golden of GOLDEN_STORES) {
    const { findings } = await checkWhole(await goldenStore(golden));
    for (const { name } of findings) shown.add(name);
  }
  for (const golden of CHROMEM_STORES) {
    const { findings } = await checkWhole(await chromemStore(golden));
    for (const { name } of findings) shown.add(name);
  }
  const worse = listFindingCodes().filter(({ name, severity }) =>
    severity !== "info" && shown.has(name)
  );
  assertEquals(worse.map(({ name }) => name), []);
});
