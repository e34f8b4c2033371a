/**
 * The damages to databases of chromem-go.
 *
 * @module
 */

import type { DamageLibrary } from "../damage.ts";
import { COMPRESSION } from "./compression.ts";
import { DOCUMENTS } from "./documents.ts";
import { EXTENSIONS } from "./extensions.ts";
import { METADATA } from "./metadata.ts";
import { listTargetFolders } from "./places.ts";
import { VALUES } from "./values.ts";
import { WHOLE_FILES } from "./whole_files.ts";

/** The damages to databases of chromem-go; what is hit is the folder of a collection. */
export const chromemDamages: DamageLibrary = {
  format: "chromem",
  damages: [...WHOLE_FILES, ...METADATA, ...DOCUMENTS, ...EXTENSIONS, ...COMPRESSION, ...VALUES],
  listCollections: listTargetFolders,
};
