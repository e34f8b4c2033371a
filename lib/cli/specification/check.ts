/**
 * What can be typed behind `vecfsck check`.
 *
 * @module
 */

import {
  type ArgumentSpecification,
  CANCELLED_STATUS,
  JOBS_OPTION,
  RECURSIVE_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";
import { LEVEL_OPTIONS } from "./look_options.ts";
import { NAME_OPTIONS } from "./name_options.ts";

const CHECKED_ARGUMENT: ArgumentSpecification = {
  ...STORE_ARGUMENT,
  description: `${STORE_ARGUMENT.description} Or an export file of chromem-go.`,
  repeatable: true,
  canBeFile: true,
};

/** The verb `check`. */
export const CHECK_VERBS: readonly VerbSpecification[] = [
  {
    name: "check",
    summary: "say whether a store is safe to open, and what is damaged",
    description: [
      "Reads a store and names the file, the record and the byte of everything that is wrong with " +
      "it, what that does, and what to do next. Nothing in the store is changed, not even a time " +
      "stamp, and no engine is started. A store that something writes to meanwhile cannot be " +
      "judged: stop that first, or check a backup.",
      "Of several stores as many are checked at once as --jobs says. They are told of in the order " +
      "of their paths: one that is sound has a line, and the worst are named once more at the end.",
      "Where a collection of chromem-go has lost its name, names are tried: those given here, and " +
      "those that its documents, the databases beside it and a built-in list suggest. An export " +
      "file of chromem-go can be checked like a store, with gzip and encryption too; it is " +
      "decompressed into the directory for temporary files.",
    ],
    arguments: [CHECKED_ARGUMENT],
    options: [
      ...LEVEL_OPTIONS,
      RECURSIVE_OPTION,
      JOBS_OPTION,
      {
        name: "strict",
        type: "flag",
        description: "Let warnings count as damage: exit with 4.",
      },
      {
        name: "seal",
        type: "text",
        valueName: "FILE",
        description: "Hold every block of every file against the seal in FILE as well.",
      },
      {
        name: "sealed",
        type: "flag",
        description: "The same with the seal that `vecfsck seal STORE` has made.",
      },
      {
        name: "since-seal",
        type: "flag",
        conflicts: ["quick"],
        description: "Leave out what has not changed (size, times, inode) since the last seal or " +
          "check with this option, if that found no damage; say so, and note down what was found.",
      },
      {
        name: "max-duration",
        type: "duration",
        valueName: "D",
        description: "Stop the check of a store after D, such as 10m, and go on there the next " +
          "time: what was read longest ago is read first.",
      },
      {
        name: "state",
        type: "text",
        valueName: "FILE",
        description: "Where --since-seal and --max-duration note down what was found. Default: " +
          "STORE.vecfsck/checked.json, beside the store.",
      },
      {
        name: "stale-seconds",
        type: "count",
        valueName: "N",
        defaultValue: 3600,
        description: "Name an index that is older than the catalogue by more than N seconds.",
      },
      ...NAME_OPTIONS,
      {
        name: "key-file",
        type: "text",
        valueName: "FILE",
        description: "Decrypt an encrypted export file with the key in FILE: 32 bytes, as the " +
          "program gives them to chromem-go. A line break may follow.",
      },
      {
        name: "max-findings",
        type: "count",
        valueName: "N",
        description: "List at most N findings of a store: as text the worst ones, unfolded; with " +
          "--json the first ones. Otherwise the text lists 100 and folds repeats, and --json " +
          "lists all.",
      },
      {
        name: "quiet",
        short: "q",
        type: "flag",
        description: "Print only the verdicts of stores that are not clean, and no progress.",
      },
    ],
    examples: [
      { command: "vecfsck check /srv/chroma", description: "read all of one store" },
      { command: "vecfsck check --quick --recursive /srv", description: "a first look at many" },
      {
        command: "vecfsck check --recursive --jobs 8 --since-seal -q /srv",
        description: "thousands of stores, those that have changed",
      },
      { command: "vecfsck check --sealed /srv/chroma", description: "find flipped bits too" },
      {
        command: "vecfsck check --since-seal --max-duration 10m /srv/chroma",
        description: "each night a part of what has changed",
      },
      {
        command: "vecfsck check -q --strict /srv/chroma || mail-the-operator",
        description: "for cron: no output and 0 while all is well",
      },
      {
        command: "vecfsck check --names names.txt /srv/chromem",
        description: "which of these names belong to collections that have lost theirs",
      },
      {
        command: "vecfsck check export.gob.enc --key-file export.key",
        description: "an encrypted export file of chromem-go",
      },
      {
        command: "vecfsck check --json /srv/chroma | jq 'select(.type==\"finding\")'",
        description: "every finding, for a program",
      },
    ],
    exitStatus: [
      {
        code: 0,
        description:
          "Every store is clean, or has only warnings; or with --max-duration the time " +
          "was over and no damage is known.",
      },
      { code: 4, description: "A store is damaged, or with --strict has warnings." },
      { code: 8, description: "A store could not be checked: that says nothing about its data." },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_check.ts"),
  },
];
