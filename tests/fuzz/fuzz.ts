/**
 * The fuzzer: breaks files of healthy stores at random and checks them. Whatever the bytes are, a
 * check ends, in bounded time and memory, with findings or an operation error and never with a
 * trace.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../../lib/base/errors.ts";
import { checkStore } from "../../lib/engine/check.ts";
import { CHROMEM_STORES, chromemStore } from "../support/chromem_stores.ts";
import { copyTree, GOLDEN_STORES, goldenStore, scratchDirectory } from "../support/fixtures.ts";
import { mutateGob } from "./gob_mutate.ts";
import { FuzzRandom, type Mutation, MUTATIONS } from "./mutate.ts";

/** No check of a store of two megabytes may take longer. */
const LONGEST_CHECK_MS = 20_000;

/** The memory of the whole process may not pass this, whatever lengths the bytes declare. */
const MOST_MEMORY_BYTES = 1 << 30;

/** What a run of the fuzzer did. */
export interface FuzzReport {
  /** How many stores were broken and checked. */
  readonly events: number;
  /** How many of them had at least one finding of severity fatal or error. */
  readonly damaged: number;
  /** What went wrong, with the seed that shows it again. */
  readonly failures: readonly string[];
}

/** A store that is broken. */
export interface FuzzedStore {
  /** Its name, for the report. */
  readonly name: string;
  /** Gives a copy of it. */
  readonly copy: () => Promise<string>;
  /** The ways to break a file. */
  readonly mutations: Readonly<Record<string, Mutation>>;
  /** A file that is as likely to be hit as a third of all. */
  readonly heart?: string;
}

/** The stores of Chroma. */
export const CHROMA: readonly FuzzedStore[] = GOLDEN_STORES.map((name) => ({
  name,
  copy: () => goldenStore(name),
  mutations: MUTATIONS,
  heart: "chroma.sqlite3",
}));

/** The databases of chromem-go. */
export const CHROMEM: readonly FuzzedStore[] = CHROMEM_STORES.map((name) => ({
  name: `chromem-go ${name}`,
  copy: () => chromemStore(name),
  // Within compressed bytes there is no gob to keep the structure of.
  mutations: name === "gzip" ? MUTATIONS : { ...MUTATIONS, gob: breakGob, gobAgain: breakGob },
}));

function breakGob(bytes: Uint8Array, random: FuzzRandom): Uint8Array {
  return mutateGob(bytes, random).bytes;
}

/** What is fuzzed: yields something for each finding, with its severity. */
export type Subject = (store: string) => AsyncIterable<{ readonly severity?: string }>;

/**
 * Breaks and checks stores.
 *
 * @param seed The first seed; event n uses `seed + n`, so that `--seed N --events 1` replays one.
 * @param events How many stores to break.
 * @param subject What is run on each; a check unless told otherwise.
 * @param stores The stores that are broken; those of Chroma unless told otherwise.
 * @returns What happened.
 */
export async function fuzz(
  seed: number,
  events: number,
  subject: Subject = runCheck,
  stores: readonly FuzzedStore[] = CHROMA,
): Promise<FuzzReport> {
  const failures: string[] = [];
  let damaged = 0;
  for (let event = 0; event < events; event++) {
    const { store, description } = await breakStore(seed + event, stores);
    const startedMs = performance.now();
    try {
      let severe = false;
      for await (const { severity } of subject(store)) {
        severe ||= severity === "fatal" || severity === "error";
      }
      if (severe) damaged++;
    } catch (error) {
      if (!(error instanceof OperationError) || error.code === "internal") {
        failures.push(`${description}: ${error instanceof Error ? error.stack : error}`);
      }
    }
    if (performance.now() - startedMs > LONGEST_CHECK_MS) failures.push(`${description}: too slow`);
    if (Deno.memoryUsage().rss > MOST_MEMORY_BYTES) failures.push(`${description}: memory`);
    await Deno.remove(store, { recursive: true });
  }
  return { events, damaged, failures };
}

async function* runCheck(store: string): AsyncGenerator<{ severity?: string }> {
  for await (const event of checkStore(store)) {
    if (event.type === "finding") yield event;
  }
}

const masters = new Map<string, Promise<string>>();

async function breakStore(
  seed: number,
  stores: readonly FuzzedStore[],
): Promise<{ store: string; description: string }> {
  const random = new FuzzRandom(seed);
  const { name: golden, copy, mutations, heart } = random.pick(stores);
  const master = masters.get(golden) ?? copy();
  masters.set(golden, master);
  const store = join(await scratchDirectory(), "fuzzed");
  await copyTree(await master, store);
  const damages: string[] = [];
  for (let damage = 1 + random.below(2); damage > 0; damage--) {
    const file = random.pick(await listFiles(store, heart));
    const name = random.pick(Object.keys(mutations));
    const bytes = await Deno.readFile(join(store, file));
    if (bytes.length > 0) {
      await Deno.writeFile(join(store, file), mutations[name]?.(bytes, random) ?? bytes);
    }
    damages.push(`${name} ${file}`);
  }
  return { store, description: `seed ${seed}: ${golden}, ${damages.join(", ")}` };
}

/** Lists the files; the heart, where there is one, as often as it takes for a third of all. */
async function listFiles(store: string, heart?: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(store)) {
    if (!entry.isDirectory) continue;
    for await (const file of Deno.readDir(join(store, entry.name))) {
      files.push(`${entry.name}/${file.name}`);
    }
  }
  const hearts = heart === undefined ? [] : Array<string>(files.length >> 1).fill(heart);
  return [...files.sort(), ...hearts];
}
