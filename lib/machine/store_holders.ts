/**
 * Which processes have files of a store open, as far as the system tells.
 *
 * An engine that only has a store open holds no lock, so nothing that SQLite offers shows it
 * (`exclusive.ts`). Linux does, by the links in `/proc/PID/fd`; the runtime lets nobody look there who
 * was not granted every permission. And the kernel lets one look at one's own processes only, unless
 * one is root, and even then not at all of them in a container: each of those may be an engine.
 *
 * @module
 */

import { join } from "@std/path";

/** The processes that have files of a store open. */
export interface StoreHolders {
  /** Those that were found. */
  readonly holders: readonly StoreHolder[];
  /** Whether there is no other. */
  readonly isComplete: boolean;
}

/** A process that has a file of a store open. */
export interface StoreHolder {
  /** Its id. */
  readonly processId: number;
  /** A file that it has open. */
  readonly path: string;
}

const PROCESS_ID = /^\d+$/;

/** The permissions without one of which the runtime refuses `/proc`. */
const NEEDED: readonly Deno.PermissionDescriptor["name"][] = [
  "read",
  "write",
  "net",
  "env",
  "run",
  "sys",
  "ffi",
  "import",
];

/**
 * Lists the processes that have a file of a store open: this one too.
 *
 * @param store The store's directory, without links.
 * @returns The processes, each with one file, and whether all could be looked at.
 */
export function listStoreHolders(store: string): StoreHolders {
  const holders: StoreHolder[] = [];
  if (Deno.build.os !== "linux" || !NEEDED.every(isGranted)) return { holders, isComplete: false };
  let isComplete = true;
  for (const name of listNames("/proc")) {
    if (!PROCESS_ID.test(name)) continue;
    try {
      const path = findOpenFile(join("/proc", name, "fd"), store);
      if (path !== null) holders.push({ processId: Number(name), path });
    } catch {
      isComplete = false;
    }
  }
  return { holders, isComplete };
}

/**
 * Finds a process other than this one that has a file of a store open.
 *
 * @param holders The processes that have.
 * @returns One of them, or null.
 */
export function findOtherHolder({ holders }: StoreHolders): StoreHolder | null {
  return holders.find(({ processId }) => processId !== Deno.pid) ?? null;
}

function listNames(directory: string): string[] {
  return Array.from(Deno.readDirSync(directory), ({ name }) => name);
}

function isGranted(name: Deno.PermissionDescriptor["name"]): boolean {
  return Deno.permissions.querySync({ name } as Deno.PermissionDescriptor).state === "granted";
}

/** Finds a file of the store among what a process has open; a directory is no file of it. */
function findOpenFile(descriptors: string, store: string): string | null {
  const names = unlessGone(() => listNames(descriptors));
  for (const name of names ?? []) {
    const target = unlessGone(() => Deno.readLinkSync(join(descriptors, name)));
    if (target?.startsWith(`${store}/`) && !isWorkFile(target, store)) return target;
  }
  return null;
}

/** What vecfsck itself keeps inside of a store is no part of it. */
function isWorkFile(path: string, store: string): boolean {
  return path.startsWith(`${store}/.vecfsck/`);
}

/** Processes and descriptors come and go while they are looked at. */
function unlessGone<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    // ESRCH: the process has ended just now.
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return null;
    throw error;
  }
}
