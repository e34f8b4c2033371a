/**
 * Whether what lies in quarantine may be the only copy of a vector.
 *
 * @module
 */

import { dirname } from "@std/path";
import { formatCount } from "../base/format.ts";
import { readStoreContents } from "../engine/contents.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { CollectionContents } from "../model/store.ts";
import { locateItem, type QuarantineEntry } from "./entries.ts";
import type { QuarantineItem, RepairFacts } from "./manifest.ts";

/** What becomes of an entry, and why. */
export interface Judgement {
  /** Whether it is removed, kept because of what it holds, or not old enough. */
  readonly decision: "remove" | "keep" | "not-due";
  /** Why, for people: a clause without its period. */
  readonly reason: string;
  /** Whether there is nothing in it, so that nothing is lost with it. */
  readonly isEmpty?: boolean;
}

/** What the store holds now, read when it is first asked for; null where it cannot be read. */
export class LazyContents {
  readonly #store: string;
  readonly #signal: AbortSignal | undefined;
  #contents: Promise<readonly CollectionContents[] | null> | null = null;

  /** Takes a store; nothing is read yet. */
  constructor(store: string, signal: AbortSignal | undefined) {
    this.#store = store;
    this.#signal = signal;
  }

  /** Reads it, the first time. */
  read(): Promise<readonly CollectionContents[] | null> {
    this.#contents ??= readContents(this.#store, this.#signal);
    return this.#contents;
  }
}

async function readContents(
  store: string,
  signal: AbortSignal | undefined,
): Promise<readonly CollectionContents[] | null> {
  try {
    return await readStoreContents(store, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    return null;
  }
}

const SAFE: Judgement = { decision: "remove", reason: "every vector in it is elsewhere too" };

/**
 * Judges what an entry holds against what the store holds now.
 *
 * @param fs The file system.
 * @param entry The entry; it holds something.
 * @param live What the store holds.
 * @returns Whether it may be removed.
 */
export async function judge(
  fs: WriteFs,
  entry: QuarantineEntry,
  live: LazyContents,
): Promise<Judgement> {
  const { repair } = entry.manifest;
  if (repair !== undefined) return judgeRepair(repair, await live.read());
  // Only an index of no collection can be judged by what it was: an engine may have emptied its
  // queue since, and with it removed the other copies.
  const risky = entry.manifest.items.flatMap((item) => {
    const path = locateItem(fs, entry, item);
    const isOrphan = item.collection === null && item.onlyCopies === 0;
    return path === null || isOrphan ? [] : [{ item, path }];
  });
  const [first] = risky;
  if (first === undefined) {
    return { decision: "remove", reason: "no live record had its vector in it" };
  }
  const contents = await live.read();
  if (contents === null) return keep("what the store holds cannot be read");
  if (entry.manifest.kind === "store") return await judgeStore(first.path, contents);
  // Records that are gone leave no sign in the store: only the contents themselves can tell.
  const whole = risky.find(({ item }) => item.hasRecords === true);
  return whole === undefined
    ? judgeIndexes(risky.map(({ item }) => item), contents)
    : await judgeStore(dirname(whole.path), contents);
}

/** What a repair has replaced can go when nothing was lost with it, nor since. */
function judgeRepair(
  { holdsOnlyCopies, records: known }: RepairFacts,
  contents: readonly CollectionContents[] | null,
): Judgement {
  if (holdsOnlyCopies) return keep("it holds what the store has no longer");
  if (contents === null) return keep("what the store holds cannot be read");
  const records = contents.reduce((sum, each) => sum + each.records, 0);
  const vectors = contents.reduce((sum, each) => sum + each.vectors, 0);
  // Records can be lost as well as deleted; with them goes the sign that a vector is missing.
  const least = Math.max(records, known ?? 1);
  if (vectors >= least) return SAFE;
  return keep(
    `it may hold the only copy of vectors: the store has ${formatCount(vectors, "vector")} of ` +
      `${formatCount(least, "record")}`,
  );
}

/** Makes the judgement that an entry stays. */
export function keep(reason: string): Judgement {
  return { decision: "keep", reason };
}

/** Indexes can go when the store has a vector for every record of their collections again. */
function judgeIndexes(
  items: readonly QuarantineItem[],
  contents: readonly CollectionContents[],
): Judgement {
  for (const item of items) {
    const problem = findLack(item, contents);
    if (problem === null) continue;
    const copies = item.onlyCopies === null || item.onlyCopies === 0
      ? "may hold the only copy of vectors"
      : `holds what was the only copy of ${formatCount(item.onlyCopies, "vector")}`;
    return keep(`it ${copies}, and ${problem}`);
  }
  return SAFE;
}

/** Says what the store lacks of a collection; null when that is nothing. */
function findLack(
  { collection, records, onlyCopies }: QuarantineItem,
  contents: readonly CollectionContents[],
): string | null {
  const now = contents.filter(({ id, name }) => name === collection || id === collection);
  if (now.length === 0) {
    if (onlyCopies === 0) return null;
    return `there is no ${collection === null ? "known collection" : collection} in the store`;
  }
  const vectors = now.reduce((sum, each) => sum + each.vectors, 0);
  const missing = now.reduce((sum, each) => sum + each.records, 0) - vectors;
  if (missing > 0) {
    const have = missing === 1 ? "has" : "have";
    return `${formatCount(missing, "record")} of ${collection} ${have} no vector in the store`;
  }
  // Records can be lost as well as deleted; with them goes the sign that a vector is missing.
  if (vectors >= (onlyCopies ?? records ?? 1)) return null;
  return `the store has ${formatCount(vectors, "vector")} of ${collection} now`;
}

/** A whole store can go when the one in its place holds the same. */
async function judgeStore(
  path: string,
  contents: readonly CollectionContents[],
): Promise<Judgement> {
  const old = await readContents(path, undefined);
  if (old === null) return keep("it may hold the only copy of vectors: it cannot be read");
  const lacking = old.find(({ id, vectors, hash }) =>
    vectors > 0 && !contents.some((now) => now.id === id && now.hash === hash)
  );
  if (lacking === undefined) return SAFE;
  return keep(`it may hold the only copy of vectors: ${lacking.name} is not the same now`);
}
