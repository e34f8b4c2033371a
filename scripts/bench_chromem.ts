/**
 * A full check of a database of chromem-go beside the library's own loading of it, in one run.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { detectStore } from "../lib/stores/registry.ts";
import { extensionOf } from "../lib/stores/chromem/layout.ts";
import { type Contender, measureInTurn, printRuns } from "./bench_measure.ts";

const DOCUMENTS = "100000";
const DIMENSION = "384";

/** Whether a directory is a database of chromem-go. */
export function isChromem(store: string): boolean {
  return detectStore(store)?.format === "chromem";
}

/**
 * Gives the databases that are measured, and has the library make them where they are missing.
 *
 * @returns Their directories; none where there is no judge.
 */
export async function standardChromemStores(): Promise<string[]> {
  const judge = findJudge();
  if (judge === null) return [];
  const stores: string[] = [];
  for (const kind of ["plain", "gzip"]) {
    const store = resolve(`bench-data/chromem-${kind}`);
    if (detectStore(store) === null) {
      console.log(`Making ${store} with the real library …`);
      const args = ["make-big", store, DOCUMENTS, DIMENSION, ...kind === "gzip" ? ["gzip"] : []];
      const { success } = await new Deno.Command(judge, { args, stdout: "inherit" }).output();
      if (!success) throw new Error(`The judge cannot make ${store}`);
    }
    stores.push(store);
  }
  return stores;
}

/**
 * Measures a full check, a quick one, and the library's loading of a database.
 *
 * @param store The database's directory.
 */
export async function compareChromem(store: string): Promise<void> {
  const judge = findJudge();
  if (judge === null) throw new Error("VECFSCK_CHROMEM names no judge to measure against");
  const library: Contender = {
    name: "chromem-go loads it",
    command: judge,
    args: ["load-time", store, ...isCompressed(store) ? ["gzip"] : []],
  };
  const check = (name: string, ...options: string[]): Contender => ({
    name,
    command: Deno.execPath(),
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
      ...["cli.ts", "check", "--quiet", ...options, store],
    ],
  });
  const runs = await measureInTurn([
    library,
    check("vecfsck check --full", "--full"),
    check("vecfsck check --quick", "--quick"),
  ]);
  printRuns(store, runs, { peer: library.name, against: "the library" });
}

/** Whether most files are compressed; the first folder tells. */
function isCompressed(store: string): boolean {
  for (const { name, isDirectory } of Deno.readDirSync(store)) {
    if (!isDirectory) continue;
    for (const file of Deno.readDirSync(join(store, name))) {
      const extension = extensionOf(file.name);
      if (extension !== null) return extension === ".gob.gz";
    }
  }
  return false;
}

function findJudge(): string | null {
  return Deno.env.get("VECFSCK_CHROMEM") || null;
}
