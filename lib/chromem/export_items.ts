/**
 * Reading an export file item by item, with the temporary files that this needs.
 *
 * @module
 */

import type { ExportDamage, ExportItem } from "../stores/chromem_export/read_export.ts";
import { readUnwrapped } from "../stores/chromem_export/contents.ts";
import { PreparedExport } from "../stores/chromem_export/unwrap_export.ts";
import { throwIfCancelled } from "../engine/cancelled.ts";

/** How an export is read. */
export interface ExportItemsOptions {
  /** The 32 bytes of the key of an encrypted export file. */
  key?: Uint8Array;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/**
 * Reads an export.
 *
 * @param path The file.
 * @param options The key, and a signal.
 * @yields What stands in it, up to the damage, and that, where there is one.
 * @throws {OperationError} The file cannot be read or decrypted, or there is no room for what is in
 * it.
 */
export async function* readExportItems(
  path: string,
  { key, signal }: ExportItemsOptions,
): AsyncGenerator<ExportItem | ExportDamage, void, undefined> {
  using prepared = PreparedExport.open(path, key ?? null);
  yield* readUnwrapped(prepared.place, () => throwIfCancelled(signal));
}
