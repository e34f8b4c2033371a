/**
 * Drills with real engines as the judges, as an operator runs them.
 *
 * Ignored where there is no engine (tests/support/judge.ts, tests/support/chromem_judge.ts). With
 * `VECFSCK_TEST_EVERYTHING=1` every damage is done.
 */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { askWith } from "../../lib/cli/engine_command.ts";
import { libraryOf } from "../../lib/drill/damages/libraries.ts";
import type { AskEngine } from "../../lib/drill/drill_options.ts";
import { runDrill } from "../../lib/drill/run_drill.ts";
import type { FormatName } from "../../lib/model/report.ts";
import { aheadClock } from "../backup/backup_cases.ts";
import { findChromemJudge, judgeChromem } from "../support/chromem_judge.ts";
import { CHROMEM_STORES, chromemStore } from "../support/chromem_stores.ts";
import { goldenStore } from "../support/fixtures.ts";
import { findEngine } from "../support/judge.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const PROGRAM = fromFileUrl(new URL("../support/open_store.py", import.meta.url));
const TIMEOUT_MS = 300_000;
const SEED = 17;

/** One damage of every so many is done where not all are asked for. */
const STEPS: Readonly<Partial<Record<FormatName, number>>> = { chroma: 20, chromem: 6 };

async function assertPassed(store: string, format: FormatName, askEngine: AskEngine) {
  const step = EVERYTHING ? 1 : STEPS[format] ?? 1;
  const damages = libraryOf(format).damages.filter((_, index) => index % step === 0);
  const { results } = await runDrill(store, { damages, seed: SEED, askEngine, now: aheadClock });
  const problems = results.flatMap(({ damage, problems }) => problems.map((one) => [damage, one]));
  assertEquals(problems, []);
  assert(results.filter(({ engine }) => engine?.agrees).length > 3);
}

for (const version of ["1.5.9", "0.5.23"] as const) {
  const python = findEngine(version);
  Deno.test({
    name: `Chroma ${version} agrees with every drill of the store that it wrote`,
    ignore: python === null,
    async fn() {
      const ask = askWith({ program: python ?? "", args: [PROGRAM] }, TIMEOUT_MS);
      await assertPassed(await goldenStore(`chroma-${version}`), "chroma", ask);
    },
  });
}

for (const kind of CHROMEM_STORES) {
  Deno.test({
    name: `chromem-go agrees with every drill of the ${kind} database that it wrote`,
    ignore: findChromemJudge() === null,
    async fn() {
      await assertPassed(await chromemStore(kind), "chromem", async (directory) => {
        const verdict = await judgeChromem(directory, kind);
        if (!verdict.opens) return { agrees: false, says: verdict.error };
        // Where every extension is the wrong one, the library opens an empty database.
        const documents = verdict.collections.flatMap((collection) => collection.documents);
        return { agrees: documents.length > 0, says: `it finds ${documents.length} documents` };
      });
    },
  });
}
