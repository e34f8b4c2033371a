/**
 * What a backup copies of a store that is a directory, whatever its format:
 *
 * | entry                                    | becomes                                               |
 * | ---------------------------------------- | ----------------------------------------------------- |
 * | any file, any directory                  | itself, whoever wrote it                              |
 * | a link to a file or a directory          | what it leads to                                      |
 * | a link to what another user owns         | left out; an error where it is the engine's           |
 * | .vecfsck, what a killed vecfsck has left | left out                                              |
 * | a link that leads nowhere or back        | left out                                              |
 * | a socket, a pipe, a device               | left out                                              |
 * | a name that is not UTF-8                 | left out                                              |
 * | more entries than a store ever has       | left out, from the top of the store on                |
 *
 * @module
 */

import { join } from "@std/path";
import { type OperationError, toOperationError } from "../base/errors.ts";
import { formatNumber } from "../base/format.ts";
import type { Steps } from "../base/turns.ts";
import { isTemporaryName } from "../fs/names.ts";
import { toFileStamp } from "../fs/read_fs.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../fs/work_directory.ts";
import type { LeftOut, SnapshotFile, SnapshotPlan } from "../model/store.ts";
import { listNames, lstatOrNull, statOrNull } from "./directory.ts";
import { createForeignLinkError, isForeignTarget } from "./own_links.ts";

/** How deep directories go; a link into a tree of one's own can lead on for very long. */
const DEEPEST = 64;

/** What the walk has to be told of a format. */
export interface SnapshotRules {
  /** How many entries are looked at in all; nobody keeps a home directory in a store. */
  readonly mostEntries: number;
  /** Whether an entry at the top of the store has a name that engines give. */
  isEngines(name: string): boolean;
  /** What becomes of a file, by its path in the store: null where it is part of another. */
  kindOf(path: string): SnapshotFile["kind"] | null;
}

/**
 * Lists what a backup copies of a store.
 *
 * @param storePath The store's directory.
 * @param rules What is special in its format.
 * @yields After each entry.
 * @returns The files and directories, each with the outer ones first, and what is left out.
 * @throws {OperationError} The store's directory, or what an engine keeps in it, cannot be looked
 * at.
 */
export function* walkSnapshot(storePath: string, rules: SnapshotRules): Steps<SnapshotPlan> {
  const files: SnapshotFile[] = [];
  const directories: string[] = [];
  const leftOut: LeftOut[] = [];
  const root = resolvePath(storePath);
  const names = listOnce(storePath, "", leftOut);
  const owner = statOrNull(root)?.uid ?? null;
  const own = names.filter((name) => rules.isEngines(name));
  let entries = rules.mostEntries;
  // What an engine keeps comes first: nothing that others put beside it takes its place.
  for (const name of [...own, ...names.filter((name) => !rules.isEngines(name))]) {
    const walk = new EntryWalk({ path: storePath, owner }, name, rules, entries);
    yield* walk.visit(name, [root]);
    entries = walk.entriesLeft;
    for (const file of walk.files) files.push(file);
    for (const directory of walk.directories) directories.push(directory);
    for (const entry of walk.leftOut) leftOut.push(entry);
  }
  // In this order a directory comes before everything that is in it.
  return {
    files: files.sort(byPath),
    directories: directories.sort(),
    leftOut: leftOut.sort(byPath),
  };
}

function byPath(left: { readonly path: string }, right: { readonly path: string }): number {
  return left.path < right.path ? -1 : left.path > right.path ? 1 : 0;
}

/** Thrown when a tree is no part of any store, by its size. */
class TooMuch extends Error {
  /** Makes it with the reason for which the tree is left out. */
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** The directory of a store, and the user who owns it. */
interface SnapshotRoot {
  readonly path: string;
  readonly owner: number | null;
}

/** Walks one entry at the top of a store. */
class EntryWalk {
  readonly #storePath: string;
  readonly #rules: SnapshotRules;
  readonly #isEngines: boolean;
  readonly #owner: number | null;
  /** How many entries may still be looked at. */
  entriesLeft: number;
  /** The files so far. */
  files: SnapshotFile[] = [];
  /** The directories so far. */
  directories: string[] = [];
  /** What is left out so far. */
  leftOut: LeftOut[] = [];

  constructor(
    { path, owner }: SnapshotRoot,
    name: string,
    rules: SnapshotRules,
    entriesLeft: number,
  ) {
    this.#storePath = path;
    this.#rules = rules;
    this.#isEngines = rules.isEngines(name);
    this.#owner = owner;
    this.entriesLeft = entriesLeft;
  }

  /**
   * Visits the entry, and takes back everything where it is too much.
   *
   * @param name The entry.
   * @param above The directories above it, with every link resolved.
   * @yields After each entry.
   */
  *visit(name: string, above: readonly string[]): Steps<void> {
    try {
      yield* this.#visit(name, above);
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error;
      this.files = [];
      this.directories = [];
      this.leftOut = [{ path: name, reason: error.reason }];
    }
  }

  *#visit(name: string, above: readonly string[]): Steps<void> {
    if (this.entriesLeft === 0) {
      const most = formatNumber(this.#rules.mostEntries);
      throw new TooMuch(`with it, the store has more than ${most} entries`);
    }
    this.entriesLeft--;
    const path = join(this.#storePath, name);
    const info = this.#unlessRefused(name, () => statOrNull(path));
    if (info === undefined) return;
    const isTop = above.length === 1;
    const isForeign = info !== null && this.#isForeignLink(path, info);
    if (isForeign && this.#isEngines) throw createForeignLinkError(path);
    const reason = (isTop ? explainOwn(name) : null) ?? explainOmission(path, info) ??
      (isForeign ? "a link to a file of another user" : null);
    if (reason !== null) {
      this.leftOut.push({ path: name, reason });
    } else if (info?.isDirectory) {
      yield* this.#visitDirectory(name, above);
    } else if (info?.isFile) {
      const kind = this.#rules.kindOf(name);
      if (kind !== null) this.files.push({ ...toFileStamp(name, info), kind });
    }
  }

  /** Of files that are no links, whoever owns them, the owner of the store knows already. */
  #isForeignLink(path: string, { uid }: Deno.FileInfo): boolean {
    return isForeignTarget(this.#owner, uid) && lstatOrNull(path)?.isSymlink === true;
  }

  *#visitDirectory(name: string, above: readonly string[]): Steps<void> {
    const path = join(this.#storePath, name);
    const found = this.#unlessRefused(name, () => {
      return { resolved: resolvePath(path), names: listOnce(path, name, this.leftOut) };
    });
    if (found === undefined) return;
    const { resolved, names } = found;
    if (above.includes(resolved)) {
      this.leftOut.push({ path: name, reason: "a link that leads back to a directory above it" });
      return;
    }
    if (above.length > DEEPEST) throw new TooMuch(`its directories are more than ${DEEPEST} deep`);
    this.directories.push(name);
    const within = [...above, resolved];
    for (const child of names) {
      yield* this.#visit(`${name}/${child}`, within);
      yield;
    }
  }

  /** Leaves out what may not be read, unless it is the engine's; then it gives undefined. */
  #unlessRefused<Value>(name: string, look: () => Value): Value | undefined {
    try {
      return look();
    } catch (error) {
      const failure = toOperationError(error, join(this.#storePath, name));
      if (this.#isEngines) throw failure;
      this.leftOut.push({ path: name, reason: explainRefusal(failure) });
      return undefined;
    }
  }
}

function resolvePath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw toOperationError(error, path);
  }
}

/** Lists a directory; of names that read the same for they are not UTF-8, the first counts. */
function listOnce(path: string, name: string, leftOut: LeftOut[]): string[] {
  const names: string[] = [];
  for (const child of listNames(path)) {
    if (names.at(-1) !== child) names.push(child);
    else leftOut.push({ path: name === "" ? child : `${name}/${child}`, reason: NOT_UTF8 });
  }
  return names;
}

const NOT_UTF8 = "its name is not UTF-8";

function explainOwn(name: string): string | null {
  if (name === INNER_WORK_DIRECTORY_NAME) return "the work directory of vecfsck";
  return isTemporaryName(name) ? "left behind by a vecfsck that was interrupted" : null;
}

/** Says why an entry cannot be copied; null when it can, or has just gone. */
function explainOmission(path: string, info: Deno.FileInfo | null): string | null {
  if (info !== null) {
    return info.isFile || info.isDirectory ? null : "neither a file nor a directory";
  }
  if (lstatOrNull(path) !== null) return "a link that leads nowhere";
  // The runtime lists a name that is not UTF-8 with U+FFFD in it, and then does not find it.
  return path.includes("\ufffd") ? NOT_UTF8 : null;
}

function explainRefusal({ code, message }: OperationError): string {
  return code === "permission-denied" ? "no permission to read it" : message;
}
