/**
 * What the table of codes says of chromem-go, held against chromem-go itself.
 */
import { assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { FINDING_CODES, type FindingName } from "../../lib/model/codes.ts";
import { BrokenDatabase } from "../support/broken_database.ts";
import { findChromemJudge, judgeChromem, queryChromem } from "../support/chromem_judge.ts";
import { CHROMEM_CASES } from "./chromem_cases.ts";

/** At a pipe the engine waits for ever, and the other may take the memory of the whole machine. */
const NEVER_OPENED: readonly FindingName[] = ["gob-pipe", "gob-claims-memory"];

Deno.test({
  name: "chromem-go refuses a database exactly where the effect of the finding says so",
  ignore: findChromemJudge() === null,
  fn: async () => {
    const told: Record<string, boolean> = {};
    const seen: Record<string, boolean> = {};
    for (const name of Object.keys(CHROMEM_CASES) as FindingName[]) {
      if (NEVER_OPENED.includes(name)) continue;
      const { store: kind = "plain", damage } = CHROMEM_CASES[name] ?? { damage: () => {} };
      const store = await BrokenDatabase.copyOf(kind);
      damage(store);
      told[name] = FINDING_CODES[name].effect.startsWith("chromem-go refuses");
      seen[name] = !(await judgeChromem(store.path, kind)).opens;
    }
    assertEquals(seen, told);
  },
});

Deno.test({
  name: "chromem-go fails queries with the error that the effect of the finding quotes",
  ignore: findChromemJudge() === null,
  fn: async () => {
    for (const name of ["document-without-embedding", "document-dimension"] as const) {
      const store = await BrokenDatabase.copyOf("plain");
      CHROMEM_CASES[name]?.damage(store);
      const { "knowledge-base": broken, sessions } = await queryChromem(store.path, "plain");
      const quoted = FINDING_CODES[name].effect.match(/«(.*)»/)?.[1] ?? "nothing";
      assertEquals(broken?.errors.length, broken?.asked, name);
      // A document without an embedding cannot ask for itself.
      const errors = broken?.errors.filter((error) => error !== "queryEmbedding is empty") ?? [];
      assertGreater(errors.length, 5);
      for (const error of errors) assertStringIncludes(error, quoted);
      assertEquals(sessions?.errors, []);
    }
  },
});
