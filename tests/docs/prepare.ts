/**
 * What is on the machine before a page, or one of its statements, begins.
 *
 * @module
 */

import { dirname } from "@std/path";
import { ensureDir } from "@std/fs/ensure-dir";
import {
  type ChromemExport,
  chromemExport,
  chromemFacts,
  chromemStore,
} from "../support/chromem_stores.ts";
import { applyDamage, DAMAGE_LIBRARIES } from "../../lib/drill/damages/libraries.ts";
import { localFs } from "../../lib/fs/platform.ts";
import {
  copyTree,
  GOLDEN_STORES,
  type GoldenStore,
  goldenStore,
  TORN_STORES,
  type TornStore,
  tornStore,
} from "../support/fixtures.ts";
import type { Sandbox } from "./sandbox.ts";

/** Prepares one thing. Paths are those of the page. */
export type Preparation = (sandbox: Sandbox) => Promise<void>;

/** The stores of tests/fixtures: golden and torn ones of Chroma, and databases of chromem-go. */
type StoreName = GoldenStore | TornStore | "chromem-plain" | "chromem-gzip";

/** The seed of every damage. */
const SEED = 7;

/** Puts a fresh store in the place of what stands there. */
export function store(path: string, name: StoreName): Preparation {
  return async (sandbox) => {
    const target = sandbox.path(path);
    await removeTree(target);
    await ensureDir(dirname(target));
    await copyTree(await storeOf(name), target);
  };
}

/** Does a damage, by its name in `drill --list`, to a collection of a store that is there. */
export function damage(path: string, name: string, collection: string): Preparation {
  const found = DAMAGE_LIBRARIES.flatMap(({ damages }) => damages).find((each) =>
    each.name === name
  );
  if (found === undefined) throw new RangeError(`There is no damage named ${name}`);
  return (sandbox) => {
    applyDamage(found, { store: sandbox.path(path), collection, fs: localFs }, SEED);
    return Promise.resolve();
  };
}

/** Puts an export file of chromem-go somewhere. */
export function exportFile(path: string, name: ChromemExport): Preparation {
  return async (sandbox) => {
    await Deno.copyFile(await chromemExport(name), sandbox.path(path));
  };
}

/** Puts the key of the encrypted export files somewhere. */
export function keyFile(path: string): Preparation {
  return async (sandbox) => {
    await Deno.writeTextFile(sandbox.path(path), (await chromemFacts()).key, { mode: 0o600 });
  };
}

/** Puts a file of the repository somewhere. */
export function copyOf(path: string, name: string): Preparation {
  return async (sandbox) => {
    const file = new URL(`../../${name}`, import.meta.url);
    await sandbox.write(path, await Deno.readTextFile(file));
  };
}

/** Writes a file, in whose text paths are those of the page. */
export function text(path: string, text: string): Preparation {
  return (sandbox) => sandbox.write(path, text);
}

/** Makes a directory. */
export function directory(path: string): Preparation {
  return (sandbox) => ensureDir(sandbox.path(path));
}

/** Removes a file or a directory, if it is there. */
export function removed(path: string): Preparation {
  return (sandbox) => removeTree(sandbox.path(path));
}

/** Has a statement typed, at a time of day if that matters. */
export function typed(command: string, { at = "", exit = 0 } = {}): Preparation {
  return async (sandbox) => {
    const [outcome] = await sandbox.run([command], { time: at });
    if (outcome?.code !== exit) {
      throw new Error(`${command}: exit code ${outcome?.code}, not ${exit}\n${outcome?.output}`);
    }
  };
}

async function storeOf(name: StoreName): Promise<string> {
  if (name === "chromem-plain") return await chromemStore("plain");
  if (name === "chromem-gzip") return await chromemStore("gzip");
  const golden = GOLDEN_STORES.find((each) => each === name);
  if (golden !== undefined) return await goldenStore(golden);
  const torn = TORN_STORES.find((each) => each === name);
  if (torn !== undefined) return await tornStore(torn);
  throw new RangeError(`There is no store named ${name}`);
}

/** Removes a file or a directory, also one in which nothing may be changed, as in a backup. */
async function removeTree(path: string): Promise<void> {
  await new Deno.Command("chmod", { args: ["-R", "u+w", path], stderr: "null" }).output();
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
