/**
 * What vecfsck costs while a store is in service: the guard before a start, the state, a round of a
 * watch, an optimisation beside the engine's own, and batches beside a plain loop.
 *
 * @module
 */

import { basename, dirname, join, resolve } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { runMonitor } from "../lib/watch/monitor.ts";
import { resolveConfiguration } from "../lib/watch/configuration/resolve_configuration.ts";
import { safeBatches } from "../lib/writing/batches/safe_batches.ts";
import { type Contender, copyStore, measureInTurn, printRuns } from "./bench_measure.ts";

const DENO = Deno.execPath();
const PERMISSIONS = ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"];

/** The engine whose vacuum is measured. */
const ENGINE = "chroma-1.5.9";

/** Each optimisation has a copy of the whole store. */
const OPTIMIZE_ROUNDS = 2;

const WATCH_ROUNDS = 20;
const MINUTE_MS = 60_000;

const SETTLE_MS = 5_000;

const BATCHED_ITEMS = 200_000;

/** One row more, so that the database is another than before. */
const CHANGE = `
  INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
  SELECT operation, topic, id || '-again', vector, encoding, metadata
  FROM embeddings_queue ORDER BY seq_id DESC LIMIT 1`;

/**
 * Measures and prints all of it.
 *
 * @param store The store's directory; it is copied, and not changed.
 */
export async function compareDuty(store: string): Promise<void> {
  const directory = await Deno.makeTempDir({ dir: dirname(store), prefix: "bench-duty-" });
  try {
    const copy = join(directory, "store");
    await copyStore(store, copy);
    // The stamps of files that were written this moment are not believed.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await compareGuard(copy, directory);
    await measureWatch(copy);
    await compareOptimize(store, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Runs a verb of vecfsck on a store. */
function run(store: string, ...args: string[]): Omit<Contender, "name"> {
  return { command: DENO, args: [...PERMISSIONS, "cli.ts", ...args, store] };
}

async function compareGuard(store: string, directory: string): Promise<void> {
  const peer = "vecfsck check --full";
  const state = (name: string): string[] => ["--state", join(directory, name)];
  // The run that is not counted notes down what it finds.
  const runs = await measureInTurn([
    { name: "vecfsck guard, unchanged", ...run(store, "guard", ...state("guard")) },
    { name: "vecfsck status, unchanged", ...run(store, "status") },
    { name: "vecfsck status --prometheus", ...run(store, "status", "--prometheus") },
  ]);
  const changed = await measureInTurn([
    {
      name: "vecfsck guard, one more write each time",
      ...run(store, "guard", ...state("changed")),
      prepare: () => Promise.resolve(change(store)),
    },
    { name: peer, ...run(store, "check", "--full", "--quiet") },
  ]);
  printRuns(`${store}, in service`, new Map([...runs, ...changed]), {
    peer,
    against: "a full check",
  });
}

function change(store: string): void {
  using database = new DatabaseSync(join(store, "chroma.sqlite3"));
  database.exec(CHANGE);
}

/** Measures rounds of a watch, one right after the other, of a store that nothing changes. */
async function measureWatch(store: string): Promise<void> {
  const configuration = resolveConfiguration({
    stores: [{ path: store }],
    backup: { isEnabled: false },
    optimize: { isEnabled: false },
    disk: { minFreeBytes: 0 },
  });
  const ends: number[] = [];
  const enough = Promise.withResolvers<void>();
  let passedMs = 0;
  const monitor = runMonitor(configuration, {
    onRound: () => {
      ends.push(performance.now());
      if (ends.length > WATCH_ROUNDS + 1) enough.resolve();
    },
  }, {
    now: () => new Date(Date.now() + passedMs),
    clockMs: () => performance.now() + passedMs,
    pause: (durationMs) => {
      passedMs += Math.max(durationMs, MINUTE_MS);
      return new Promise((resolve) => setTimeout(resolve, 0));
    },
  });
  await enough.promise;
  await monitor.stop();
  // Before the first two, everything is read and noted down.
  const rounds = ends.slice(2).map((end, index) => end - (ends[index + 1] ?? end)).sort((a, b) =>
    a - b
  );
  const median = rounds[rounds.length >> 1] ?? NaN;
  console.log(
    `\nA round of a watch on an unchanged store, with its state for metrics: median ` +
      `${median.toFixed(0)} ms of ${rounds.length}, at the most ${rounds.at(-1)?.toFixed(0)} ms`,
  );
}

/** Has an engine delete a part of the records, and optimises what is left in both ways. */
async function compareOptimize(store: string, directory: string): Promise<void> {
  const engines = Deno.env.get("VECFSCK_ENGINES");
  if (engines === undefined) return console.log("\nNo engine: its vacuum is not measured.");
  const worn = await findWornStore(store, join(engines, ENGINE, "bin", "python"));
  const sizes = new Map<string, number>();
  const contender = (name: string, contents: (copy: string) => Omit<Contender, "name">) => {
    const place = join(directory, name.replaceAll(" ", "-"));
    const copy = join(place, "store");
    return {
      name,
      ...contents(copy),
      output: place,
      prepare: () => copyStore(worn, copy),
      finish: async () => void sizes.set(name, await sizeOf(copy)),
    };
  };
  const peer = "chroma vacuum";
  const runs = await measureInTurn([
    contender("vecfsck optimize", (copy) => run(copy, "optimize", "--yes", "--quiet")),
    contender(
      "vecfsck optimize --no-backup",
      (copy) => run(copy, "optimize", "--yes", "--quiet", "--no-backup"),
    ),
    contender(peer, (copy) => ({
      command: join(engines, ENGINE, "bin", "chroma"),
      args: ["vacuum", "--force", "--path", copy],
    })),
  ], OPTIMIZE_ROUNDS);
  printRuns(`${worn}, optimised`, runs, { peer, against: "the engine's vacuum" });
  console.log(`\nBytes before: ${await sizeOf(worn)}`);
  for (const [name, sizeBytes] of sizes) console.log(`Bytes after ${name}: ${sizeBytes}`);
}

async function findWornStore(store: string, python: string): Promise<string> {
  const worn = resolve("bench-data", `${basename(store)}-worn`);
  try {
    await Deno.stat(join(worn, "chroma.sqlite3"));
    return worn;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.log("Having a real engine delete a quarter of the records …");
  const making = `${worn}.making`;
  await Deno.remove(making, { recursive: true }).catch(() => {});
  await copyStore(store, making);
  const { success } = await new Deno.Command(python, {
    args: ["scripts/make_worn_store.py", making],
  }).output();
  if (!success) throw new Error("The engine cannot delete records");
  await Deno.rename(making, worn);
  return worn;
}

/** Measures batches of nothing: what they cost by themselves. */
export async function compareBatches(): Promise<void> {
  const items = Array.from({ length: BATCHED_ITEMS }, (_, index) => index);
  const size = 10;
  const loop = async (): Promise<void> => {
    for (let start = 0; start < items.length; start += size) {
      await take(items.slice(start, start + size));
    }
  };
  const batches = async (memory: null | undefined): Promise<void> => {
    const settings = memory === null ? { size, memory } : { size };
    for await (const batch of safeBatches(items, settings)) await take(batch);
  };
  console.log(`\nBatches of ${size}, of which nothing is done, beside a plain loop\n`);
  for (
    const [name, work] of [
      ["a plain loop", loop],
      ["safeBatches(), memory: null", () => batches(null)],
      ["safeBatches()", () => batches(undefined)],
    ] as const
  ) {
    await work();
    const startedMs = performance.now();
    await work();
    const each = (performance.now() - startedMs) * 1000 / (items.length / size);
    console.log(`${name}: ${each.toFixed(2)} µs for each batch`);
  }
}

async function take(batch: readonly number[]): Promise<void> {
  if (batch.length === 0) throw new Error("an empty batch");
  await Promise.resolve();
}

async function sizeOf(directory: string): Promise<number> {
  let sizeBytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    sizeBytes += isDirectory ? await sizeOf(path) : (await Deno.stat(path)).size;
  }
  return sizeBytes;
}
