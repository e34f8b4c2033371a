/**
 * Eighty-one ways to break a Chroma store, each of them the same for the same seed.
 *
 * @module
 */

import type { DamageLibrary } from "../damage.ts";
import type { ChromaDamage } from "./chroma_damage.ts";
import { DATA_LEVEL0 } from "./data_level0.ts";
import { expectationOf } from "./expectations.ts";
import { HEADER } from "./header.ts";
import { ID_MAP } from "./id_map.ts";
import { LINKS } from "./links.ts";
import { SEGMENT } from "./segment.ts";
import { SQLITE } from "./sqlite.ts";
import { SQLITE_FILE } from "./sqlite_file.ts";
import { listCollectionNames } from "./targets.ts";
import { WATERMARKS } from "./watermarks.ts";
import { WHOLE_FILE } from "./whole_files.ts";

/** Every damage to a Chroma store. */
export const CHROMA_DAMAGES: readonly ChromaDamage[] = [
  ...WHOLE_FILE,
  ...HEADER,
  ...DATA_LEVEL0,
  ...LINKS,
  ...ID_MAP,
  ...SEGMENT,
  ...SQLITE_FILE,
  ...SQLITE,
  ...WATERMARKS,
].map((breakage) => ({
  scope: breakage.file === "sqlite" ? "store" : "collection",
  ...breakage,
  expected: expectationOf(breakage.name),
}));

/** The damages to Chroma stores, and what they can be done to. */
export const chromaDamages: DamageLibrary = {
  format: "chroma",
  damages: CHROMA_DAMAGES,
  listCollections: listCollectionNames,
};
