/**
 * Checks of a store of Chroma beside SQLite's own.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { formatBytes, formatNumber } from "../../lib/base/format.ts";
import { measureDirectory } from "./measure.ts";
import type { Findings } from "./results.ts";
import { RUN_VECFSCK, type Workbench } from "./workbench.ts";

/** Why a benchmark of a store of Chroma is not run. */
export const NO_STORE = "There was no store of Chroma, and no engine to make one.";

const INTEGRITY_CHECK = `
import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync(Deno.args[0], { readOnly: true });
database.prepare("PRAGMA integrity_check").all();
`;

/** The name of the row of SQLite's own check. */
export const INTEGRITY_CHECK_NAME = "PRAGMA integrity_check";

/**
 * Measures full and quick checks.
 *
 * @param bench The workbench.
 * @returns What was found.
 */
export async function measureChecks(bench: Workbench): Promise<Findings> {
  const { chroma } = bench.setting;
  if (chroma === null) return { tables: [], notes: [NO_STORE] };
  const script = bench.place("integrity_check.ts");
  await Deno.writeTextFile(script, INTEGRITY_CHECK);
  const contenders = [
    bench.vecfsck("vecfsck check --full", "check", "--quiet", "--full", chroma),
    bench.vecfsck("vecfsck check --quick", "check", "--quiet", "--quick", chroma),
    {
      name: INTEGRITY_CHECK_NAME,
      command: Deno.execPath(),
      args: [...RUN_VECFSCK.slice(0, -1), script, join(chroma, "chroma.sqlite3")],
    },
    {
      name: "cat of every file",
      command: "sh",
      args: ["-c", 'find "$0" -type f -exec cat {} + > /dev/null', chroma],
    },
  ];
  const input = await describeChroma(chroma);
  return {
    tables: [await bench.measure(input, INTEGRITY_CHECK_NAME, contenders, bench.rounds(5))],
    notes: [],
  };
}

/**
 * Says what is in a store of Chroma.
 *
 * @param store The store's directory.
 * @returns For instance `135,464 records of 384 dimensions, 447 MB`.
 */
export async function describeChroma(store: string): Promise<string> {
  using database = new DatabaseSync(join(store, "chroma.sqlite3"), { readOnly: true });
  const row = database.prepare(
    "SELECT (SELECT count(*) FROM embeddings) AS records, " +
      "(SELECT max(dimension) FROM collections) AS dimension",
  ).get();
  const { sizeBytes } = await measureDirectory(store);
  const records = formatNumber(Number(row?.["records"]));
  return `${records} records of ${row?.["dimension"]} dimensions, ${formatBytes(sizeBytes)}`;
}
