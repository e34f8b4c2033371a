/**
 * Showing a store as it will be, with what was staged for it among what stays.
 *
 * @module
 */

import { basename } from "@std/path";
import type { SwapNames } from "../fs/entry_names.ts";
import { listStaying, makeStoreView, type ViewDirectories } from "../fs/store_view.ts";
import { isCompanionName } from "../fs/swap_steps.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { databaseOf } from "../quarantine/exchange.ts";
import { adoptAttributes } from "./adopt_attributes.ts";
import type { RepairArea } from "./repair_area.ts";

/** What is shown. */
export interface StagedEntries {
  /** The store as it is. */
  readonly store: DetectedStore;
  /** Where the entries were staged, and the view goes. */
  readonly area: Pick<RepairArea, "staged" | "view">;
  /** Which come and leave. */
  readonly names: SwapNames;
  /** How directories stand in the view. */
  readonly viewDirectories: ViewDirectories;
}

/**
 * Gives what was staged the attributes that it will have, and makes the view.
 *
 * @param fs The file system.
 * @param staged What is shown.
 * @throws The system's error, unchanged.
 */
export function showStaged(
  fs: WriteFs,
  { store, area, names: { coming, leaving }, viewDirectories }: StagedEntries,
): void {
  const database = databaseOf(store);
  adoptAttributes(fs, area.staged, coming, { store: store.path, database });
  const staying = listStaying(fs, store.path, { leaving, coming });
  const own = database === null ? null : basename(database);
  // What stands beside the old database goes with it.
  const names = own === null || !coming.includes(own)
    ? staying.names
    : staying.names.filter((name) => !isCompanionName(name, own));
  makeStoreView(fs, area.view, [
    { directory: area.staged, names: coming },
    { ...staying, names },
  ], viewDirectories);
}
