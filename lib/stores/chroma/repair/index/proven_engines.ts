/**
 * For which engines an index of ours has been tried: opened, counted, queried, read, written on,
 * flushed and opened again, by the engine itself.
 *
 * @module
 */

import type { Engine } from "../../catalogue/migrations.ts";

/**
 * The engines, as far as a schema tells them apart, each with the versions that were tried:
 * `tests/stores/chroma/repair/index/proven_engines_test.ts` tries them again.
 */
export const PROVEN_ENGINES: Readonly<Record<string, readonly string[]>> = {
  "chroma 0.4.15 to 0.4.24": ["0.4.24"],
  "chroma 0.5.6 to 0.6.3": ["0.5.23", "0.6.3"],
  "chroma 1.0 to 1.2": ["1.0.21"],
  "chroma 1.5": ["1.5.9"],
};

/**
 * Whether an engine is known to work with an index that was built here.
 *
 * @param engine The engine that wrote the store last.
 */
export function isProven({ name, newerThanKnown }: Engine): boolean {
  return !newerThanKnown && Object.hasOwn(PROVEN_ENGINES, name);
}
