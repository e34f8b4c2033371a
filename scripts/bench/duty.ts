/**
 * What vecfsck costs while a store is in service: the guard before a start, the state, a round of a
 * watch, and an optimisation beside the engine's own.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { formatBytes } from "../../lib/base/format.ts";
import { resolveConfiguration } from "../../lib/watch/configuration/resolve_configuration.ts";
import { runMonitor } from "../../lib/watch/monitor.ts";
import { copySettled } from "./backups.ts";
import { describeChroma, NO_STORE } from "./checks.ts";
import { type Contender, copyStore, measureDirectory } from "./measure.ts";
import { NO_CHROMA } from "./peers.ts";
import type { Findings, Row } from "./results.ts";
import type { Workbench } from "./workbench.ts";

const WATCH_ROUNDS = 20;
const MINUTE_MS = 60_000;

/** One row more, so that the database is another than before. */
const CHANGE = `
  INSERT INTO embeddings_queue (operation, topic, id, vector, encoding, metadata)
  SELECT operation, topic, id || '-again', vector, encoding, metadata
  FROM embeddings_queue ORDER BY seq_id DESC LIMIT 1`;

/** The peer of what is done before a start. */
const FULL_CHECK = "vecfsck check --full";

/**
 * Measures the guard, of an unchanged store and of one with a write more, and the state.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureGuard(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const copy = await copySettled(bench, chroma);
  const state = (name: string): string[] => ["--state", bench.place(name)];
  const input = await describeChroma(copy);
  // The run that is not counted notes down what it finds.
  const unchanged = await bench.measure(input, null, [
    bench.vecfsck("vecfsck guard, unchanged", "guard", ...state("guard.json"), copy),
    bench.vecfsck("vecfsck status, unchanged", "status", copy),
    bench.vecfsck("vecfsck status --prometheus", "status", "--prometheus", copy),
  ], bench.rounds(7));
  const changed = await bench.measure(input, FULL_CHECK, [
    {
      ...bench.vecfsck(
        "vecfsck guard, one more write each time",
        ...["guard", ...state("changed.json"), copy],
      ),
      prepare: () => Promise.resolve(change(copy)),
    },
    bench.vecfsck(FULL_CHECK, "check", "--full", "--quiet", copy),
  ], bench.rounds(3));
  return {
    tables: [{ input, warmUps: 1, peer: FULL_CHECK, rows: [...unchanged.rows, ...changed.rows] }],
    notes: [],
  };
}

function change(store: string): void {
  using database = new DatabaseSync(join(store, "chroma.sqlite3"));
  database.exec(CHANGE);
}

/**
 * Measures rounds of a watch, one right after the other, of a store that nothing changes.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureWatch(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const copy = await copySettled(bench, chroma);
  const row: Row = {
    name: "a round",
    command: null,
    wallMs: await timeRounds(copy),
    peakBytes: null,
    missing: null,
    more: {},
  };
  return {
    tables: [{ input: await describeChroma(copy), warmUps: 0, peer: null, rows: [row] }],
    notes: [],
  };
}

async function timeRounds(store: string): Promise<number[]> {
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
  return ends.slice(2).map((end, index) => end - (ends[index + 1] ?? end));
}

/**
 * Has an engine delete a part of the records, and optimises what is left in both ways.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureOptimize(bench: Workbench): Promise<Findings> {
  const { chroma, peers } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  if (peers.chroma === null) {
    return { tables: [], notes: [`There was ${NO_CHROMA}: it wears the store out.`] };
  }
  const worn = await findWornStore(chroma, peers.chroma.python);
  const contender = (shown: Contender, copy: string): Contender => ({
    ...shown,
    output: join(copy, ".."),
    prepare: () => copyStore(worn, copy),
    more: async () => ({
      "left of it": formatBytes((await measureDirectory(copy)).sizeBytes),
    }),
  });
  const copyOf = (name: string): string => bench.place(name, "store");
  const peer = "chroma vacuum";
  const options = ["--yes", "--quiet"];
  const contenders = [
    contender(
      bench.vecfsck("vecfsck optimize", "optimize", ...options, copyOf("optimized")),
      copyOf("optimized"),
    ),
    contender(
      bench.vecfsck(
        "vecfsck optimize --no-backup",
        ...["optimize", ...options, "--no-backup", copyOf("without")],
      ),
      copyOf("without"),
    ),
    contender({
      name: peer,
      command: peers.chroma.program,
      args: ["vacuum", "--force", "--path", copyOf("vacuumed")],
    }, copyOf("vacuumed")),
  ];
  const input = await describeChroma(worn);
  const table = await bench.measure(input, peer, contenders, bench.rounds(2, 0));
  return { tables: [table], notes: [] };
}

async function findWornStore(store: string, python: string): Promise<string> {
  const worn = resolve("bench-data", `${basename(store)}-worn`);
  try {
    await Deno.stat(join(worn, "chroma.sqlite3"));
    return worn;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  console.error("Having a real engine delete a quarter of the records …");
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
