/**
 * Moving aside indexes that are much older than the catalogue, by the time stamps alone.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { localFs } from "../fs/platform.ts";
import type { HeldLock, WriteFs } from "../fs/write_fs.ts";
import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";
import type { StaleIndex } from "./plan.ts";

/** The file whose stamp is that of the catalogue. */
const CATALOGUE_NAME = "chroma.sqlite3";

/** The file whose stamp is that of an index. */
const INDEX_NAME = "data_level0.bin";

/** What the name of a directory that was moved aside carries. */
export const DRIFT_MARK = ".drift-";

const DEFAULT_STALE_SECONDS = 3600;

/** A point in time: a date, milliseconds since 1970, or a clock that tells one of them. */
export type Moment = Date | number | (() => Date | number);

/** How {@linkcode quarantineStaleHnsw} decides. */
export interface QuarantineStaleHnswOptions {
  /** How much newer the catalogue must be at least, in seconds; 3600 when left out. */
  staleSeconds?: number;
  /** The time that the new names carry; the time of day when left out. */
  now?: Moment;
}

/**
 * Renames every index that is older than the catalogue of its store by a threshold, so that the
 * engine does not load it. Nothing is deleted, and nothing calls this by itself.
 *
 * A directory with `data_level0.bin` is renamed to `<name>.drift-YYYYMMDD-HHMMSS`, in UTC, when
 * `chroma.sqlite3` was written at least `staleSeconds` later than that file. It goes by the stamps
 * alone and opens neither file, so it works with a store that nothing can read, too. Call it before
 * an engine opens the store, never while one has it open.
 *
 * What it costs: an old index may be whole. Every vector that is in no other place of the store is
 * gone for the engine until the directory has its name back: it still counts the records, and
 * queries do not find them. `vecfsck quarantine STORE` says beforehand how many these are.
 *
 * @example Before the engine starts
 * ```ts
 * import { quarantineStaleHnsw } from "@vecfsck/vecfsck";
 *
 * for (const path of quarantineStaleHnsw("tests/no-store-here-yet", { staleSeconds: 86_400 })) {
 *   console.warn(`moved aside: ${path}`);
 * }
 * ```
 *
 * @param palacePath The store's directory.
 * @param options The threshold, and the time.
 * @returns The new paths; empty when nothing was old enough, and when there is no such directory or
 * no `chroma.sqlite3` in it.
 * @throws {OperationError} The threshold is no number, another vecfsck is at work on the store, or
 * a directory cannot be listed or renamed; those that were renamed before keep their new names.
 */
export function quarantineStaleHnsw(
  palacePath: string,
  options: QuarantineStaleHnswOptions = {},
): string[] {
  return moveStaleIndexes(localFs, palacePath, options);
}

/**
 * Does the work of {@linkcode quarantineStaleHnsw} on any file system.
 *
 * @param fs The file system.
 * @param palacePath The store's directory.
 * @param options The threshold, and the time.
 * @returns The new paths.
 */
export function moveStaleIndexes(
  fs: WriteFs,
  palacePath: string,
  { staleSeconds = DEFAULT_STALE_SECONDS, now = () => new Date() }: QuarantineStaleHnswOptions,
): string[] {
  if (Number.isNaN(staleSeconds)) throw new OperationError("usage", "staleSeconds is no number");
  try {
    using _lock = lockAgainstOthers(fs, palacePath);
    const stale = findStaleIndexes(fs, palacePath, staleSeconds);
    const mark = `${DRIFT_MARK}${formatStamp(now)}`;
    const moved = stale.map(({ path }) => moveAside(fs, join(palacePath, path), mark));
    if (moved.length > 0) fs.syncDirectory(fs.resolve(palacePath));
    return moved;
  } catch (error) {
    throw toWriteError(error, palacePath);
  }
}

/**
 * Finds the indexes that are older than the catalogue, by the stamps alone.
 *
 * @param fs The file system.
 * @param palacePath The store's directory.
 * @param staleSeconds How much newer the catalogue must be at least.
 * @returns The indexes; none where there is no catalogue.
 */
export function findStaleIndexes(
  fs: WriteFs,
  palacePath: string,
  staleSeconds: number,
): StaleIndex[] {
  const catalogue = lookThrough(fs, join(palacePath, CATALOGUE_NAME));
  if (catalogue?.kind !== "file") return [];
  return fs.list(palacePath).flatMap((path) => {
    const modifiedMs = readIndexStamp(fs, join(palacePath, path));
    if (modifiedMs === null) return [];
    const ageMs = catalogue.modifiedMs - modifiedMs;
    return ageMs >= staleSeconds * 1000 ? [{ path, ageMs }] : [];
  });
}

/** Reads the stamp of an index that is in use; null where a directory is none. */
function readIndexStamp(fs: WriteFs, path: string): number | null {
  const name = basename(path);
  // No engine gives a name with a dot at its start; what vecfsck keeps in a store has one.
  if (name.startsWith(".") || name.includes(DRIFT_MARK)) return null;
  if (lookThrough(fs, path)?.kind !== "directory") return null;
  const index = lookThrough(fs, join(path, INDEX_NAME));
  return index?.kind === "file" ? index.modifiedMs : null;
}

function moveAside(fs: WriteFs, path: string, mark: string): string {
  let target = `${path}${mark}`;
  for (let number = 2; fs.look(target) !== null; number++) target = `${path}${mark}-${number}`;
  fs.rename(path, target);
  return target;
}

/** Looks at what an entry leads to; null where it leads nowhere. */
function lookThrough(fs: WriteFs, path: string): ReturnType<WriteFs["look"]> {
  const facts = lookOrNull(fs, path);
  return facts?.kind === "link" ? lookOrNull(fs, resolveOrNull(fs, path) ?? path) : facts;
}

function lookOrNull(fs: WriteFs, path: string): ReturnType<WriteFs["look"]> {
  try {
    return fs.look(path);
  } catch (error) {
    if (isNowhere(error)) return null;
    throw error;
  }
}

function resolveOrNull(fs: WriteFs, path: string): string | null {
  try {
    return fs.resolve(path);
  } catch (error) {
    if (isNowhere(error)) return null;
    throw error;
  }
}

/** Whether an error says that there is nothing of that name. */
function isNowhere(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    ["ENOENT", "ENOTDIR", "ELOOP"].includes(errorCodeOf(error));
}

/** Keeps a second vecfsck out for the moment; nothing is written for it. */
function lockAgainstOthers(fs: WriteFs, palacePath: string): Disposable {
  let lock: HeldLock | null;
  try {
    lock = fs.tryLock(fs.resolve(palacePath));
  } catch {
    // There are systems that do not lock directories.
    return { [Symbol.dispose]: (): void => {} };
  }
  if (lock === null) {
    throw new OperationError("busy", `Another vecfsck is at work on ${basename(palacePath)}`, {
      path: palacePath,
      hint: "Wait until it is done, or stop it.",
    });
  }
  const held = lock;
  return { [Symbol.dispose]: (): void => held.release() };
}

function formatStamp(now: Moment): string {
  const time = new Date(typeof now === "function" ? now() : now);
  return time.toISOString().replace(/\.\d+Z$/, "").replaceAll(/[-:]/g, "").replace("T", "-");
}
