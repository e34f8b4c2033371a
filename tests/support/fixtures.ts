/**
 * Golden and torn stores: unpacked once per process, and a fresh copy for every test.
 *
 * @module
 */

import { dirname, fromFileUrl, join } from "@std/path";
import { unpackTarGz } from "../../scripts/fixture_archive.ts";

/** The golden stores: what real engines wrote, by version. */
export const GOLDEN_STORES = [
  "chroma-0.4.24",
  "chroma-0.5.23",
  "chroma-0.5.23-then-1.5.9",
  "chroma-1.0.21-configuration",
  "chroma-1.5.9",
  "chroma-1.5.9-configuration",
] as const;

/** The torn stores: slow copies of running stores, every one of which breaks its engine. */
export const TORN_STORES = [
  "chroma-0.5.23-1",
  "chroma-0.5.23-2",
  "chroma-0.5.23-3",
  "chroma-1.5.9-1",
  "chroma-1.5.9-2",
  "chroma-1.5.9-3",
] as const;

/** The name of a golden store. */
export type GoldenStore = typeof GOLDEN_STORES[number];

/** The name of a torn store. */
export type TornStore = typeof TORN_STORES[number];

/** What a reader of one collection must find (see tests/fixtures/README.md). */
export interface CollectionFacts {
  id?: string;
  count: number;
  dimension?: number;
  ids: string[];
  documents?: string[];
  metadatas?: Record<string, string | number | boolean>[];
  embeddings_f32_base64?: string;
  queries_f32_base64?: string;
  answers?: { ids: string[]; distances: number[] }[];
}

/** What a reader of a golden store must find. */
export interface GoldenFacts {
  chromadb: string;
  collections: Record<string, CollectionFacts>;
  segments: { id: string; type: string; scope: string; collection: string }[];
  wal_rows: number;
}

const FIXTURES = fromFileUrl(new URL("../fixtures", import.meta.url));
const unpacked = new Map<string, Promise<string>>();

/** Gives the directory of a fresh copy of a golden store, for one test to do with as it likes. */
export async function goldenStore(name: GoldenStore): Promise<string> {
  return await freshCopy(join(FIXTURES, "chroma", `${name}.tar.gz`));
}

/** Gives the directory of a fresh copy of a torn store. */
export async function tornStore(name: TornStore): Promise<string> {
  return await freshCopy(join(FIXTURES, "torn", `${name}.tar.gz`));
}

/** Reads what a reader of a golden store must find. */
export async function goldenFacts(name: GoldenStore): Promise<GoldenFacts> {
  const master = await unpackOnce(join(FIXTURES, "chroma", `${name}.tar.gz`));
  return JSON.parse(await Deno.readTextFile(join(master, "expected.json")));
}

/** Copies a directory tree, times of modification included. */
export async function copyTree(source: string, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  for await (const entry of Deno.readDir(source)) {
    const from = join(source, entry.name);
    const to = join(target, entry.name);
    if (entry.isDirectory) {
      await copyTree(from, to);
    } else if (entry.isFile) {
      await Deno.copyFile(from, to);
      const { atime, mtime } = await Deno.stat(from);
      if (atime && mtime) await Deno.utime(to, atime, mtime);
    }
  }
}

/** Makes an empty directory below the one that is removed when the tests end. */
export async function scratchDirectory(): Promise<string> {
  return await Deno.makeTempDir({ dir: await scratchRoot() });
}

let root: Promise<string> | undefined;

function scratchRoot(): Promise<string> {
  root ??= Deno.makeTempDir({ prefix: "vecfsck-test-" }).then((path) => {
    addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
    return path;
  });
  return root;
}

async function freshCopy(archive: string): Promise<string> {
  const master = await unpackOnce(archive);
  const target = join(await scratchDirectory(), "store");
  await copyTree(join(master, "store"), target);
  return target;
}

/**
 * Unpacks an archive once per process.
 *
 * @param archive A `.tar.gz` with its folder, below tests/fixtures.
 * @returns The directory of what was in it, which tests read and do not change.
 */
export function unpackFixture(archive: string): Promise<string> {
  return unpackOnce(join(FIXTURES, archive));
}

function unpackOnce(archive: string): Promise<string> {
  let directory = unpacked.get(archive);
  if (directory === undefined) {
    directory = scratchDirectory().then(async (target) => {
      await unpackTarGz(archive, target);
      return target;
    });
    unpacked.set(archive, directory);
  }
  return directory;
}

/** The directory of the repository. */
export const REPOSITORY: string = dirname(dirname(fromFileUrl(new URL(".", import.meta.url))));
