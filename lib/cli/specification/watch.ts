/**
 * What can be typed behind `vecfsck watch`.
 *
 * @module
 */

import { WATCH_POLICIES } from "../../watch/configuration/watch_configuration.ts";
import { STORE_ARGUMENT, USAGE_STATUS, type VerbSpecification } from "../specification.ts";

/** The verb `watch`. */
export const WATCH_VERBS: readonly VerbSpecification[] = [
  {
    name: "watch",
    summary: "check stores every few minutes, back them up and optimise them, as a service",
    description: [
      "Every five minutes each store is checked, of which only what has changed is read. Each night " +
      "it is backed up, and on Sundays optimised where no program has it open. What happens is " +
      "one line each, and what goes on as it was is none. A store that is busy, missing or damaged, a " +
      "full disk, an action that fails: all of that is told, and tried again later.",
      "Damage is told, and nothing else is done about it unless --on-damage says so. What is " +
      "replaced then goes to quarantine, and after three times in one day no more is done.",
      "It goes on until SIGTERM or Ctrl-C, which end it at once. SIGHUP, or a change of the file " +
      "that --config names, makes it read that file again; one that cannot be used is told, and " +
      "what held before holds on. docs/watch.md describes the file. Options win over the file, and " +
      "the file over CHROMADB_DB_PATH, CHROMADB_MEMORY_THRESHOLD and CHROMADB_BACKUP_INTERVAL, " +
      "which count where --allow-env was granted.",
    ],
    arguments: [{
      ...STORE_ARGUMENT,
      description: `${STORE_ARGUMENT.description} Default: those that --config names.`,
      required: false,
      repeatable: true,
    }],
    options: [
      {
        name: "config",
        type: "text",
        valueName: "FILE",
        description: "The configuration, in JSON (docs/watch.md).",
      },
      {
        name: "check-config",
        type: "flag",
        description: "Show what would be done, and do nothing.",
      },
      {
        name: "every",
        type: "duration",
        valueName: "D",
        description: "How long after the begin of a check the next one begins. Default: 5m.",
      },
      {
        name: "on-damage",
        type: "text",
        valueName: "WAY",
        choices: WATCH_POLICIES,
        description: "What is done about damage. alert: it is told. repair: what `vecfsck repair " +
          "--yes` does. restore: the newest good backup takes the place of the store. Default: " +
          "alert.",
      },
      {
        name: "backups",
        type: "text",
        valueName: "DIR",
        description: "The directory that gets the backups. Default: STORE.backups, beside each " +
          "store.",
      },
      {
        name: "out",
        type: "text",
        valueName: "FILE",
        description: "Write metrics to FILE, whose name ends with .prom, after each round.",
      },
      {
        name: "compat-names",
        type: "flag",
        description: "Add vectorstore_collections_total and what else programs around chromem-go " +
          "have named so to the metrics.",
      },
      {
        name: "listen",
        type: "text",
        valueName: "ADDRESS",
        description: "Serve the state as a page, /metrics and /healthz by HTTP, for instance at " +
          "127.0.0.1:9464. Needs the permission --allow-net.",
      },
      {
        name: "listen-anywhere",
        type: "flag",
        description: "ADDRESS may be one that other machines reach. Nobody is asked who they are.",
      },
      {
        name: "log",
        type: "text",
        valueName: "FILE",
        description:
          "Write each event to FILE as well, which is rotated at 10 MB; 5 old ones are " +
          "kept.",
      },
      {
        name: "journal",
        type: "flag",
        description:
          "Print on standard error alone, each line with the prefix by which systemd's " +
          "journal knows how much it matters.",
      },
      {
        name: "quiet",
        short: "q",
        type: "flag",
        description: "Print only what is wrong.",
      },
    ],
    examples: [
      {
        command: "vecfsck watch /srv/chroma",
        description: "look after a store until Ctrl-C",
      },
      {
        command: "vecfsck watch --config /etc/vecfsck/watch.json --journal",
        description: "as a service of systemd (docs/systemd)",
      },
      {
        command: "vecfsck watch --config /etc/vecfsck/watch.json --check-config",
        description: "is the file right, and what would be done?",
      },
    ],
    exitStatus: [
      {
        code: 0,
        description: "SIGTERM ended it; or the configuration that was to be looked at is right.",
      },
      { code: 8, description: "It could not begin: a file or an address could not be opened." },
      USAGE_STATUS,
      { code: 32, description: "Ctrl-C ended it. What was being done was done, or not at all." },
    ],
    load: () => import("../verb_watch.ts"),
  },
];
