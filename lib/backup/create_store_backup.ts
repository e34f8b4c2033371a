/**
 * Making a backup, as the library offers it.
 *
 * @module
 */

import { createBackup } from "./create.ts";
import type { BackupOutcome, BackupSettings } from "./create_options.ts";

/**
 * Makes a backup of a store as it is at one instant, also while an engine uses it. The copy is checked
 * at the full level before it counts. Older backups stay.
 *
 * @example
 * ```ts
 * import { createBackup, detectStore } from "@vecfsck/vecfsck";
 *
 * async function backUp(path: string): Promise<void> {
 *   const { backup, summary } = await createBackup(path, { force: false });
 *   console.log(backup?.directory ?? `nothing was kept: the store is ${summary?.verdict}`);
 * }
 * if (detectStore(".") !== null) await backUp(".");
 * ```
 *
 * @param path The store's directory.
 * @param settings Where it goes, and what is done with a damaged store.
 * @returns The backup, or what is wrong with the store.
 * @throws {OperationError} The store is written to all the time, cannot be read, or the backup cannot
 * be written. Nothing of it is left then.
 */
export async function createStoreBackup(
  path: string,
  settings: BackupSettings = {},
): Promise<BackupOutcome> {
  return await createBackup(path, settings);
}
