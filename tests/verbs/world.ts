/**
 * A directory with a store and everything that verbs put beside it:
 *
 * ```
 * ROOT/store           the store
 * ROOT/store.vecfsck   its work directory
 * ROOT/store.backups   its backups
 * ROOT/other           another file system, or what passes for one
 * ROOT/restored        a store that was restored elsewhere
 * ```
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join, relative } from "@std/path";
import { checkStore } from "../../lib/engine/check.ts";
import { findStores } from "../../lib/engine/find_stores.ts";
import { main } from "../../lib/cli/main.ts";
import { localFs } from "../../lib/fs/platform.ts";
import type { EntryFacts, WriteFs } from "../../lib/fs/write_fs.ts";
import { FakeEnvironment, neverCalled } from "../cli/fake_environment.ts";
import { systemError } from "../support/memory_fs.ts";
import { scratchDirectory } from "../support/fixtures.ts";
import { tinyStore } from "./tiny_store.ts";

/** Where everything is. */
export class World {
  /** The directory that holds all of it. */
  readonly root: string;

  /** Takes a directory. */
  constructor(root: string) {
    this.root = root;
  }

  /** The store. */
  get store(): string {
    return join(this.root, "store");
  }

  /** Where a store is put that is not in its place. */
  get restored(): string {
    return join(this.root, "restored");
  }

  /** The directory on another file system. */
  get other(): string {
    return join(this.root, "other");
  }

  /** Makes a world with a small store, and nothing beside it. */
  static async create(): Promise<World> {
    const world = new World(join(await scratchDirectory(), "world"));
    Deno.mkdirSync(world.other, { recursive: true });
    copyEntry(await tinyStore(), world.store);
    return world;
  }

  /** Makes the same world once more. */
  async copy(): Promise<World> {
    return this.copyTo(await fastDirectory());
  }

  /** Makes the same world once more, in a directory that is given. */
  copyTo(directory: string): World {
    const root = join(directory, "world");
    copyEntry(this.root, root);
    return new World(root);
  }

  /** Takes it away. */
  remove(): void {
    Deno.removeSync(this.root, { recursive: true });
  }
}

let fast: string | null | undefined;

/** A directory on a file system that waits for no disk, where there is one. */
async function fastDirectory(): Promise<string> {
  if (fast === undefined) {
    try {
      const path = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "vecfsck-test-" });
      addEventListener("unload", () => Deno.removeSync(path, { recursive: true }));
      fast = path;
    } catch {
      fast = null;
    }
  }
  return fast === null ? await scratchDirectory() : Deno.makeTempDirSync({ dir: fast });
}

/** Copies an entry with its times; the permissions stay, and so do names of one file. */
export function copyEntry(from: string, to: string, copied: Map<number, string> = new Map()): void {
  const info = Deno.lstatSync(from);
  if (info.isDirectory) {
    Deno.mkdirSync(to, { recursive: true });
    for (const { name } of Deno.readDirSync(from)) {
      copyEntry(join(from, name), join(to, name), copied);
    }
  } else {
    const first = info.nlink !== null && info.nlink > 1 && info.ino !== null
      ? copied.get(info.ino)
      : undefined;
    if (first !== undefined) return Deno.linkSync(first, to);
    Deno.copyFileSync(from, to);
    if (info.ino !== null) copied.set(info.ino, to);
  }
  if (info.mode !== null) Deno.chmodSync(to, info.mode & 0o7777);
  if (info.atime && info.mtime) Deno.utimeSync(to, info.atime, info.mtime);
}

/**
 * Every file below a directory: its path from there, and the digest of what is in it. The work
 * directory is `store.vecfsck` wherever it is.
 */
export type Files = ReadonlyMap<string, string>;

/** Gives the work directory of a store its one name. */
export function nameOf(path: string): string {
  return path.replace(/^store\/\.vecfsck(?=\/)/, "store.vecfsck");
}

/** Reads what a directory holds. Empty directories count as well, with a `/` behind the name. */
export function readFiles(root: string): Files {
  const files = new Map<string, string>();
  const visit = (directory: string): void => {
    const entries = Array.from(Deno.readDirSync(directory));
    if (entries.length === 0 && directory !== root) {
      files.set(nameOf(`${relative(root, directory)}/`), "");
    }
    for (const { name, isDirectory, isSymlink } of entries) {
      const path = join(directory, name);
      if (isDirectory) visit(path);
      // Where a world has come to stand elsewhere, links lead nowhere.
      else if (isSymlink) files.set(nameOf(relative(root, path)), "link");
      else files.set(nameOf(relative(root, path)), digestOf(Deno.readFileSync(path)));
    }
  };
  visit(root);
  return files;
}

/** The SHA-256 of bytes. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The files below a prefix, by the rest of their paths. */
export function filesBelow(files: Files, prefix: string): Files {
  return new Map(
    [...files].filter(([path]) => path.startsWith(`${prefix}/`))
      .map(([path, digest]) => [path.slice(prefix.length + 1), digest]),
  );
}

/** How a verb ended and what it said. */
export interface VerbResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** When a world was prepared: so far ahead that no file counts as written just now. */
export const PREPARATION_TIME: Date = new Date("2040-01-01T00:00:00Z");

/** When the verb is run that a test is about. */
export const RUN_TIME: Date = new Date("2040-01-03T00:00:00Z");

/**
 * Runs a verb in this process, with another file system under it.
 *
 * @param args What is typed.
 * @param fs The file system.
 * @param now The time of day.
 */
export async function runVerb(
  args: readonly string[],
  fs: WriteFs = localFs,
  now: Date = RUN_TIME,
): Promise<VerbResult> {
  const environment = new FakeEnvironment({ checkStore, findStores, startThreads: neverCalled });
  environment.fs = fs;
  environment.time = now;
  const code = await main(args, environment);
  return { code, stdout: environment.stdout.text, stderr: environment.stderr.text };
}

/**
 * Makes a directory pass for a file system of its own.
 *
 * @param fs The file system that has both.
 * @param other The directory.
 */
export function asTwoDevices(fs: WriteFs, other: string): WriteFs {
  const isOther = (path: string): boolean => path === other || path.startsWith(`${other}/`);
  const told = (path: string, facts: EntryFacts): EntryFacts =>
    isOther(path) ? { ...facts, device: facts.device + 1 } : facts;
  const within = (operation: (from: string, to: string) => void) => (from: string, to: string) => {
    if (isOther(from) !== isOther(to)) throw systemError("EXDEV", `${from} -> ${to}`);
    operation(from, to);
  };
  return {
    ...fs,
    look: (path) => {
      const facts = fs.look(path);
      return facts && told(path, facts);
    },
    rename: within(fs.rename),
    linkFile: within(fs.linkFile),
    tryLock: (path) => {
      const lock = fs.tryLock(path);
      return lock && { ...lock, look: () => told(path, lock.look()) };
    },
  };
}
