/**
 * What can be typed behind `vecfsck drill`.
 *
 * @module
 */

import {
  CANCELLED_STATUS,
  QUIET_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";
import { NAME_OPTIONS } from "./name_options.ts";

/** The verb `drill`. */
export const DRILL_VERBS: readonly VerbSpecification[] = [
  {
    name: "drill",
    summary: "break copies of a store, and see whether each damage is found and cured",
    description: [
      "Copies the store as a backup does, breaks a fresh copy in each of the ways that are known " +
      "from users, crashes and full disks, and lets check and repair loose on it: the check has to " +
      "name what was done, the repair has to leave no damage, every collection has to hold what it " +
      "held but for what the plan lists as lost, and the engine has to take the result where a " +
      "program asks it. The store itself is only read, also while an engine uses it.",
      "What a damage hits is chosen by a seed, which is printed: with it the same bytes are hit " +
      "again. A store that is damaged itself is not drilled.",
      "With --batches nothing is damaged: it is measured how many records at once a real server on " +
      "this machine takes without losing one and without swapping. The server is started on a copy " +
      "of the store, or on an empty one, and every collection that is made is removed again.",
    ],
    arguments: [{
      ...STORE_ARGUMENT,
      description: `${STORE_ARGUMENT.description} Only --list and --batches do without.`,
      required: false,
    }],
    options: [
      {
        name: "all",
        type: "flag",
        conflicts: ["damage", "list", "batches"],
        description: "Do every damage that there is to stores of this format.",
      },
      {
        name: "damage",
        type: "text",
        valueName: "NAME",
        repeatable: true,
        conflicts: ["list", "batches"],
        description: "Do the damage of this name. Can be given several times, or several parted " +
          "by commas.",
      },
      {
        name: "list",
        type: "flag",
        description: "List the damages and do nothing: those to stores of STORE's format, or all.",
      },
      {
        name: "batches",
        type: "flag",
        conflicts: [
          "list",
          "seed",
          "into",
          "engine-command",
          ...NAME_OPTIONS.map(({ name }) => name),
        ],
        description: "Measure batches of 10, 20, 50, 100 and more records, up to what the server " +
          "takes. Needs --server-command or --server.",
      },
      {
        name: "seed",
        type: "count",
        valueName: "N",
        description: "Choose by N what is hit. Default: a number made up for this drill.",
      },
      {
        name: "into",
        type: "text",
        valueName: "DIR",
        description: "Keep the repaired copies in DIR, which is missing or empty. Default: " +
          "the directory for temporary files, and each copy is removed when it was judged.",
      },
      ...NAME_OPTIONS,
      {
        name: "engine-command",
        type: "text",
        valueName: "CMD",
        description: "Ask the engine: run CMD for each repaired copy, with its directory as the " +
          "last argument, or in place of {store}; exit code 0 means that the engine takes the store. " +
          "No shell runs it. Needs the permission --allow-run.",
      },
      {
        name: "engine-timeout",
        type: "duration",
        valueName: "D",
        defaultValue: "60s",
        description: "How long CMD may take for one copy, or until its server answers.",
      },
      {
        name: "server-command",
        type: "text",
        valueName: "CMD",
        conflicts: ["all", "damage", "list", "server"],
        description:
          "Start the server for --batches: CMD serves the directory {store} at the port " +
          "{port} of 127.0.0.1. No shell runs it. Needs the permissions --allow-run and " +
          "--allow-net=127.0.0.1.",
      },
      {
        name: "server",
        type: "text",
        valueName: "URL",
        conflicts: ["all", "damage", "list"],
        description: "Measure a Chroma server that runs already. It gets collections of its own " +
          "whose names begin with vecfsck-drill-batches, which are removed afterwards; records " +
          "pass through the queue of its store. Needs the permission --allow-net.",
      },
      {
        name: "dimension",
        type: "count",
        valueName: "N",
        conflicts: ["all", "damage", "list"],
        description: "How many components the vectors of --batches have. Default: as many as the " +
          "largest of the server's collections, else 384.",
      },
      {
        name: "max-batch",
        type: "count",
        valueName: "N",
        conflicts: ["all", "damage", "list"],
        description: "The largest size that --batches tries. Default: what the server takes, and " +
          "10000 at the most.",
      },
      QUIET_OPTION,
    ],
    examples: [
      {
        command: "vecfsck drill --all /srv/chroma",
        description: "every damage, one after another",
      },
      {
        command: "vecfsck drill --damage header_half --seed 7 --into /tmp/look /srv/chroma",
        description: "one damage, and keep the copy",
      },
      {
        command: "vecfsck drill --all --engine-command ./open_store /srv/chroma",
        description: "with the engine as the judge",
      },
      {
        command: "vecfsck drill --batches --server-command " +
          "'chroma run --path {store} --port {port}' /srv/chroma",
        description: "how many records at once a server takes",
      },
    ],
    exitStatus: [
      {
        code: 0,
        description: "Every damage was found and cured as expected; of batches: a size was found.",
      },
      {
        code: 4,
        description: "A damage was not, or the store is damaged itself and was not drilled. Of " +
          "batches: the server lost records, or died.",
      },
      {
        code: 8,
        description: "The store could not be copied, the engine does not take it as it is, or " +
          "none of the damages can be done to it; or the server does not start, cannot be " +
          "reached, or takes no batch at all. The store was not changed.",
      },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_drill.ts"),
  },
];
