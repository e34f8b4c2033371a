/**
 * What can be typed behind `vecfsck backup`.
 *
 * @module
 */

import {
  type ArgumentSpecification,
  CANCELLED_STATUS,
  DRY_RUN_OPTION,
  FAILED_STATUS,
  type OptionSpecification,
  QUIET_OPTION,
  STORE_ARGUMENT,
  USAGE_STATUS,
  type VerbSpecification,
  YES_OPTION,
} from "../specification.ts";

const TO_OPTION: OptionSpecification = {
  name: "to",
  type: "text",
  valueName: "DIR",
  description: "The directory of backups. Default: STORE.backups, beside the store.",
};

const KEEP_OPTIONS: readonly OptionSpecification[] = [
  ...([
    ["last", "Keep the newest N backups."],
    ["hourly", "Keep the newest backup of each of the last N hours that have one."],
    ["daily", "The same for days. Without any --keep option: 7."],
    ["weekly", "The same for weeks, which begin on Monday."],
    ["monthly", "The same for months. All of this in UTC."],
  ] as const).map(([name, description]): OptionSpecification => ({
    name: `keep-${name}`,
    type: "count",
    valueName: "N",
    description,
  })),
  {
    name: "keep-within",
    type: "duration",
    valueName: "D",
    description: "Keep what is not older than the newest backup by more than D, such as 30d.",
  },
];

const METADATA_OPTION: OptionSpecification = {
  name: "metadata-only",
  type: "flag",
  description: "Of chromem-go: only the names and settings of the collections. Nothing is done " +
    "where they are as in the newest such backup; the --keep options are for such backups alone.",
};

const ID_ARGUMENT: ArgumentSpecification = {
  name: "ID",
  description:
    "The name of a backup, as `backup list` shows it; or a time, for the newest backup " +
    "that is not younger. Default: the newest good one.",
  required: false,
  repeatable: false,
};

const PLACE_ARGUMENT: ArgumentSpecification = {
  ...STORE_ARGUMENT,
  description: "The directory of a store; it may be lost.",
};

/** The verb `backup` and its actions. */
export const BACKUP_VERBS: readonly VerbSpecification[] = [
  {
    name: "backup",
    summary: "copy a store as it is at one instant, also while an engine uses it",
    description: [
      "Copies the database by SQLite's online backup and the other files with it, all as they were " +
      "at one instant, and checks the copy at the full level: only then it counts as a backup. A " +
      "torn copy is never called one. Files that have not changed since the backup before are " +
      "shared with it where the file system can.",
      "An engine need not be stopped. While its database is copied it cannot commit, and waits; " +
      "one that never rests is held off for as long as the copy takes.",
      "Afterwards old backups are removed: by default one is kept for each of the last seven days. " +
      "The newest good backup is never removed.",
      "With --metadata-only the backup holds the names and settings of the collections and no " +
      "record: `restore --metadata-only` puts them back. It never counts as a backup of the store.",
    ],
    arguments: [STORE_ARGUMENT],
    options: [
      TO_OPTION,
      METADATA_OPTION,
      ...KEEP_OPTIONS,
      {
        name: "force",
        type: "flag",
        description: "Back up a damaged store too; the backup is marked as not good.",
      },
      {
        name: "verify",
        type: "flag",
        description: "Read the backup again before it counts, and compare the SHA-256 digests.",
      },
      {
        name: "tar",
        type: "text",
        valueName: "-",
        description: "Write the backup as tar to standard output. Without --to nothing stays here.",
      },
      {
        name: "from",
        type: "text",
        valueName: "ID",
        description: "With --tar: make no backup, write the one that is there.",
      },
      QUIET_OPTION,
    ],
    examples: [
      { command: "vecfsck backup /srv/chroma", description: "a backup in /srv/chroma.backups" },
      {
        command: "vecfsck backup /srv/chroma --to /mnt/disk/chroma --keep-daily 7 --keep-weekly 4",
        description: "on another disk, seven days and four weeks kept",
      },
      {
        command: "vecfsck backup /srv/chroma --tar - | ssh host 'cat > chroma.tar'",
        description: "to another machine",
      },
      {
        command: "vecfsck backup --quiet /srv/chromem --metadata-only --keep-last 100",
        description: "names and settings, every minute from a timer",
      },
    ],
    exitStatus: [
      { code: 0, description: "The backup is made and good, or the one before holds the same." },
      { code: 4, description: "The store is damaged. Without --force nothing was kept." },
      FAILED_STATUS,
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_backup.ts"),
  },
  {
    name: "backup list",
    summary: "list the backups of a store",
    description: [
      "Lists the backups with their age, and what is known of each. A directory that several " +
      "stores share can be listed without a store: --to DIR alone.",
    ],
    arguments: [{ ...PLACE_ARGUMENT, required: false }],
    options: [TO_OPTION],
    examples: [{ command: "vecfsck backup list /srv/chroma", description: "the newest last" }],
    exitStatus: [
      { code: 0, description: "The list was printed; it may be empty." },
      FAILED_STATUS,
      USAGE_STATUS,
    ],
    load: async () => ({ run: (await import("../verb_backup_list.ts")).runList }),
  },
  {
    name: "backup show",
    summary: "show what a backup holds",
    description: ["Shows the collections with their counts and hashes, and the files."],
    arguments: [PLACE_ARGUMENT, ID_ARGUMENT],
    options: [TO_OPTION, {
      ...METADATA_OPTION,
      description: "Without ID: the newest good one with the metadata alone.",
    }],
    examples: [{ command: "vecfsck backup show /srv/chroma", description: "the newest" }],
    exitStatus: [
      { code: 0, description: "It was printed." },
      FAILED_STATUS,
      USAGE_STATUS,
    ],
    load: async () => ({ run: (await import("../verb_backup_list.ts")).runShow }),
  },
  {
    name: "backup verify",
    summary: "read backups again and say what is missing, extra or changed",
    description: [
      "Reads every file of a backup and compares it with the manifest: names, lengths and SHA-256 " +
      "digests. The result is kept beside the manifest.",
    ],
    arguments: [
      PLACE_ARGUMENT,
      { ...ID_ARGUMENT, description: "The name of a backup. Default: all of them." },
    ],
    options: [
      TO_OPTION,
      {
        name: "full",
        type: "flag",
        description: "Check the copied store at the full level as well, and compare what its " +
          "collections hold with the manifest.",
      },
      QUIET_OPTION,
    ],
    examples: [
      { command: "vecfsck backup verify /srv/chroma", description: "all backups of a store" },
      {
        command: "vecfsck backup verify --full /srv/chroma 20260131T040000Z",
        description: "one, as thoroughly as can be",
      },
    ],
    exitStatus: [
      { code: 0, description: "Every backup is whole." },
      { code: 4, description: "A backup is not what its manifest says." },
      FAILED_STATUS,
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_backup_verify.ts"),
  },
  {
    name: "backup prune",
    summary: "remove the backups that the rules do not keep",
    description: [
      "A backup is kept when any rule keeps it. The newest good backup always is; before anything " +
      "is removed it is read again and compared with its digests. Backups that are not good take " +
      "no place of good ones. Those with the metadata alone are left alone, unless it is they that " +
      "are meant (--metadata-only).",
    ],
    arguments: [PLACE_ARGUMENT],
    options: [
      TO_OPTION,
      {
        ...METADATA_OPTION,
        description: "Remove backups with the metadata alone, and none of the others.",
      },
      ...KEEP_OPTIONS,
      {
        name: "unsafe-allow-remove-all",
        type: "flag",
        description: "With rules that keep nothing, such as --keep-last 0: remove every backup.",
      },
      DRY_RUN_OPTION,
      YES_OPTION,
    ],
    examples: [
      {
        command: "vecfsck backup prune -n /srv/chroma --keep-daily 7 --keep-weekly 4",
        description: "what these rules would remove",
      },
    ],
    exitStatus: [
      { code: 0, description: "It was done, or there was nothing to do." },
      { code: 4, description: "A backup that has to stay is damaged, and was marked." },
      FAILED_STATUS,
      USAGE_STATUS,
      CANCELLED_STATUS,
    ],
    load: () => import("../verb_backup_prune.ts"),
  },
];
