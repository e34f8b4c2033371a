/**
 * A store on a disk in memory, for what quarantine does with files alone.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { acquireStoreLock } from "../../lib/fs/lock.ts";
import { recoverSwaps } from "../../lib/fs/recover.ts";
import type { WriteFs } from "../../lib/fs/write_fs.ts";
import type { IndexNumbers } from "../../lib/quarantine/put_back.ts";
import type { PlannedIndex } from "../../lib/quarantine/plan.ts";
import { tidyQuarantine } from "../../lib/quarantine/remove_entry.ts";
import type { MemoryDisk } from "../support/memory_fs.ts";

/** Where the store is. */
export const STORE = "/data/store";

/** The quarantine of the store. */
export const QUARANTINE = "/data/store.vecfsck/quarantine";

/** The name of the entry that is made at {@linkcode NOW}. */
export const ID = "20260131T040000Z";

/** The time of every test. */
export const NOW = (): Date => new Date("2026-01-31T04:00:00Z");

/** Two indexes. */
export const INDEXES = {
  "aaaaaaaa-0000-4000-8000-000000000001": { "/header.bin": "a header", "/data_level0.bin": "a" },
  "bbbbbbbb-0000-4000-8000-000000000002": { "/header.bin": "b header", "/deep/links.bin": "bb" },
} as const;

/** The names of the indexes. */
export const NAMES: readonly string[] = Object.keys(INDEXES);

/** Writes files below a root. */
export function put(disk: MemoryDisk, root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) disk.write(root + name, content);
}

/** Writes the store. */
export function putStore(disk: MemoryDisk): void {
  disk.write(`${STORE}/chroma.sqlite3`, "database");
  for (const [name, files] of Object.entries(INDEXES)) put(disk, `${STORE}/${name}`, files);
}

/** The files as if the work directory were beside the store, where it can be inside as well. */
export function outOfStore(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [
      path.startsWith(`${STORE}/.vecfsck`)
        ? path.replace(`${STORE}/.vecfsck`, `${STORE}.vecfsck`)
        : path,
      content,
    ]),
  );
}

/** The files below a root, by the rest of their paths. */
export function below(
  files: Readonly<Record<string, string>>,
  root: string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).filter(([path, content]) =>
      path.startsWith(`${root}/`) && content !== "/"
    ).map(([path, content]) => [path.slice(root.length), content]),
  );
}

/** A plan for both indexes. */
export const PLANNED: readonly PlannedIndex[] = NAMES.map((name, index) => ({
  part: {
    id: name,
    path: name,
    collection: `collection ${index}`,
    sizeBytes: 10,
    records: 5,
    onlyCopies: 4,
    replayable: 1,
  },
  reasons: ["it was asked for"],
  findings: [],
}));

/** What is known of an index that has to make room. */
export const NUMBERS: IndexNumbers = { collection: "new", records: 2, onlyCopies: 1 };

/** What the next run does first. */
export function recover(fs: WriteFs): void {
  using lock = acquireStoreLock(STORE, { fs });
  recoverSwaps(STORE, { fs, lock });
  tidyQuarantine(fs, STORE);
}

/**
 * Holds that every index is whole in exactly one of some places.
 *
 * @param files What is on the disk.
 * @param places Directories that hold indexes by their names.
 * @returns The place of each.
 */
export function placesOf(
  files: Readonly<Record<string, string>>,
  places: readonly string[],
): string[] {
  return Object.entries(INDEXES).map(([name, content]) => {
    const found = places.filter((place) =>
      Object.keys(below(files, `${place}/${name}`)).length > 0
    );
    assertEquals(found.length, 1, `${name} is in ${found.join(" and ") || "no place"}`);
    assertEquals(below(files, `${found[0]}/${name}`), content);
    return found[0] ?? "";
  });
}

/** Holds that there is nothing on the disk but what is below some roots. */
export function assertNothingElse(
  files: Readonly<Record<string, string>>,
  roots: readonly string[],
): void {
  const others = Object.entries(files).filter(([path, content]) =>
    content !== "/" && !roots.some((root) => path === root || path.startsWith(`${root}/`))
  );
  assertEquals(others, []);
}
