/**
 * Whether another program has a store open.
 *
 * A server that has Chroma's database open and does nothing holds no lock. When the file is replaced
 * under it, it goes on reading the old one and can write nothing more (1032, measured with 1.5.9). So
 * what replaces files that could stay as they are asks before (decision 12).
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { findOtherHolder, listStoreHolders } from "../machine/store_holders.ts";
import type { DetectedStore } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";

/** Whether another program has a store open. */
export type StoreUse =
  | { readonly kind: "closed" }
  | { readonly kind: "unknown" }
  | { readonly kind: "open"; readonly text: string };

/**
 * Tells whether another program has a store open.
 *
 * @param fs The file system.
 * @param store The store.
 * @returns What is known.
 */
export function readStoreUse(fs: WriteFs, store: DetectedStore): StoreUse {
  // Where there is no database, nothing is kept open.
  if (formatByName(store.format).lockedDatabase(store) === null) return { kind: "closed" };
  const holders = listStoreHolders(fs.resolve(store.path));
  const other = findOtherHolder(holders);
  if (other === null) return { kind: holders.isComplete ? "closed" : "unknown" };
  return { kind: "open", text: `process ${other.processId} has ${other.path} open` };
}

/**
 * Makes sure that no other program is known to have a store open.
 *
 * @param fs The file system.
 * @param store The store.
 * @param hint What to do about such a program, as a sentence.
 * @throws {OperationError} `busy`: a program has; the message names it.
 */
export function requireClosed(fs: WriteFs, store: DetectedStore, hint: string): void {
  const use = readStoreUse(fs, store);
  if (use.kind !== "open") return;
  throw new OperationError("busy", `The store is not touched: ${use.text}`, {
    path: store.path,
    hint,
  });
}
