/**
 * The lock that keeps a second vecfsck out of a store while one writes to it. A check takes none.
 *
 * It is the system's own lock (flock, LockFileEx), which ends with its process however that ends,
 * so there are no stale locks. It is taken on two things, each of which has a case of its own:
 *
 * - on the store's directory itself: nothing is written for it, it needs no permission beside the
 *   store, and it is the same lock under every path and in every container that mounts the store;
 * - on a file `lock` in the work directory, which holds when the directory is away for a moment
 *   (a swap of the whole store), where directories cannot be locked (Windows, NFS), and which says
 *   who holds it. It is removed at the end; one that is found without a holder is of a run that
 *   was killed.
 *
 * Where the file system has no locks at all, the file's being there is the lock, and only a person
 * can tell whether it is stale.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { writeAtomically } from "./atomic.ts";
import { localFs } from "./platform.ts";
import { findWorkDirectories, openWorkDirectory, removeIfEmpty } from "./work_directory.ts";
import type { HeldLock, WriteFs } from "./write_fs.ts";
import { errorCodeOf, isRefusal, toWriteError } from "./write_errors.ts";

/** Who holds a lock, or held it when it was killed. */
export interface LockHolder {
  /** The process, on the host or in the container where it runs. */
  readonly processId: number;
  /** When it took the lock, as ISO 8601 in UTC. */
  readonly since: string;
}

/** How a lock is taken. */
export interface LockOptions {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
  /** The clock. */
  now?: () => Date;
  /** The process that takes the lock; this one by default. */
  processId?: number;
}

/** The names in the work directory: what is locked, and what says who has locked it. */
export const LOCK_FILE_NAME = "lock";
const HOLDER_FILE_NAME = "holder.json";

/** Whether a name in the work directory belongs to a lock. */
export function isLockName(name: string): boolean {
  return name === LOCK_FILE_NAME || name === HOLDER_FILE_NAME;
}

/** A record of a holder is shorter; more is none. */
const LONGEST_HOLDER_BYTES = 4096;

/** How often the lock is tried again when its file was removed at the moment it was taken. */
const MOST_TRIES = 20;

/** The codes by which a file system says that it does not lock this. */
const NO_LOCK_CODES: ReadonlySet<string> = new Set(["EBADF", "EINVAL", "EISDIR", "ENOLCK"]);

/** What is held until it is released. */
export type Releasable = Pick<HeldLock, "release">;

/** A store that is locked against every other vecfsck. */
export class StoreLock implements Disposable {
  readonly #held: Releasable[];
  readonly #fs: WriteFs;
  readonly #file: string | null;
  /** The run before, if it was killed while it held the lock; null otherwise. */
  readonly previous: LockHolder | null;

  /** Made by {@linkcode acquireStoreLock} alone. */
  constructor(
    fs: WriteFs,
    held: Releasable[],
    file: { path: string; previous: LockHolder | null } | null,
  ) {
    this.#fs = fs;
    this.#held = held;
    this.#file = file?.path ?? null;
    this.previous = file?.previous ?? null;
  }

  /**
   * Locks a directory as well that is about to become the store: the lock of a directory goes with
   * it when it is renamed.
   *
   * @param directory The replacement of the whole store.
   * @throws {OperationError} Another process has locked it.
   */
  cover(directory: string): void {
    const lock = lockDirectory(this.#fs, directory);
    if (lock !== null) this.#held.push(lock);
  }

  /** Ends the lock; does nothing the second time. */
  release(): void {
    if (this.#held.length === 0) return;
    if (this.#file !== null) removeLockFiles(this.#fs, this.#file);
    for (const lock of this.#held.splice(0)) lock.release();
  }

  /** Ends the lock at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * Locks a store against every other vecfsck, without waiting.
 *
 * @param store The store's directory; it may be missing, as long as its parent is there.
 * @param options The clock.
 * @returns The lock; the caller releases it.
 * @throws {OperationError} `busy`: another vecfsck holds it; the error names the process. Or the
 * lock cannot be taken in any way.
 *
 * @example
 * ```ts ignore
 * using lock = acquireStoreLock("/data/store");
 * ```
 */
export function acquireStoreLock(store: string, options: LockOptions = {}): StoreLock {
  const { fs = localFs } = options;
  const held: Releasable[] = [];
  try {
    const directory = fs.look(store) === null ? null : lockDirectory(fs, store);
    if (directory !== null) held.push(directory);
    const file = lockFile(fs, store, { ...options, needed: directory === null });
    if (file !== null) held.push(file.lock);
    return new StoreLock(fs, held, file);
  } catch (error) {
    for (const lock of held) lock.release();
    throw toWriteError(error, store);
  }
}

/** Locks a directory; null where the file system or the system does not lock directories. */
function lockDirectory(fs: WriteFs, path: string): HeldLock | null {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const resolved = fs.resolve(path);
    const lock = tryLockOrNull(fs, resolved);
    if (lock === null) return null;
    if (lock === "held") throw createBusyError(path, readHolderOfStore(fs, path));
    if (isStillAt(fs, resolved, lock)) return lock;
    // A swap of the whole store has put another directory there meanwhile.
    lock.release();
  }
  throw createBusyError(path, null);
}

function tryLockOrNull(fs: WriteFs, path: string): HeldLock | "held" | null {
  try {
    return fs.tryLock(path) ?? "held";
  } catch (error) {
    if (isRefusal(error) || NO_LOCK_CODES.has(errorCodeOf(error))) return null;
    throw error;
  }
}

/** Whether what was locked is still what stands at a path. */
export function isStillAt(fs: WriteFs, path: string, lock: Pick<HeldLock, "look">): boolean {
  const [here, locked] = [fs.look(path), lock.look()];
  return here !== null && here.inode === locked.inode && here.device === locked.device;
}

/** A lock on a file, and who held it before. */
export interface LockedFile {
  /** The file. */
  readonly path: string;
  /** The lock; without a look at it where the file system has no locks. */
  readonly lock: Releasable & Partial<HeldLock>;
  /** Who held it when it was killed, or null. */
  readonly previous: LockHolder | null;
}

/** Locks the file in the work directory; null where it cannot be made and is not needed. */
function lockFile(
  fs: WriteFs,
  store: string,
  options: LockOptions & { needed: boolean },
): LockedFile | null {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      const locked = lockIn(fs, openWorkDirectory(fs, store), store, options);
      if (locked !== null) return locked;
    } catch (error) {
      // The run that ends just now may have removed the directory under our hands.
      if (error instanceof Deno.errors.NotFound) continue;
      const { code } = toWriteError(error, store);
      if (!options.needed && (code === "permission-denied" || code === "no-space")) return null;
      throw error;
    }
  }
  throw createBusyError(store, null);
}

/**
 * Locks a file `lock` in a directory, without waiting, and says beside it who holds it.
 *
 * @param fs The file system.
 * @param directory The directory.
 * @param store The store that this is about, for messages.
 * @param options The clock.
 * @returns The lock; null when the file was removed at that moment.
 * @throws {OperationError} `busy`: another process holds it. And what the system throws.
 */
export function lockIn(
  fs: WriteFs,
  directory: string,
  store: string,
  options: LockOptions,
): LockedFile | null {
  const path = join(directory, LOCK_FILE_NAME);
  const locked = tryLockFile(fs, path, store);
  if (locked !== null) writeHolder(fs, path, options);
  return locked;
}

/** Locks the file; null when it was removed at that moment. */
function tryLockFile(fs: WriteFs, path: string, store: string): LockedFile | null {
  const isNew = createUnlessThere(fs, path);
  const lock = tryLockOrNull(fs, path);
  const previous = readHolder(fs, path);
  if (lock === "held") throw createBusyError(store, previous);
  if (lock === null) {
    if (!isNew) throw createUntellableError(path, previous);
    return { path, lock: { release: () => {} }, previous };
  }
  if (isStillAt(fs, path, lock)) return { path, lock, previous };
  lock.release();
  return null;
}

function createUnlessThere(fs: WriteFs, path: string): boolean {
  try {
    fs.createFile(path, 0o600)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Says who holds the lock: in a file of its own, for Windows lets nobody read what is locked. */
function writeHolder(fs: WriteFs, lockPath: string, options: LockOptions): void {
  const { now = () => new Date(), processId = Deno.pid } = options;
  const holder: LockHolder = { processId, since: now().toISOString() };
  const bytes = new TextEncoder().encode(`${JSON.stringify(holder)}\n`);
  try {
    writeAtomically(holderPathOf(lockPath), bytes, { fs, mode: 0o600 });
  } catch {
    // The lock holds without it; only the message of the next run says less.
  }
}

/** Reads who holds a lock, or held it when it was killed; null where that is not known. */
export function readHolder(fs: WriteFs, lockPath: string): LockHolder | null {
  try {
    using file = fs.openForReading(holderPathOf(lockPath));
    const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, LONGEST_HOLDER_BYTES)));
    const value: Partial<LockHolder> | null = JSON.parse(new TextDecoder().decode(bytes));
    const { processId, since } = value ?? {};
    return typeof processId === "number" && typeof since === "string" ? { processId, since } : null;
  } catch {
    return null;
  }
}

function readHolderOfStore(fs: WriteFs, store: string): LockHolder | null {
  for (const workDirectory of findWorkDirectories(fs, store)) {
    const holder = readHolder(fs, join(workDirectory, LOCK_FILE_NAME));
    if (holder !== null) return holder;
  }
  return null;
}

function holderPathOf(lockPath: string): string {
  return join(dirname(lockPath), HOLDER_FILE_NAME);
}

/** Removes the files while they are still locked, so that nobody else's are removed. */
export function removeLockFiles(fs: WriteFs, lockPath: string): void {
  for (const path of [holderPathOf(lockPath), lockPath]) {
    try {
      fs.removeFile(path);
    } catch {
      // What stays is nobody's lock, and the next run uses and removes it.
    }
  }
  removeIfEmpty(fs, dirname(lockPath));
}

function createBusyError(store: string, holder: LockHolder | null): OperationError {
  const who = holder === null ? "" : ` (process ${holder.processId}, since ${holder.since})`;
  return new OperationError("busy", `Another vecfsck is at work on ${store}${who}`, {
    path: store,
    hint: "Wait until it is done, or stop it; the lock ends with its process.",
  });
}

function createUntellableError(path: string, holder: LockHolder | null): OperationError {
  const who = holder === null ? "" : ` by process ${holder.processId} at ${holder.since}`;
  return new OperationError(
    "busy",
    `The store was locked${who}, and this file system has no locks`,
    {
      path,
      hint:
        `Make sure that no vecfsck is at work on the store on any machine, then remove ${path}.`,
    },
  );
}
