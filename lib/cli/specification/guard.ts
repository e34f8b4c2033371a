/**
 * What can be typed behind `vecfsck guard`.
 *
 * @module
 */

import { GUARD_POLICIES } from "../../guard/guard_outcome.ts";
import {
  CANCELLED_STATUS,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
} from "../specification.ts";

/** The verb `guard`. */
export const GUARD_VERBS: readonly VerbSpecification[] = [
  {
    name: "guard",
    summary: "exit with 0 exactly when a store is safe to open, for the start of a service",
    description: [
      "For ExecStartPre of systemd, the entry point of a container, and cron. Everything is looked " +
      "at that can kill or mislead an engine, and of that only what has changed since it was found " +
      "to be sound. Where all is well it prints one line.",
      "Damage keeps the service from starting, unless --on-damage says what is done about it, " +
      "unasked. Nothing is ever deleted: what is replaced goes to quarantine.",
    ],
    arguments: [{ ...STORE_ARGUMENT, repeatable: true }],
    options: [
      {
        name: "on-damage",
        type: "text",
        valueName: "WAY",
        choices: GUARD_POLICIES,
        description:
          "What is done about damage. refuse: nothing, and the service does not start. " +
          "repair: what `vecfsck repair --yes` does. quarantine: damaged indexes and collections " +
          "are moved aside. restore: the newest good backup takes the place of the store. " +
          "Default: refuse.",
      },
      {
        name: "backups",
        type: "text",
        valueName: "DIR",
        description: "Where restore looks for backups. Default: STORE.backups, beside the store.",
      },
      {
        name: "wait",
        type: "duration",
        valueName: "D",
        description:
          "Wait for a store that is in use for as long as D, such as 30s. Default: not " +
          "at all.",
      },
      {
        name: "allow-missing",
        type: "flag",
        description:
          "A store that is missing, or an empty directory, is safe: the engine makes a " +
          "new one. Without it, a volume that is not mounted is noticed.",
      },
      {
        name: "probe",
        type: "text",
        valueName: "CMD",
        description:
          "Where the check finds no damage, have CMD open the store with the real engine. {store} in it " +
          "stands for the directory; else that is the last argument. A signal, no end in time, or " +
          "an exit code other than 0 says that the store is not safe. No shell runs it; needs " +
          "--allow-run.",
      },
      {
        name: "probe-timeout",
        type: "duration",
        valueName: "D",
        description: "How long CMD may take. Default: 30s.",
      },
      {
        name: "probe-on-copy",
        type: "flag",
        description: "Give CMD a copy: an engine that opens a store writes to it.",
      },
      {
        name: "journal",
        type: "flag",
        description:
          "Print on standard error alone, each line with the prefix by which systemd's " +
          "journal knows how much it matters.",
      },
      {
        name: "state",
        type: "text",
        valueName: "FILE",
        description: "Where is noted down what was found. Default: STORE.vecfsck/checked.json, " +
          "beside the store.",
      },
      {
        name: "quiet",
        short: "q",
        type: "flag",
        description: "Print nothing where all is well.",
      },
    ],
    examples: [
      {
        command: "vecfsck guard /srv/chroma && start-the-server",
        description: "start the server on a sound store only",
      },
      {
        command: "vecfsck guard --journal --wait 30s --on-damage repair /srv/chroma",
        description: "in ExecStartPre: repair what is damaged, then start",
      },
      {
        command: `vecfsck guard --probe "python3 probe_chroma.py {store}" /srv/chroma`,
        description: "have the engine itself open the store, in a process that may die of it",
      },
    ],
    exitStatus: [
      {
        code: 0,
        description: "Every store is safe to open, also after what --on-damage has done.",
      },
      { code: 4, description: "A store is not safe to open." },
      { code: 8, description: "A store could not be checked, or was in use all the time." },
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_guard.ts"),
  },
];
