/**
 * Soak runs of a watch: simulated time, real files, and something that goes wrong every hour.
 *
 * In the ordinary run a day or two of each policy; with `VECFSCK_TEST_EVERYTHING=1` ninety days, as
 * `deno task soak` does them. `VECFSCK_SOAK_SEED` draws another run.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { StoreActions } from "../../../lib/watch/actions/store_actions.ts";
import type { WatchPolicy } from "../../../lib/watch/configuration/watch_configuration.ts";
import { soak, type SoakReport } from "./soak.ts";
import { CHROMA_WRITER, CHROMEM_WRITER } from "./writers.ts";

const EVERYTHING = Deno.env.get("VECFSCK_TEST_EVERYTHING") === "1";
const FIRST_SEED = 20_261_121;
const SEED = Number(Deno.env.get("VECFSCK_SOAK_SEED") ?? FIRST_SEED);

const MINUTE_MS = 60_000;

/** So much more than at the beginning the memory in use may be at the end. */
const MOST_GROWTH_BYTES = 100e6;

const SAMPLES: readonly (readonly [WatchPolicy, number])[] = [
  ["alert", 1],
  ["repair", 2],
  ["restore", 1],
];

for (const [policy, days] of SAMPLES) {
  const count = EVERYTHING ? 90 : days;
  Deno.test(`a watch that is to ${policy} keeps every record for ${24 * count} hours from seed ${SEED} on`, async () => {
    const { problems, counts, heapBytes } = await soak({
      days: count,
      seed: SEED,
      policy,
      writers: [CHROMA_WRITER, CHROMEM_WRITER],
      intervalMs: (EVERYTHING ? 30 : 60) * MINUTE_MS,
    });
    assertEquals(problems, []);
    assert((counts["action check"] ?? 0) > 20 * count, JSON.stringify(counts));
    assert((counts["action backup"] ?? 0) >= count, JSON.stringify(counts));
    assert((counts["lives ended by a kill"] ?? 0) > 0, JSON.stringify(counts));
    assert((counts["damages"] ?? 0) > 0, JSON.stringify(counts));
    const [first = 0, last = 0] = [heapBytes[0], heapBytes.at(-1)];
    assert(last - first < MOST_GROWTH_BYTES, `${heapBytes}`);
  });
}

/** Lets a day go by in which something is cured, with actions that are not as they should be. */
async function soakAltered(
  policy: WatchPolicy,
  alter: (actions: StoreActions) => Partial<StoreActions>,
): Promise<SoakReport> {
  return await soak({
    days: 1,
    seed: FIRST_SEED,
    policy,
    writers: [CHROMEM_WRITER],
    intervalMs: 60 * MINUTE_MS,
    alter: (actions) => ({ ...forward(actions), ...alter(actions) }),
  });
}

/** The methods of a class are not its own properties. */
function forward(actions: StoreActions): StoreActions {
  return {
    check: (context, options) => actions.check(context, options),
    backUp: (context) => actions.backUp(context),
    prune: (context) => actions.prune(context),
    optimize: (context) => actions.optimize(context),
    cure: (policy, context) => actions.cure(policy, context),
    explainUse: (context) => actions.explainUse(context),
    newestBackupMs: (context) => actions.newestBackupMs(context),
    freeBytes: (context) => actions.freeBytes(context),
    readStatus: (context) => actions.readStatus(context),
  };
}

/** Removes a document of a database, as if it had been forgotten. */
function removeDocument(store: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    if (!isDirectory) continue;
    const files = [...Deno.readDirSync(join(store, name))].map((entry) => entry.name)
      .filter((file) => file.endsWith(".gob") && !file.startsWith("00000000"));
    if (files[0] !== undefined) return Deno.removeSync(join(store, name, files[0]));
  }
}

Deno.test("soak() notices a check that changes the store", async () => {
  const { problems } = await soakAltered("alert", (actions) => ({
    async check(context, options) {
      const report = await actions.check(context, options);
      removeDocument(context.plan.path);
      return report;
    },
  }));
  assertStringIncludes(problems.join(), "a check has changed the store");
});

Deno.test("soak() notices a backup that lacks a document", async () => {
  const { problems } = await soakAltered("alert", (actions) => ({
    async backUp(context) {
      const report = await actions.backUp(context);
      if (report.backup !== null) removeDocument(join(report.backup.directory, "files"));
      return report;
    },
  }));
  assertStringIncludes(problems.join(), "a backup does not hold what the store holds");
});

Deno.test("soak() notices backups that go although the rules keep them", async () => {
  const { problems } = await soakAltered("alert", () => ({
    prune({ plan: { path } }) {
      Deno.removeSync(`${path}.backups`, { recursive: true });
      return Promise.resolve({ removed: [], rejected: [] });
    },
  }));
  assertStringIncludes(problems.join(), "and gone");
});

Deno.test("soak() notices a cure that throws away what it replaces", async () => {
  const { problems } = await soakAltered("repair", (actions) => ({
    async cure(policy, context) {
      const done = await actions.cure(policy, context);
      Deno.removeSync(`${context.plan.path}.vecfsck`, { recursive: true });
      return done;
    },
  }));
  assertStringIncludes(problems.join(), "which is nowhere any more");
});
