/**
 * The stores that are measured: those that are named, or the standard ones, which real engines make.
 *
 * @module
 */

import { join, resolve } from "@std/path";
import { detectStore } from "../../lib/stores/registry.ts";
import type { Peers } from "./peers.ts";

/** Stores by their format. */
export interface MeasuredStores {
  readonly chroma: string | null;
  readonly chromem: readonly string[];
}

const STANDARD_STORE = "bench-data/standard";
const CHROMEM_DOCUMENTS = "100000";
const CHROMEM_DIMENSION = "384";

/**
 * Sorts the stores that are named by their formats.
 *
 * @param paths Their directories.
 * @returns The stores.
 * @throws {Error} One of them is none.
 */
export function sortStores(paths: readonly string[]): MeasuredStores {
  const stores = paths.map((path) => resolve(path));
  const formats = stores.map((store) => detectStore(store)?.format ?? null);
  const missing = stores.find((_, index) => formats[index] === null);
  if (missing !== undefined) throw new Error(`There is no store in ${missing}`);
  return {
    chroma: stores.find((_, index) => formats[index] === "chroma") ?? null,
    chromem: stores.filter((_, index) => formats[index] === "chromem"),
  };
}

/**
 * Gives the standard stores, and has real engines make those that are missing.
 *
 * @param peers The engines.
 * @returns The stores; those that are missing and cannot be made are left out.
 */
export async function standardStores(peers: Peers): Promise<MeasuredStores> {
  const chromem: string[] = [];
  for (const kind of ["plain", "gzip"]) {
    const args = [CHROMEM_DOCUMENTS, CHROMEM_DIMENSION, ...kind === "gzip" ? ["gzip"] : []];
    const store = await standardStore(
      `bench-data/chromem-${kind}`,
      peers.judge,
      (path) => ["make-big", path, ...args],
    );
    if (store !== null) chromem.push(store);
  }
  const python = peers.chroma?.python ?? null;
  const script = join("scripts", "make_standard_store.py");
  const chroma = await standardStore(STANDARD_STORE, python, (path) => [script, path]);
  return { chroma, chromem };
}

async function standardStore(
  name: string,
  maker: string | null,
  toArgs: (path: string) => string[],
): Promise<string | null> {
  const path = resolve(name);
  if (detectStore(path) !== null) return path;
  if (maker === null) return null;
  console.error(`Making ${name} with a real engine; that takes a minute or two …`);
  const { success } = await new Deno.Command(maker, {
    args: toArgs(path),
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`The engine cannot make ${name}`);
  return path;
}
