/**
 * What can be typed behind `vecfsck repair` and `vecfsck undo`.
 *
 * @module
 */

import type { IndexStrategy } from "../../model/repair.ts";
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
import { NAME_OPTIONS } from "./name_options.ts";

/** How an index can come back. */
export const STRATEGIES: readonly ("auto" | IndexStrategy)[] = ["auto", "index", "queue"];

/** What can become of collections that share one name. */
export const SHADOWED_WAYS: readonly ("apart" | "merge")[] = ["apart", "merge"];

/** The verb `repair`, and the one that takes it back. */
export const REPAIR_VERBS: readonly VerbSpecification[] = [
  {
    name: "repair",
    summary: "bring a damaged store back with everything that is still on the disk",
    description: [
      "Checks the store in full, plans what can be done about each finding, says what that brings " +
      "back and what will be lost, and asks. Vectors are saved from the index itself, from the " +
      "queue, from what was moved aside and from backups; no model is needed. No vector is " +
      "guessed: a record whose vector is gone, or cannot be told from another one's, leaves the " +
      "store into a file, with its document and metadata.",
      "Everything is made beside the store and checked in full, and only then the files are " +
      "exchanged, all at one instant. What was replaced goes to quarantine, and `vecfsck undo` " +
      "brings it back. A healthy store stays as it is, byte for byte.",
      "Stop every process that uses the store first: a store that is in use is left alone.",
    ],
    arguments: [STORE_ARGUMENT],
    options: [
      DRY_RUN_OPTION,
      YES_OPTION,
      {
        name: "only",
        type: "text",
        valueName: "CODE",
        repeatable: true,
        description: "Answer only findings of this code or name, such as VF2101. Can be given " +
          "several times, or several parted by commas. A finding that means no damage is answered " +
          "only when it is named here.",
      },
      {
        name: "collection",
        type: "text",
        valueName: "NAME",
        description: "Repair only the collection of this name.",
      },
      {
        name: "vectors",
        type: "text",
        valueName: "FILE",
        conflicts: ["embed-command"],
        description: "Take vectors of records from FILE too, one JSON object per line: a file " +
          "that --missing has written, with its `embedding` filled in. Records that had left the " +
          "store come back.",
      },
      {
        name: "missing",
        type: "text",
        valueName: "FILE",
        description: "Write the records that leave the store into FILE as well. They are always " +
          "kept in STORE.vecfsck.",
      },
      {
        name: "strategy",
        type: "text",
        valueName: "WAY",
        choices: STRATEGIES,
        description: "How an index comes back. index: built here and ready at once. queue: the " +
          "vectors go into the queue, and the engine builds its index when it starts. Default: " +
          "auto, which takes index where it was proven for that version of the engine.",
      },
      ...NAME_OPTIONS,
      {
        name: "quarantine",
        type: "flag",
        description: "Of chromem-go: move a collection whose name nothing tells to .quarantine " +
          "in the database, where chromem-go passes over it. Otherwise it gets a name by which " +
          "it can be found: recovered-FOLDER.",
      },
      {
        name: "shadowed",
        type: "text",
        valueName: "WAY",
        choices: SHADOWED_WAYS,
        description: "What becomes of collections of chromem-go that share one name. apart: each " +
          "gets a name of its own. merge: their documents come together in one. Default: apart.",
      },
      {
        name: "no-backup",
        type: "flag",
        description: "Do not keep what was replaced, unless something was lost.",
      },
      {
        name: "keep-unsearchable",
        type: "flag",
        description: "Leave records in the store whose vectors are gone. An engine answers a " +
          "request that touches one of them with an error.",
      },
      {
        name: "erase-deleted",
        type: "flag",
        description:
          "Build indexes anew that hold vectors of deleted records, and empty the free " +
          "pages of the database.",
      },
      {
        name: "embed-command",
        type: "text",
        valueName: "CMD",
        conflicts: ["vectors"],
        description:
          "Have CMD make the vectors that are gone: it reads the records as JSON lines " +
          "and writes the same lines with `embedding` filled in. No shell runs it. Needs " +
          "--allow-run.",
      },
      MAX_MEMORY_OPTION,
      JOBS_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      {
        command: "vecfsck repair --dry-run /srv/chroma",
        description: "what would be done and lost; nothing is changed",
      },
      { command: "vecfsck repair --yes /srv/chroma", description: "do it, without asking" },
      {
        command: "vecfsck repair /srv/chroma --vectors filled.jsonl",
        description: "put records back whose vectors were made again",
      },
      {
        command: "vecfsck repair /srv/chromem --names names.txt",
        description: "find the lost names of collections among these",
      },
      {
        command: "vecfsck repair /srv/chroma --only VF1004",
        description: "move aside what deleted collections have left",
      },
    ],
    exitStatus: [
      {
        code: 0,
        description: "There was nothing to repair; or with --dry-run, no damage.",
      },
      { code: 1, description: "Repaired, and a full check finds no damage any more." },
      {
        code: 4,
        description: "Damage is left, or with --dry-run: there is damage. The report names what " +
          "is left, and why.",
      },
      FAILED_STATUS,
      USAGE_STATUS,
      REFUSED_STATUS,
    ],
    load: () => import("../verb_repair.ts"),
  },
  {
    name: "undo",
    summary: "take a repair back: the store gets the files that it had before",
    description: [
      "Exchanges the files that a repair has made for those that it had replaced, byte for byte, " +
      "damage included. What the repair had made goes to quarantine in their place, so that an " +
      "undo can be undone too.",
      "Where the store has been written to since the repair, that would be gone from it: then " +
      "--force is needed.",
    ],
    arguments: [
      STORE_ARGUMENT,
      {
        name: "ID",
        description: "The name of a repair, as its report and `vecfsck quarantine list` show it. " +
          "Default: the newest.",
        required: false,
        repeatable: false,
      },
    ],
    options: [
      DRY_RUN_OPTION,
      YES_OPTION,
      {
        name: "force",
        type: "flag",
        description: "Do it although the store was written to since; what was written goes to " +
          "quarantine.",
      },
      QUIET_OPTION,
    ],
    examples: [
      { command: "vecfsck undo --dry-run /srv/chroma", description: "what would come back" },
      {
        command: "vecfsck undo --yes /srv/chroma 20260131T040000Z",
        description: "take this repair back, without asking",
      },
    ],
    exitStatus: [
      { code: 0, description: "The repair is taken back, or with --dry-run could be." },
      FAILED_STATUS,
      USAGE_STATUS,
      REFUSED_STATUS,
    ],
    load: () => import("../verb_undo.ts"),
  },
];
