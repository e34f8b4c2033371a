/**
 * A store under watch, and beside it a sound one with the same records, which nobody breaks: what is
 * in the one and not in the other is lost.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import { createHash } from "node:crypto";
import { DamageNotApplicable } from "../../../lib/drill/damages/damage.ts";
import { libraryOf } from "../../../lib/drill/damages/libraries.ts";
import type { SeededRandom } from "../../../lib/base/seeded_random.ts";
import { strike } from "../../../lib/drill/strike.ts";
import { readStoreContents } from "../../../lib/engine/contents.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { copyTree } from "../../support/fixtures.ts";
import type { Writer } from "./writers.ts";

/** A file with a time of change by the real clock was written since, or not much before. */
const RECENT_MS = 60_000;

/** A store under watch. */
export class SoakStore {
  /** The directory that is watched. */
  readonly path: string;
  readonly #writer: Writer;
  readonly #mirror: string;
  readonly #away: string;
  readonly #now: () => Date;
  #records = 0;
  #isHarmed = false;
  #isAway = false;
  /** The digests of its files before a cure that is not judged yet. */
  #guarded: ReadonlyMap<string, string> | null = null;
  /** Goes up with everything that is done to the store from outside. */
  touches = 0;

  private constructor(writer: Writer, path: string, now: () => Date) {
    this.#writer = writer;
    this.path = path;
    this.#mirror = join(dirname(path), "mirror");
    this.#away = join(dirname(path), "away");
    this.#now = now;
  }

  /** Makes a store. */
  static async create(writer: Writer, now: () => Date): Promise<SoakStore> {
    const store = new SoakStore(writer, await writer.create(), now);
    await copyTree(store.path, store.#mirror);
    return store;
  }

  /** How many records were added. */
  get records(): number {
    return this.#records;
  }

  /** Whether it was broken, so that its content is not what was written to it. */
  get isHarmed(): boolean {
    return this.#isHarmed;
  }

  /** Whether it is not there. */
  get isAway(): boolean {
    return this.#isAway;
  }

  /** Adds a record; where the store cannot take it, it is missing until the next renewal. */
  write(): void {
    const number = this.#records++;
    this.touches++;
    this.#writer.add(this.#mirror, number);
    if (this.#isAway || this.#isHarmed) {
      this.#isHarmed = true;
      return;
    }
    try {
      this.#writer.add(this.path, number);
      this.#stamp();
    } catch {
      this.#isHarmed = true;
    }
  }

  /**
   * Breaks it.
   *
   * @param random What decides how.
   * @returns The name of the damage, or null where it cannot be broken that way.
   */
  strike(random: SeededRandom): string | null {
    if (this.#isAway) return null;
    const library = libraryOf(this.#writer.format);
    const damage = random.pick(library.damages);
    this.touches++;
    this.#guarded = null;
    try {
      const place = { store: this.path, library, seed: random.below(1e9), fs: localFs };
      if ("reason" in strike(damage, place)) return null;
    } catch (error) {
      // What is broken already may not be there to be broken in another way.
      if (!(error instanceof DamageNotApplicable) && !this.#isHarmed) throw error;
      return null;
    } finally {
      this.#stamp();
    }
    this.#isHarmed = true;
    return damage.name;
  }

  /** Takes it away, as a volume that is not mounted any more; where it stood can be empty. */
  takeAway(leavesDirectory: boolean): void {
    if (this.#isAway) return;
    this.touches++;
    Deno.renameSync(this.path, this.#away);
    if (leavesDirectory) Deno.mkdirSync(this.path);
    this.#isAway = true;
  }

  /**
   * Brings it back.
   *
   * @throws {Error} Something was made meanwhile where it stood.
   */
  bringBack(): void {
    if (!this.#isAway) return;
    this.touches++;
    // What is not empty cannot be removed so.
    if (localFs.look(this.path) !== null) Deno.removeSync(this.path);
    Deno.renameSync(this.#away, this.path);
    this.#isAway = false;
  }

  /** Does what an operator does at the end: puts a sound store with every record in its place. */
  async renew(): Promise<void> {
    this.bringBack();
    this.touches++;
    this.#guarded = null;
    const fresh = join(dirname(this.path), "fresh");
    await copyTree(this.#mirror, fresh);
    Deno.removeSync(this.path, { recursive: true });
    Deno.renameSync(fresh, this.path);
    this.#stamp();
    this.#isHarmed = false;
  }

  /** Reads what it should hold. */
  async expected(): Promise<string> {
    return await readLogicalContents(this.#mirror);
  }

  /** A cure is about to replace files: what they hold now must not be lost. */
  guard(digests: ReadonlyMap<string, string>): void {
    this.#guarded = digests;
  }

  /** Holds that what a cure has replaced is in the store still, or was put aside. */
  settle(tell: (problem: string) => void): void {
    if (this.#guarded === null) return;
    const places = [this.path, this.#away, `${this.path}.vecfsck`, `${this.path}.backups`];
    for (const path of findMissingDigests(this.#guarded, places)) {
      if (!isPassing(path)) tell(`a cure has replaced ${path}, which is nowhere any more`);
    }
    this.#guarded = null;
  }

  /** Everything that was written is in it again. */
  isCured(): void {
    this.#isHarmed = false;
  }

  /** Removes what the quarantine and the repairs have kept, as an operator does now and then. */
  tidy(): void {
    for (const { name } of Deno.readDirSync(`${this.path}.vecfsck`)) {
      if (name !== "quarantine" && name !== "repairs") continue;
      Deno.removeSync(join(`${this.path}.vecfsck`, name), { recursive: true });
    }
  }

  /** What was written just now was written now by the simulated clock, and by no other stamp. */
  #stamp(): void {
    const realMs = Date.now();
    for (const path of listFiles(this.path)) {
      const writtenMs = Deno.lstatSync(path).mtime?.getTime() ?? 0;
      if (writtenMs <= realMs - RECENT_MS || writtenMs > realMs) continue;
      Deno.utimeSync(path, this.#now(), this.#now());
    }
  }
}

/** Reads what a store holds, in a form that can be compared. */
export async function readLogicalContents(store: string): Promise<string> {
  const contents = await readStoreContents(store, { jobs: 1 });
  return JSON.stringify(
    contents.map(({ name, records, hash }) => [name, records, hash]),
  );
}

/** Lists the plain files below a directory. */
export function listFiles(directory: string): string[] {
  const entries = [...Deno.readDirSync(directory)].sort((a, b) => a.name < b.name ? -1 : 1);
  return entries.flatMap(({ name, isDirectory, isFile }) => {
    const path = join(directory, name);
    return isDirectory ? listFiles(path) : isFile ? [path] : [];
  });
}

/** Makes the digests of all files of a store, by their paths; nothing where it is not there. */
export function digestFiles(directory: string): Map<string, string> {
  if (localFs.look(directory)?.kind !== "directory") return new Map();
  return new Map(listFiles(directory).map((path) => [path, digestFile(path)]));
}

/** Makes the digest of a file. */
export function digestFile(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

/** Whether a file is one that SQLite has only while it is at work. */
export function isPassing(path: string): boolean {
  return /-(?:journal|wal|shm)$/.test(basename(path));
}

/** Finds the paths of which no file below some directories has the digest. */
function findMissingDigests(
  wanted: ReadonlyMap<string, string>,
  directories: readonly string[],
): string[] {
  const missing = new Map([...wanted].map(([path, digest]) => [digest, path]));
  for (const directory of directories) {
    if (missing.size === 0) break;
    if (localFs.look(directory)?.kind !== "directory") continue;
    for (const path of listFiles(directory)) missing.delete(digestFile(path));
  }
  return [...missing.values()];
}
