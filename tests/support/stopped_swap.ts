/**
 * A swap that is stopped in the middle, as a kill would stop it.
 *
 * @module
 */

import { assertThrows } from "@std/assert";
import { join } from "@std/path";
import { localFs } from "../../lib/fs/platform.ts";
import { swapDirectory } from "../../lib/fs/swap.ts";
import { openWorkDirectory } from "../../lib/fs/work_directory.ts";

/** Stops a swap of a directory between its two renames: it is away, and its replacement not in. */
export function stopBetweenRenames(store: string, live: string): void {
  const replacement = join(openWorkDirectory(localFs, store), "replacement");
  Deno.mkdirSync(replacement, { recursive: true });
  let isGone = false;
  const fs = {
    ...localFs,
    rename: (from: string, to: string): void => {
      if (isGone) throw new Error("Stopped");
      localFs.rename(from, to);
      isGone = from === live;
    },
  };
  assertThrows(() => swapDirectory(live, replacement, { store, fs }));
}

/** The directory of one of a store's segments. */
export function anySegmentOf(store: string): string {
  const segment = Array.from(Deno.readDirSync(store)).find((entry) => entry.isDirectory);
  return join(store, segment?.name ?? "");
}
