/**
 * Does every damage to golden stores, asks the engines that wrote them, and writes outcomes.json.
 *
 * It needs the engines (see judge.ts) and some ten minutes:
 *
 *     VECFSCK_ENGINES=… deno run --allow-all tests/support/damages/measure_outcomes.ts [options]
 *
 *     --seed N       the seed of the damages; that of outcomes.json by default
 *     --only NAMES   these damages, separated by commas; the outcomes are printed and not written
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, join } from "@std/path";
import { goldenFacts, type GoldenStore, goldenStore, scratchDirectory } from "../fixtures.ts";
import { isKilled, isSound, judgeStore, type Verdict } from "../judge.ts";
import { applyDamage, type Damage, DamageNotApplicable, DAMAGES, findDamage } from "./mod.ts";
import { MEASURED_ENGINES, type MeasuredEngine, type Outcome, OUTCOME_SEED } from "./outcomes.ts";

/** Uninitialised memory differs from run to run: what may kill is given three chances. */
const RUNS = 3;

/** A place at which a damage is done, and how often the engine is asked. */
interface Trial {
  readonly damage: Damage;
  readonly engine: MeasuredEngine;
  readonly collection: string;
  readonly seed: number;
}

async function measure(trial: Trial, expectedJsonPath: string): Promise<Outcome> {
  const { damage, engine, collection, seed } = trial;
  const store = await goldenStore(`chroma-${engine}` as GoldenStore);
  try {
    applyDamage(damage.name, { store, collection }, seed);
  } catch (error) {
    if (!(error instanceof DamageNotApplicable)) throw error;
    return { applies: false, breaks: false, kills: false, says: error.message };
  }
  const verdicts = await judgeOften(damage, store, expectedJsonPath, engine);
  await Deno.remove(store, { recursive: true });
  const worst = verdicts.find(isKilled) ?? verdicts.find((verdict) => !isSound(verdict)) ??
    verdicts[0] ?? {};
  return {
    applies: true,
    breaks: !isSound(worst),
    kills: isKilled(worst),
    says: describe(worst, collection),
  };
}

async function judgeOften(
  damage: Damage,
  store: string,
  expectedJsonPath: string,
  engine: MeasuredEngine,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  // Damages to the database are told by SQLite, which leaves nothing to chance.
  const runs = damage.file === "sqlite" ? 1 : RUNS;
  for (let run = 0; run < runs; run++) {
    verdicts.push(await judgeStore(store, expectedJsonPath, engine));
  }
  return verdicts;
}

function describe(verdict: Verdict, collection: string): string {
  const complaints = Object.entries(verdict)
    .filter(([, answer]) => answer !== "ok")
    .sort(([left], [right]) => rank(left, collection) - rank(right, collection))
    .map(([name, answer]) => `${name === "*" ? "all" : name}: ${answer.replaceAll("\n", " ")}`);
  return complaints.length === 0 ? "no wrong answer" : complaints.join(" · ");
}

function rank(name: string, collection: string): number {
  return name === "*" ? 0 : name === collection ? 1 : 2;
}

async function main(): Promise<void> {
  const options = parseArgs(Deno.args, { string: ["seed", "only"] });
  const seed = options.seed === undefined ? OUTCOME_SEED : Number(options.seed);
  const damages = options.only === undefined ? DAMAGES : options.only.split(",").map(findDamage);
  const directory = await scratchDirectory();
  const table: Record<string, Record<string, unknown>> = {};
  for (const engine of MEASURED_ENGINES) {
    const expectedJsonPath = join(directory, `expected-${engine}.json`);
    const facts = await goldenFacts(`chroma-${engine}` as GoldenStore);
    await Deno.writeTextFile(expectedJsonPath, JSON.stringify(facts));
    for (const damage of damages) {
      const outcomes = table[damage.name] ??= {};
      const trial = { damage, engine, seed };
      outcomes[engine] = await measure({ ...trial, collection: "notes" }, expectedJsonPath);
      if (damage.file !== "sqlite") {
        const cosine = await measure({ ...trial, collection: "cosine" }, expectedJsonPath);
        outcomes.cosine = { ...(outcomes.cosine as object | undefined), [engine]: cosine };
      }
      console.error(engine, damage.name, JSON.stringify(outcomes[engine]));
    }
  }
  const text = JSON.stringify({ seed, damages: table }, null, 2) + "\n";
  if (options.only === undefined) {
    await Deno.writeTextFile(fromFileUrl(new URL("./outcomes.json", import.meta.url)), text);
  } else {
    console.log(text);
  }
}

await main();
