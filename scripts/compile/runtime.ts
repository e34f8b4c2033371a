/**
 * Where the runtime of an executable is taken from: `denort`, which Deno publishes for each system.
 *
 * @module
 */

import { join } from "@std/path";
import { HEAD_BYTES, identifyExecutable } from "./targets.ts";

/** What decides where a runtime is looked for. */
export interface RuntimeSources {
  /** The version of Deno, for instance `2.9.6`. */
  readonly version: string;
  /** The directory of Deno's cache. */
  readonly cache: string;
  /** The runtime that DENORT_BIN names, or null when it names none. */
  readonly given: GivenRuntime | null;
}

/** A runtime that the builder has. */
export interface GivenRuntime {
  /** The file. */
  readonly path: string;
  /** The system that it is for. */
  readonly target: string;
}

/** The runtime of one system. */
export interface Runtime {
  /**
   * The file that is used: the given one, else the archive in the cache, which is fetched there when
   * it is missing.
   */
  readonly path: string;
  /** Where it comes from; null for the given one. */
  readonly url: string | null;
}

/**
 * Looks at the runtime that DENORT_BIN names.
 *
 * @param path The value of that variable, if it is set.
 * @returns The runtime, or null when none is named.
 * @throws {Error} There is no such file, or it is no executable for one of the systems.
 */
export async function readGivenRuntime(path: string | undefined): Promise<GivenRuntime | null> {
  if (path === undefined || path === "") return null;
  const head = new Uint8Array(HEAD_BYTES);
  let size: number;
  try {
    using file = await Deno.open(path, { read: true });
    size = await file.read(head) ?? 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`DENORT_BIN names ${path}, which cannot be read: ${reason}`);
  }
  const target = identifyExecutable(head.subarray(0, size));
  if (target === null) {
    throw new Error(`DENORT_BIN names ${path}, which is no runtime for any of the targets`);
  }
  return { path, target };
}

/**
 * Tells what runtime an executable gets.
 *
 * @param target The system that it is for.
 * @param sources Where runtimes are looked for.
 * @returns The runtime.
 */
export function chooseRuntime(target: string, sources: RuntimeSources): Runtime {
  if (sources.given?.target === target) return { path: sources.given.path, url: null };
  const archive = `release/v${sources.version}/denort-${target}.zip`;
  return {
    path: join(sources.cache, "dl", ...archive.split("/")),
    url: `https://dl.deno.land/${archive}`,
  };
}

/** An executable that was not built for want of its runtime. */
export interface MissingRuntime {
  /** The system that it was to be for. */
  readonly target: string;
  /** The runtime. */
  readonly runtime: Runtime;
}

/**
 * Says which runtimes are missing, and what a builder without internet can do.
 *
 * @param missing What is missing; at least one.
 * @returns The lines to print.
 */
export function describeMissingRuntimes(missing: readonly MissingRuntime[]): readonly string[] {
  return [
    ...missing.flatMap(({ target, runtime }) => [
      `Not built: ${target}. Its runtime is not in the cache and could not be fetched:`,
      `  from  ${runtime.url}`,
      `  to    ${runtime.path}`,
    ]),
    "Without internet, put these archives there from another machine, or name an unpacked runtime",
    "in DENORT_BIN; it is used for the target that it is for.",
  ];
}
