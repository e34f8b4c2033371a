/**
 * Indexes that were moved aside, and what a check says of a store that is without them.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import type { Finding } from "../model/finding.ts";
import type { FindingName } from "../model/codes.ts";
import { listEntries, locateItem } from "../quarantine/entries.ts";

/** What an engine lives with: it answers without the vectors that are not there. */
const GAPS: ReadonlySet<FindingName> = new Set<FindingName>(["segment-missing", "vectors-missing"]);

/**
 * Lists the indexes that lie in the quarantine of a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @returns Their directories, relative to the store.
 * @throws {OperationError} The quarantine cannot be looked at.
 */
export function listMovedAside(fs: WriteFs, store: string): ReadonlySet<string> {
  const { entries } = listEntries(store, { fs });
  const moved = entries.filter(({ manifest }) => manifest.kind === "index")
    .flatMap((entry) =>
      entry.manifest.items.filter((item) => locateItem(fs, entry, item) !== null)
    );
  return new Set(moved.map(({ from }) => from));
}

/**
 * Tells which index a finding misses, where that lies in quarantine.
 *
 * @param finding What a check has found.
 * @param movedAside The indexes in quarantine.
 * @returns The directory of the index; null where the finding is about something else.
 */
export function findMissed(
  { name, path, segment }: Pick<Finding, "name" | "path" | "segment">,
  movedAside: ReadonlySet<string>,
): string | null {
  if (!GAPS.has(name)) return null;
  const places = [segment, path?.split("/")[0] ?? null];
  return places.find((place) => place !== null && movedAside.has(place)) ?? null;
}
