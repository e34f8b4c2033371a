/**
 * Links in a store that lead to files of other users.
 *
 * Engines follow links, and so does vecfsck. But whoever may write in a store can put a link there to
 * a file that only another user may read; and when root copies or repairs such a store, the copy is
 * given to the owner of the store. So what writes follows a link only to what belongs to that owner.
 * To root's own stores this does not apply: root may read everything.
 *
 * @module
 */

import { join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { INNER_WORK_DIRECTORY_NAME } from "../fs/work_directory.ts";
import type { EntryFacts, WriteFs } from "../fs/write_fs.ts";

/** Root, on systems that have users with numbers. */
const ROOT_USER_ID = 0;

/**
 * Whether what a link in a store leads to belongs to somebody else than the store.
 *
 * @param owner The user who owns the store's directory; null where the system has none.
 * @param target The user who owns what the link leads to.
 * @returns Whether it must not be copied for the owner of the store.
 */
export function isForeignTarget(owner: number | null, target: number | null): boolean {
  return owner !== null && owner !== ROOT_USER_ID && target !== null && target !== owner;
}

/**
 * Makes the error for such a link.
 *
 * @param path The link.
 * @returns The error.
 */
export function createForeignLinkError(path: string): OperationError {
  return new OperationError("permission-denied", `${path} is a link to a file of another user`, {
    path,
    hint:
      "Nothing was changed. If it belongs to the store, put the file itself there, or give it " +
      "to the user who owns the store's directory.",
  });
}

/**
 * Makes sure that no entry of a store, and of its directories, is a link to a file of another user.
 *
 * @param fs The file system.
 * @param store The store's directory, with every link resolved.
 * @throws {OperationError} `permission-denied`: there is such a link.
 */
export function requireOwnLinks(fs: WriteFs, store: string): void {
  const owner = fs.look(store)?.userId ?? null;
  if (owner === null || owner === ROOT_USER_ID) return;
  for (const name of fs.list(store)) {
    if (name === INNER_WORK_DIRECTORY_NAME) continue;
    const path = join(store, name);
    if (requireOwnTarget(fs, path, owner)?.kind !== "directory") continue;
    for (const child of fs.list(path)) requireOwnTarget(fs, join(path, child), owner);
  }
}

/** Looks at what stands at a path, behind a link as well; null where there is nothing. */
function requireOwnTarget(fs: WriteFs, path: string, owner: number): EntryFacts | null {
  const facts = fs.look(path);
  if (facts?.kind !== "link") return facts;
  const target = lookBehind(fs, path);
  if (isForeignTarget(owner, target?.userId ?? null)) throw createForeignLinkError(path);
  return target;
}

function lookBehind(fs: WriteFs, link: string): EntryFacts | null {
  try {
    return fs.look(fs.resolve(link));
  } catch {
    // What leads nowhere, or cannot be looked at, is copied for nobody.
    return null;
  }
}
