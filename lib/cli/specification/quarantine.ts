/**
 * What can be typed behind `vecfsck quarantine`.
 *
 * @module
 */

import {
  type ArgumentSpecification,
  DRY_RUN_OPTION,
  type ExitStatus,
  REFUSED_STATUS,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
  YES_OPTION,
} from "../specification.ts";

const PLACE_ARGUMENT: ArgumentSpecification = {
  ...STORE_ARGUMENT,
  required: false,
  description: "The directory of a store. Default: the current directory.",
};

const FAILED_STATUS: ExitStatus = {
  code: 8,
  description: "It could not be done; the message says why, and where everything is.",
};

/** The verb `quarantine` and its actions. */
export const QUARANTINE_VERBS: readonly VerbSpecification[] = [
  {
    name: "quarantine",
    summary: "move indexes of a store aside, so that the engine does not load them",
    description: [
      "Moves the directories of indexes out of a store, each with a manifest of what was moved, " +
      "why and when. Nothing is deleted: `vecfsck quarantine restore` puts them back. Before that " +
      "it says for each index how many vectors exist nowhere else, and asks.",
      "An engine takes the vectors of a collection out of its queue once they are in the index. " +
      "Without the index the engine still counts the records, but its queries do not find those " +
      "whose vectors were nowhere else, and to ask for their embeddings fails or gives none.",
      "At least one of --stale-seconds, --damaged and --segment chooses what is moved. Stop every " +
      "process that uses the store first: a store that is in use is left alone.",
    ],
    arguments: [STORE_ARGUMENT],
    options: [
      {
        name: "stale-seconds",
        type: "count",
        valueName: "N",
        description: "Choose indexes that were last written N seconds before the catalogue or " +
          "earlier, by the time stamps alone. Such an index may be whole.",
      },
      {
        name: "damaged",
        type: "flag",
        description: "Choose indexes in whose files a full check finds an error, or worse.",
      },
      {
        name: "segment",
        type: "text",
        valueName: "UUID",
        repeatable: true,
        description: "Choose the index of this segment. Can be given several times.",
      },
      {
        name: "to",
        type: "text",
        valueName: "DIR",
        description: "Keep the data in DIR, which may be on another disk. The entry in the " +
          "quarantine of the store says where. Default: beside the store.",
      },
      DRY_RUN_OPTION,
      YES_OPTION,
    ],
    examples: [
      {
        command: "vecfsck quarantine /srv/chroma --damaged --dry-run",
        description: "which indexes are damaged, and what moving them costs",
      },
      {
        command: "vecfsck quarantine /srv/chroma --damaged --yes",
        description: "move them, without asking",
      },
      {
        command: "vecfsck quarantine /srv/chroma --stale-seconds 86400 --to /mnt/disk",
        description: "what is a day older than the catalogue, to another disk",
      },
    ],
    exitStatus: [
      { code: 0, description: "Done, or there was nothing to move." },
      FAILED_STATUS,
      USAGE_STATUS,
      REFUSED_STATUS,
    ],
    load: () => import("../verb_quarantine.ts"),
  },
  {
    name: "quarantine list",
    summary: "list what was moved aside of a store",
    description: [
      "Lists the entries in the quarantine of a store: indexes that `vecfsck quarantine` has moved, " +
      "what `vecfsck repair` and `vecfsck undo` have replaced, and stores that `vecfsck restore` or " +
      "`vecfsck quarantine restore` has replaced. Directories " +
      "that were renamed in the store itself (`.drift-` in their names) are listed as well.",
      "What a crash has left half done is brought in order first.",
    ],
    arguments: [PLACE_ARGUMENT],
    options: [],
    examples: [
      { command: "vecfsck quarantine list /srv/chroma", description: "what there is, and why" },
    ],
    exitStatus: [
      { code: 0, description: "Listed." },
      FAILED_STATUS,
      USAGE_STATUS,
    ],
    load: () => import("../verb_quarantine_list.ts"),
  },
  {
    name: "quarantine restore",
    summary: "put back what was moved aside",
    description: [
      "Puts back everything that an entry holds, after its digests were compared, and removes the " +
      "entry. Where something new stands in the place, that goes to quarantine itself.",
      "An index that comes back does not have what was written meanwhile. `vecfsck check` says " +
      "afterwards whether index and records fit.",
    ],
    arguments: [
      PLACE_ARGUMENT,
      {
        name: "ID",
        description: "The name of the entry, as `vecfsck quarantine list` shows it.",
        required: true,
        repeatable: false,
      },
    ],
    options: [],
    examples: [
      {
        command: "vecfsck quarantine restore /srv/chroma 20260131T040000Z",
        description: "put back what was moved then",
      },
    ],
    exitStatus: [
      { code: 0, description: "Put back." },
      { ...FAILED_STATUS, description: "Not put back, or not all of it; the message says why." },
      USAGE_STATUS,
    ],
    load: () => import("../verb_quarantine_restore.ts"),
  },
  {
    name: "quarantine purge",
    summary: "remove old entries from the quarantine of a store",
    description: [
      "Removes the entries that are old enough, with everything in them, for good; and those that " +
      "hold nothing, however old they are. An entry that may hold the only copy of a vector is " +
      "kept: one goes when every record of its collection has a vector in the store again, and a " +
      "whole store when the one in its place holds the same.",
    ],
    arguments: [PLACE_ARGUMENT],
    options: [
      {
        name: "older-than",
        type: "duration",
        valueName: "D",
        defaultValue: "30d",
        description: "How old an entry has to be, such as 30d.",
      },
      {
        name: "unsafe-purge-only-copies",
        type: "flag",
        description: "Remove old entries whatever they hold. What is only there is lost.",
      },
      DRY_RUN_OPTION,
      YES_OPTION,
    ],
    examples: [
      {
        command: "vecfsck quarantine purge /srv/chroma --older-than 30d --yes",
        description: "remove what is a month old and not needed",
      },
    ],
    exitStatus: [
      { code: 0, description: "Everything that was due is removed, or nothing was due." },
      { code: 4, description: "An entry that is old enough was kept for what it holds." },
      FAILED_STATUS,
      USAGE_STATUS,
      REFUSED_STATUS,
    ],
    load: () => import("../verb_quarantine_purge.ts"),
  },
];
