/**
 * Checks of a thousand small stores.
 *
 * @module
 */

import { formatBytes, formatNumber } from "../../lib/base/format.ts";
import { measureDirectory } from "./measure.ts";
import type { Findings, Table } from "./results.ts";
import { makeFleet } from "./small_stores.ts";
import { RUN_VECFSCK, type Workbench } from "./workbench.ts";

const STORES = 1000;
const FEW_STORES = 50;

/** The loop is run on a part of them. */
const LOOPED_PART = 20;

const INTEGRITY_CHECKS = `
import { DatabaseSync } from "node:sqlite";
for (const { name } of Deno.readDirSync(Deno.args[0])) {
  const path = Deno.args[0] + "/" + name + "/chroma.sqlite3";
  try {
    Deno.statSync(path);
  } catch {
    continue;
  }
  const database = new DatabaseSync(path, { readOnly: true });
  database.prepare("PRAGMA integrity_check").all();
  database.close();
}
`;

/**
 * Measures a recursive check with one thread and with all, and a loop of processes.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureFleet(bench: Workbench): Promise<Findings> {
  const count = bench.setting.isQuick ? FEW_STORES : STORES;
  const [all, part] = [bench.place("fleet"), bench.place("fleet-part")];
  await makeFleet(all, count);
  const few = Math.ceil(count / LOOPED_PART);
  await makeFleet(part, few);
  const many = await measureAll(bench, all, await describe(all, count));
  const looped = await measureLoop(bench, part, await describe(part, few));
  return { tables: [many, looped], notes: [] };
}

/** How a verb looks at every store of a directory. */
function check(...options: string[]): string[] {
  return ["check", "--quiet", "--recursive", ...options];
}

const JOBS = String(navigator.hardwareConcurrency);

async function measureAll(bench: Workbench, fleet: string, input: string): Promise<Table> {
  const script = bench.place("integrity_checks.ts");
  await Deno.writeTextFile(script, INTEGRITY_CHECKS);
  const peer = "PRAGMA integrity_check of every database, one process";
  const first = await bench.measure(input, peer, [
    bench.vecfsck("check --recursive --jobs 1", ...check("--jobs", "1"), fleet),
    bench.vecfsck(`check --recursive --jobs ${JOBS}`, ...check("--jobs", JOBS), fleet),
    bench.vecfsck("check --recursive --quick", ...check("--quick"), fleet),
    {
      name: peer,
      command: Deno.execPath(),
      args: [...RUN_VECFSCK.slice(0, -1), script, fleet],
    },
    {
      name: "cat of every file",
      command: "sh",
      args: ["-c", 'find "$0" -type f -exec cat {} + > /dev/null', fleet],
    },
  ], bench.rounds(2, 0));
  // The run that is not counted notes down what it finds, beside each store.
  const again = await bench.measure(input, peer, [
    bench.vecfsck("check --recursive --since-seal, unchanged", ...check("--since-seal"), fleet),
  ], bench.rounds(2));
  return { input, warmUps: 0, peer, rows: [...first.rows, ...again.rows] };
}

async function measureLoop(bench: Workbench, fleet: string, input: string): Promise<Table> {
  const peer = "a process for each store";
  return await bench.measure(input, peer, [
    bench.vecfsck("check --recursive --jobs 1", ...check("--jobs", "1"), fleet),
    bench.vecfsck(`check --recursive --jobs ${JOBS}`, ...check("--jobs", JOBS), fleet),
    {
      name: peer,
      command: "sh",
      args: [
        "-c",
        `for store in "$0"/*; do "$1" ${RUN_VECFSCK.join(" ")} check --quiet "$store"; done`,
        fleet,
        Deno.execPath(),
      ],
    },
  ], bench.rounds(2, 0));
}

async function describe(directory: string, count: number): Promise<string> {
  const { files, sizeBytes } = await measureDirectory(directory);
  return `${formatNumber(count)} stores, ${formatNumber(files)} files, ${formatBytes(sizeBytes)}`;
}
