/**
 * Configurations for watches that are processes of their own.
 *
 * @module
 */

import { dirname, join } from "@std/path";

/** What is checked in every second, and neither backed up nor optimised. */
export const QUICK = {
  check: { interval: "1s" },
  backup: { enabled: false },
  optimize: { enabled: false },
};

/**
 * Writes a configuration beside a store, whole at any instant.
 *
 * @param store The store.
 * @param configuration What it says besides.
 * @returns The file.
 */
export function writeWatchConfiguration(store: string, configuration: object): string {
  const path = join(dirname(store), "watch.json");
  Deno.writeTextFileSync(`${path}.new`, JSON.stringify({ stores: [store], ...configuration }));
  Deno.renameSync(`${path}.new`, path);
  return path;
}
