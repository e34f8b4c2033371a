/**
 * What is known of the backups of a store, and which of them the rules keep, told in another way than
 * the program does it.
 *
 * @module
 */

import { join } from "@std/path";
import type { SeededRandom } from "../../../lib/base/seeded_random.ts";
import { localFs } from "../../../lib/fs/platform.ts";
import { listFiles } from "./soak_store.ts";

/** For how many days there is a backup. */
export const KEPT_DAYS = 7;

/** The backups of one store. */
export class BackupShelf {
  readonly #directory: string;
  readonly #contents = new Map<string, string>();
  readonly #harmed = new Set<string>();
  /** Those that are there as far as is known, with the time at which each was made. */
  #known = new Map<string, string>();

  /** Takes the directory. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Notes down what is in a backup that was made just now. */
  note(id: string, contents: string): void {
    this.#contents.set(id, contents);
    this.#known = new Map([...this.#known, ...this.#list()]);
  }

  /** Whether a backup had such a content. */
  knows(contents: string): boolean {
    return this.#contents.values().some((known) => known === contents);
  }

  /** Damages a file of a backup, or removes it; tells what was done, or null without one. */
  harm(random: SeededRandom): string | null {
    const ids = [...this.#list().keys()];
    if (ids.length === 0) return null;
    const id = random.pick(ids);
    const files = listFiles(join(this.#directory, id));
    if (files.length === 0) return null;
    const path = random.pick(files);
    // The backups share what has not changed: all that have this file are hit.
    const { ino } = Deno.lstatSync(path);
    for (const other of ids) {
      const shares = listFiles(join(this.#directory, other))
        .some((file) => Deno.lstatSync(file).ino === ino);
      if (shares) this.#harmed.add(other);
    }
    if (random.below(3) === 0) {
      Deno.removeSync(path);
      this.#harmed.add(id);
      return "removed";
    }
    const bytes = Deno.readFileSync(path);
    if (bytes.length === 0) return null;
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ 0x55;
    const { mode } = Deno.lstatSync(path);
    Deno.chmodSync(path, 0o600);
    Deno.writeFileSync(path, random.below(2) === 0 ? bytes : bytes.subarray(0, at));
    if (mode !== null) Deno.chmodSync(path, mode);
    return "damaged";
  }

  /** Tells what is not as the rules say, after they were applied. */
  judge(): string[] {
    const here = this.#list();
    const all = new Map([...this.#known, ...here]);
    const days = Map.groupBy([...all], ([, createdAt]) => createdAt.slice(0, 10));
    const latest = [...days.keys()].sort().reverse().slice(0, KEPT_DAYS);
    const newest = latest.map((day) => newestOf(days.get(day) ?? []));
    const problems = newest.filter((id) => !here.has(id) && !this.#harmed.has(id))
      .map((id) => `the backup ${id} is one of the last ${KEPT_DAYS} days, and gone`);
    // A damaged one can have taken the place of another before it was known for that.
    const isTellable = ![...all.keys()].some((id) => this.#harmed.has(id));
    if (isTellable && days.size > KEPT_DAYS) {
      problems.push(
        ...here.keys().filter((id) => !newest.includes(id))
          .map((id) => `the backup ${id} is kept by no rule, and there`),
      );
    }
    this.#known = here;
    return problems;
  }

  /** The backups that are there, with the time at which each was made. */
  #list(): Map<string, string> {
    const found = new Map<string, string>();
    if (localFs.look(this.#directory) === null) return found;
    for (const { name } of Deno.readDirSync(this.#directory)) {
      try {
        const text = Deno.readTextFileSync(join(this.#directory, name, "manifest.json"));
        found.set(name, String(JSON.parse(text).createdAt));
      } catch {
        // It is none, or one that cannot be read any more.
      }
    }
    return found;
  }
}

function newestOf(backups: readonly (readonly [string, string])[]): string {
  const sorted = backups.toSorted(([a, one], [b, other]) =>
    one < other || (one === other && a < b) ? 1 : -1
  );
  return sorted[0]?.[0] ?? "";
}
