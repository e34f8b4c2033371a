/**
 * Options of the verbs that look at a store: how much of it, and where what belongs to it is.
 *
 * @module
 */

import type { OptionSpecification } from "../specification.ts";

/** How much is looked at, where everything is unless it is said otherwise. */
export const LEVEL_OPTIONS: readonly OptionSpecification[] = [
  {
    name: "quick",
    type: "flag",
    conflicts: ["full"],
    description: "Look at headers, sizes and the catalogue only: done in a moment.",
  },
  {
    name: "full",
    type: "flag",
    conflicts: ["quick"],
    description: "Read every byte that can be judged. This is the default.",
  },
];

/** Where backups and the notes of a watch are. */
export const PLACE_OPTIONS: readonly OptionSpecification[] = [
  {
    name: "backups",
    type: "text",
    valueName: "DIR",
    description: "The directory of backups, as it was given to backup. " +
      "Default: STORE.backups, beside each store.",
  },
  {
    name: "notes",
    type: "text",
    valueName: "DIR",
    description: "The directory of the notes of a watch, where its configuration names one. " +
      "Default: STORE.vecfsck, beside each store.",
  },
];
