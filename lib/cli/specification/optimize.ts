/**
 * What can be typed behind `vecfsck optimize`.
 *
 * @module
 */

import type { JournalMode } from "../../stores/optimize_format.ts";
import {
  DRY_RUN_OPTION,
  FAILED_STATUS,
  JOBS_OPTION,
  MAX_MEMORY_OPTION,
  QUIET_OPTION,
  REFUSED_STATUS,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
  YES_OPTION,
} from "../specification.ts";

/** The journal modes that a database can be given. */
export const JOURNAL_MODES: readonly JournalMode[] = ["wal", "delete"];

/** The verb `optimize`. */
export const OPTIMIZE_VERBS: readonly VerbSpecification[] = [
  {
    name: "optimize",
    summary: "make a healthy store smaller and faster, without a change of what it holds",
    description: [
      "Checks the store in full, plans what can be done, says what that brings, and asks. Rows " +
      "leave the queue that both halves of their collection have taken in, once every vector " +
      "that they bring was found in the index. The full text is merged into one segment. The " +
      "rows of the database are copied into a fresh file without free pages. Indexes with many " +
      "deleted slots are written without them.",
      "A backup comes first, unless there is one that holds the same. Everything is made beside " +
      "the store, checked in full, and held against it: the contents of every collection have to " +
      "be the same. Only then the files are exchanged, all at one instant. A second run finds " +
      "nothing to do and changes no byte.",
      "A damaged store is left alone: repair it first. So is one that is in use: stop every " +
      "process that uses it. Stores of chromem-go have nothing to optimise.",
    ],
    arguments: [{ ...STORE_ARGUMENT, repeatable: true }],
    options: [
      DRY_RUN_OPTION,
      YES_OPTION,
      {
        name: "compact-indexes",
        type: "flag",
        description: "Write every index anew that has deleted slots. Otherwise only those with " +
          "at least 100 of them that are a tenth of all.",
      },
      {
        name: "journal-mode",
        type: "text",
        valueName: "MODE",
        choices: JOURNAL_MODES,
        description: "Give the database another journal mode, wal or delete. Default: the one " +
          "that it has.",
      },
      {
        name: "backups",
        type: "text",
        valueName: "DIR",
        description: "The directory of backups, as it was given to backup. " +
          "Default: STORE.backups, beside each store.",
      },
      {
        name: "no-backup",
        type: "flag",
        conflicts: ["backups"],
        description: "Make no backup. What is replaced is kept in quarantine then, and " +
          "`vecfsck undo` brings it back.",
      },
      MAX_MEMORY_OPTION,
      JOBS_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      {
        command: "vecfsck optimize --dry-run /srv/chroma",
        description: "what would be done, and what it brings; nothing is changed",
      },
      { command: "vecfsck optimize --yes /srv/chroma", description: "do it, without asking" },
      {
        command: "vecfsck optimize --yes --compact-indexes /srv/chroma",
        description: "also write indexes with few deleted slots anew",
      },
    ],
    exitStatus: [
      { code: 0, description: "Optimised, or there was nothing to do; or with --dry-run." },
      { code: 4, description: "The store is damaged: repair it first. Nothing was changed." },
      FAILED_STATUS,
      USAGE_STATUS,
      REFUSED_STATUS,
    ],
    load: () => import("../verb_optimize.ts"),
  },
];
