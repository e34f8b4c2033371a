/**
 * What can be typed behind `vecfsck restore`.
 *
 * @module
 */

import {
  CANCELLED_STATUS,
  DRY_RUN_OPTION,
  FAILED_STATUS,
  QUIET_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
  YES_OPTION,
} from "../specification.ts";

/** The verb `restore`. */
export const RESTORE_VERBS: readonly VerbSpecification[] = [
  {
    name: "restore",
    summary: "put a store from a backup into its place",
    description: [
      "Verifies a backup by its digests, writes its store beside the place where it goes, checks " +
      "that at the full level, holds the contents of every collection against the backup, and " +
      "only then swaps. What stood there is not removed: it goes to quarantine, and the command " +
      "that brings it back is printed. If anything fails, the store is as it was.",
      "Stop every process that uses the store first; one that writes is noticed, one that only " +
      "has the store open is not, and has to be started again.",
    ],
    arguments: [{ ...STORE_ARGUMENT, description: "The directory of a store; it may be lost." }],
    options: [
      {
        name: "from",
        type: "text",
        valueName: "ID|DIR",
        description: "The backup: its name, its directory, or a directory that holds backups. " +
          "Default: the newest good one in STORE.backups.",
      },
      {
        name: "at",
        type: "text",
        valueName: "TIME",
        description: "The newest good backup that is not younger than TIME: 2026-01-31, " +
          "2026-01-31T23:59Z, or a span before now such as 2h or 3d.",
      },
      {
        name: "to",
        type: "text",
        valueName: "DIR",
        description: "The directory of backups, as it was given to backup. " +
          "Default: STORE.backups, beside the store.",
      },
      {
        name: "into",
        type: "text",
        valueName: "DIR",
        description: "Write the store into DIR, which is missing or empty, and touch STORE not.",
      },
      {
        name: "metadata-only",
        type: "flag",
        description:
          "Of chromem-go: put back only the names and settings of collections that are " +
          "missing or are others. A backup with these alone, named by --from, does so anyway.",
      },
      {
        name: "force",
        type: "flag",
        description: "Take a backup that is not good, when --from names it.",
      },
      DRY_RUN_OPTION,
      YES_OPTION,
      QUIET_OPTION,
    ],
    examples: [
      {
        command: "vecfsck restore --dry-run /srv/chroma",
        description: "what the newest good backup would change",
      },
      {
        command: "vecfsck restore --yes /srv/chroma --at 3d",
        description: "the store as it was three days ago",
      },
      {
        command: "vecfsck restore /srv/chroma --into /tmp/look",
        description: "have a look without touching the store",
      },
      {
        command: "vecfsck restore /srv/chromem --metadata-only",
        description: "the names of the collections, and no record",
      },
    ],
    exitStatus: [
      { code: 0, description: "The store is restored, or with --dry-run could be." },
      FAILED_STATUS,
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_restore.ts"),
  },
];
