/**
 * Speed and memory of vecfsck beside its peers: `deno task bench [--quick] [--only NAME] [STORE…]`.
 *
 * Writes docs/benchmarks.md, from docs/benchmarks.json where every benchmark keeps what it found
 * last, and the table between the marks of the README. Without stores the standard ones are taken
 * from `bench-data`, and made there first by real engines where the environment names them:
 * `VECFSCK_ENGINES` (a directory with `chroma-<version>/bin`), `VECFSCK_CHROMEM` (the judge),
 * `DENORT_BIN` (the runtime of executables). Benchmarks without their peer say so.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, resolve } from "@std/path";
import { BENCHMARKS } from "./bench/benchmarks.ts";
import { describeMachine, readVersions } from "./bench/machine.ts";
import { findPeers } from "./bench/peers.ts";
import { renderPage, replaceSummary } from "./bench/render.ts";
import { mergeResults, NO_RESULTS, type Results, type Run, type Section } from "./bench/results.ts";
import { sortStores, standardStores } from "./bench/stores.ts";
import { type Setting, Workbench } from "./bench/workbench.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const PAGE = "docs/benchmarks.md";
const RESULTS = "docs/benchmarks.json";
const README = "README.md";

const USAGE_STATUS = 16;

/** Measures what is asked for, one benchmark after another, and keeps each at once. */
async function measureAll(names: readonly string[], setting: Setting): Promise<void> {
  const { peers, scratch, isQuick } = setting;
  const run: Run = {
    startedAt: new Date().toISOString(),
    isQuick,
    machine: await describeMachine(scratch),
    versions: await readVersions(peers),
  };
  for (const { name, measure } of BENCHMARKS) {
    if (!names.includes(name)) continue;
    const startedMs = performance.now();
    const found = await measure(new Workbench(setting)).catch((error: Error) => ({
      tables: [],
      notes: [`It failed: ${error.message.split("\n")[0]}.`],
    }));
    for await (const { name: left } of Deno.readDir(scratch)) {
      await Deno.remove(`${scratch}/${left}`, { recursive: true });
    }
    await keep(run, { name, run: run.startedAt, ...found });
    console.log(`${name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    for (const note of found.notes) console.log(`  ${note}`);
    for (const row of found.tables.flatMap(({ rows }) => rows)) {
      if (row.missing !== null) console.log(`  ${row.name}: not measured, ${row.missing}`);
    }
  }
}

async function keep(run: Run, section: Section): Promise<void> {
  const order = BENCHMARKS.map(({ name }) => name);
  await write(mergeResults(await readResults(), run, [section], order));
}

async function readResults(): Promise<Results> {
  try {
    return JSON.parse(await Deno.readTextFile(RESULTS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return NO_RESULTS;
    throw error;
  }
}

/** Writes results, the page and the table of the README, formatted as everything here is. */
async function write(results: Results): Promise<void> {
  await Deno.writeTextFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  await Deno.writeTextFile(PAGE, renderPage(results, BENCHMARKS));
  const readme = await Deno.readTextFile(README);
  const replaced = replaceSummary(readme, results);
  if (replaced !== readme) await Deno.writeTextFile(README, replaced);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", RESULTS, PAGE, ...replaced === readme ? [] : [README]],
  }).output();
  if (!success) throw new Error(`deno fmt takes ${PAGE} not`);
}

async function main(): Promise<number> {
  const options = parseArgs(Deno.args, {
    boolean: ["list", "quick", "render"],
    string: ["only", "embeddings"],
    collect: ["only"],
    unknown: (option) => {
      if (!option.startsWith("-")) return true;
      console.error(`${option} is no option: --list, --quick, --render, --only NAME, --embeddings`);
      Deno.exit(USAGE_STATUS);
    },
  });
  const named = options._.map((path) => resolve(String(path)));
  const embeddings = options.embeddings === undefined ? null : resolve(options.embeddings);
  Deno.chdir(ROOT);
  if (options.list) {
    for (const { name, title } of BENCHMARKS) console.log(`${name.padEnd(10)} ${title}`);
    return 0;
  }
  if (options.render) {
    await write(await readResults());
    return 0;
  }
  const all = BENCHMARKS.map(({ name }) => name);
  const names: string[] = options.only.length === 0 ? all : options.only.map(String);
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no benchmark ${unknown}. There are: ${all.join(", ")}`);
    return USAGE_STATUS;
  }
  const peers = findPeers();
  const stores = named.length > 0 ? sortStores(named) : await standardStores(peers);
  await Deno.mkdir("bench-data", { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: "bench-data", prefix: "run-" });
  try {
    await measureAll(names, {
      ...stores,
      peers,
      embeddings,
      scratch: await Deno.realPath(scratch),
      isQuick: options.quick,
    });
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  return 0;
}

Deno.exit(await main());
