/**
 * Cases of repair, as e2fsprogs has them for its fsck: a damage, what is typed, and what is said and
 * done the first time and the second.
 *
 * A case is a directory with a `case.json` and one text file for each run, named by it: the command
 * line, everything that was printed, and the exit code. `deno task cases --update` writes them anew.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { main } from "../../lib/cli/main.ts";
import { applyDamage as applyTo, libraryOf } from "../../lib/drill/damages/libraries.ts";
import { localFs } from "../../lib/fs/platform.ts";
import { hashName } from "../../lib/stores/chromem/name_hash.ts";
import { FakeEnvironment } from "../cli/fake_environment.ts";
import { CHROMEM_STORES, type ChromemStore, chromemStore } from "../support/chromem_stores.ts";
import { applyDamage } from "../support/damages/mod.ts";
import { type GoldenStore, goldenStore } from "../support/fixtures.ts";

/** The directory of the cases. */
export const CASES: string = fromFileUrl(new URL(".", import.meta.url));

/** Wide enough for every line, so that no line depends on how long the path of the store is. */
const WIDTH = 1000;

/** When every run is made; names of entries in quarantine tell it. */
const TIME = new Date("2040-01-01T00:00:00Z");

/** What is done to a store before the runs. */
interface CaseDamage {
  readonly name: string;
  /** The collection, of chromem-go its folder; one that every golden store has when left out. */
  readonly collection?: string;
}

/** One call of vecfsck. */
interface CaseRun {
  /** The name of the file with what is expected, without `.txt`. */
  readonly name: string;
  /** What is typed; `STORE` stands for the store, `CASE/` for the directory of the case. */
  readonly args: readonly string[];
  /** What is answered to a question; nobody is there when left out. */
  readonly answer?: boolean;
  /**
   * What it does to the files: nothing to those of the store and beside it; something beside it
   * alone; something to the store; or the store is byte for byte as it was before the first run.
   */
  readonly changes: "nothing" | "beside" | "store" | "back";
  /** The exit code. */
  readonly code: number;
}

/** What `case.json` holds. */
interface CaseFile {
  /** What it is about, as a sentence. */
  readonly about: string;
  /** The golden store; a database of chromem-go is called by its kind. */
  readonly store: GoldenStore | ChromemStore;
  /** What is done to it. */
  readonly damages: readonly CaseDamage[];
  /** The runs; a repair, the same again, and an undo, when left out. */
  readonly runs?: readonly CaseRun[];
}

const USUAL_RUNS: readonly CaseRun[] = [
  { name: "first", args: ["repair", "--yes", "STORE"], changes: "store", code: 1 },
  { name: "second", args: ["repair", "--yes", "STORE"], changes: "nothing", code: 0 },
  { name: "undo", args: ["undo", "--yes", "STORE"], changes: "back", code: 0 },
];

/** What was printed in a run. */
export interface Transcript {
  /** The file that holds what is expected. */
  readonly path: string;
  /** The command line, what was printed, and the exit code. */
  readonly text: string;
}

/** Lists the names of the cases. */
export function listCases(): string[] {
  return [...Deno.readDirSync(CASES)].filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => name).sort();
}

/**
 * Runs a case, and holds what every run has done to the files.
 *
 * @param name The case.
 * @returns What was printed, run by run.
 */
export async function runCase(name: string): Promise<Transcript[]> {
  const directory = join(CASES, name);
  const text = await Deno.readTextFile(join(directory, "case.json"));
  const { store: golden, damages, runs = USUAL_RUNS }: CaseFile = JSON.parse(text);
  const store = isChromem(golden) ? await chromemStore(golden) : await goldenStore(golden);
  for (const damage of damages) breakStore(damage, store, isChromem(golden));
  const beginning = await readTree(store);
  const transcripts: Transcript[] = [];
  for (const run of runs) {
    const world = join(store, "..");
    const before = { world: await readTree(world), store: await readTree(store) };
    const places = { store, directory };
    const { printed, code } = await call(run, places);
    const where = `${name}/${run.name}`;
    const shown = normalise(`${printed}exit ${code}\n`, places);
    assertEquals(code, run.code, `${where}:\n${shown}`);
    const after = await readTree(store);
    switch (run.changes) {
      case "nothing":
        assertEquals(await readTree(world), before.world, where);
        break;
      case "beside":
        assertEquals(after, before.store, where);
        assertNotEquals(await readTree(world), before.world, where);
        break;
      case "store":
        assertNotEquals(after, before.store, where);
        break;
      case "back":
        assertEquals(after, beginning, where);
    }
    const command = `$ vecfsck ${run.args.join(" ")}\n`;
    transcripts.push({ path: join(directory, `${run.name}.txt`), text: command + shown });
  }
  return transcripts;
}

function isChromem(store: GoldenStore | ChromemStore): store is ChromemStore {
  return (CHROMEM_STORES as readonly string[]).includes(store);
}

function breakStore({ name, collection }: CaseDamage, store: string, isChromem: boolean): void {
  if (!isChromem) return applyDamage(name, { store, collection: collection ?? "notes" }, 1);
  const damage = libraryOf("chromem").damages.find((one) => one.name === name);
  if (damage === undefined) throw new RangeError(`There is no damage named ${name}`);
  const place = { store, collection: collection ?? hashName("knowledge-base"), fs: localFs };
  applyTo(damage, place, 1);
}

/** What stands behind a question. */
const ANSWERS: Readonly<Record<string, string>> = {
  true: "y",
  false: "n",
  undefined: "(nobody is there)",
};

interface Places {
  readonly store: string;
  readonly directory: string;
}

async function call(
  { args, answer }: CaseRun,
  { store, directory }: Places,
): Promise<{ printed: string; code: number }> {
  const environment = new FakeEnvironment();
  environment.stdout.isTerminal = true;
  environment.variables.set("NO_COLOR", "1");
  Object.assign(environment, { width: WIDTH, time: TIME, answer: answer ?? null });
  const words = args.map((arg) => arg.replace(/^STORE/, store).replace(/^CASE/, directory));
  const code = await main(words, environment);
  const questions = environment.questions.map((question) =>
    `${question}? [y/N] ${ANSWERS[String(answer)]}\n`
  );
  return { printed: environment.stdout.text + questions.join("") + environment.stderr.text, code };
}

/** Takes out what is different in every run. */
function normalise(text: string, { store, directory }: Places): string {
  return text.replaceAll(store, "STORE").replaceAll(directory, "CASE")
    // How long it took, and how good an index is that several threads have built.
    .replaceAll(/\(\d+\.\d\d s\)/g, "(TIME)")
    .replaceAll(/(?:100|\d\d)\.\d % of/g, "RECALL of");
}

/** Every file below a directory, with its digest and its time of modification. */
async function readTree(path: string, prefix = ""): Promise<string[]> {
  const lines: string[] = [];
  for (const entry of [...Deno.readDirSync(path)].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const name = `${prefix}${entry.name}`;
    const full = join(path, entry.name);
    if (entry.isDirectory) lines.push(`${name}/`, ...await readTree(full, `${name}/`));
    else lines.push(`${name} ${Deno.lstatSync(full).mtime?.getTime()} ${await digestOf(full)}`);
  }
  return lines;
}

async function digestOf(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(digest).toHex();
}
