/**
 * Small stores of real engines, one or a thousand.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { unpackTarGz } from "../fixture_archive.ts";
import { copyStore } from "./measure.ts";

const FIXTURES = fromFileUrl(new URL("../../tests/fixtures", import.meta.url));

/** A store in an archive. */
interface Archived {
  readonly archive: string;
  /** Its directory in there. */
  readonly path: string;
}

const CHROMA: Archived = { archive: "chroma/chroma-1.5.9.tar.gz", path: "store" };

/** What a fleet is made of, by turns. */
const HEALTHY: readonly Archived[] = [
  CHROMA,
  { archive: "flushed/chroma-0.5.23.tar.gz", path: "flushed" },
  { archive: "chromem/chromem-go-0.7.0.tar.gz", path: "gzip" },
];

const DAMAGED: Archived = { archive: "torn/chroma-1.5.9-1.tar.gz", path: "store" };

/** One store of so many is damaged. */
const DAMAGED_EVERY = 50;

/**
 * Makes a healthy store of Chroma with a few hundred records.
 *
 * @param directory A directory, which is made where it is missing.
 * @returns The store.
 */
export function makeSmallStore(directory: string): Promise<string> {
  return unpack(CHROMA, directory);
}

/**
 * Makes many small stores: of Chroma 1.5.9, of Chroma 0.5.23 and of chromem-go by turns, every
 * fiftieth a damaged one.
 *
 * @param directory A directory, which is made where it is missing; nothing else is to be in it.
 * @param count How many: they are called `store-0001` and so on.
 */
export async function makeFleet(directory: string, count: number): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const unpacked = await Deno.makeTempDir();
  try {
    const kinds = [...HEALTHY, DAMAGED];
    const stores = await Promise.all(
      kinds.map((kind, index) => unpack(kind, join(unpacked, String(index)))),
    );
    for (let number = 1; number <= count; number++) {
      const isDamaged = number % DAMAGED_EVERY === 0;
      const store = stores[isDamaged ? HEALTHY.length : number % HEALTHY.length];
      if (store === undefined) continue;
      await copyStore(store, join(directory, `store-${String(number).padStart(4, "0")}`));
    }
  } finally {
    await Deno.remove(unpacked, { recursive: true });
  }
}

async function unpack({ archive, path }: Archived, directory: string): Promise<string> {
  await Deno.mkdir(directory, { recursive: true });
  await unpackTarGz(join(FIXTURES, archive), directory);
  return join(directory, path);
}
