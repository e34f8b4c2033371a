/**
 * The one table of what a configuration of `watch` can say. Reading a file, filling in what was left
 * out, and the schema for editors all go by it.
 *
 * @module
 */

import {
  addressField,
  byteSizeField,
  choiceField,
  durationField,
  type Fields,
  flagField,
  numberField,
  pathField,
  timeOfDayField,
  timeZoneField,
} from "./field.ts";
import { KEEP_FIELD } from "./keep_field.ts";
import {
  type StorePlan,
  WATCH_POLICIES,
  type WatchConfiguration,
  type WatchPolicy,
  type Weekday,
  WEEKDAYS,
} from "./watch_configuration.ts";

/** A section of the file. */
export interface Section<Plan> {
  /** What it is about, for people. */
  readonly description: string;
  /** Its fields. */
  readonly fields: Fields<Plan>;
}

/** Sections by name. */
export type Sections<Plans> = { readonly [Name in keyof Plans]: Section<Plans[Name]> };

/** The sections that a store can have of its own. */
export type StoreSections = Omit<StorePlan, "path">;

/** The sections that are there once. */
export type CommonSections = Pick<WatchConfiguration, "memory" | "metrics" | "log">;

/** The fields that stand in no section. */
export type CommonFields = Pick<
  WatchConfiguration,
  "listen" | "listenAnywhere" | "notes" | "timeZone"
>;

/** The sections that a store can have of its own; beside `stores` they hold for every store. */
export const STORE_SECTIONS: Sections<StoreSections> = {
  check: {
    description: "How often a store is checked",
    fields: {
      intervalMs: durationField({
        name: "interval",
        description: "How long after the begin of a check the next one begins",
        initial: "5m",
        least: "1s",
        most: "7d",
      }),
      maxDurationMs: durationField({
        name: "maxDuration",
        description: "How long one check may take; the next one goes on where it ended",
        initial: "30m",
        least: "1s",
        most: "7d",
      }),
    },
  },
  backup: {
    description: "When backups are made, and which are kept",
    fields: {
      isEnabled: flagField({
        name: "enabled",
        description: "Whether backups are made",
        initial: true,
      }),
      atMinutes: timeOfDayField({
        name: "at",
        description: "At which time of day",
        initial: "03:30",
      }),
      intervalMs: durationField({
        name: "interval",
        description: "How long lies between two backups, counted from that time of day; more " +
          "than a day counts in whole days",
        initial: "1d",
        least: "15m",
        most: "366d",
      }),
      directory: pathField({
        name: "directory",
        description: "The directory that gets them; null for the one beside the store, " +
          "STORE.backups",
        initial: null,
      }),
      keep: KEEP_FIELD,
    },
  },
  optimize: {
    description: "When a store is optimised: only while nothing writes to it",
    fields: {
      isEnabled: flagField({
        name: "enabled",
        description: "Whether stores are optimised",
        initial: true,
      }),
      weekday: choiceField<Weekday>({
        name: "weekday",
        description: "On which day of the week",
        initial: "sunday",
        choices: WEEKDAYS,
      }),
      atMinutes: timeOfDayField({
        name: "at",
        description: "At which time of day",
        initial: "02:00",
      }),
      windowMs: durationField({
        name: "window",
        description: "How long after that it is still begun, where something was writing",
        initial: "3h",
        least: "1m",
        most: "6d",
      }),
      quietMs: durationField({
        name: "quiet",
        description: "How long nothing may have been written to the store before",
        initial: "10m",
        least: "0s",
        most: "1d",
      }),
      assumeClosed: flagField({
        name: "assumeClosed",
        description: "Whether a store counts as closed where it cannot be told which programs " +
          "have it open; a server that has can write nothing more until it is started again",
        initial: false,
      }),
    },
  },
  damage: {
    description: "What is done about damage",
    fields: {
      policy: choiceField<WatchPolicy>({
        name: "policy",
        description: "alert: only say so; repair: what `vecfsck repair --yes` does; restore: the " +
          "newest good backup takes the place of the store, which goes to quarantine",
        initial: "alert",
        choices: WATCH_POLICIES,
      }),
      mostPerDay: numberField({
        name: "mostPerDay",
        description: "How often in one day at the most; after that it is only said",
        initial: 3,
        least: 1,
        most: 1000,
        isWhole: true,
      }),
    },
  },
  disk: {
    description: "From when on the room on the disk is short",
    fields: {
      minFreeBytes: byteSizeField({
        name: "minFree",
        description: "How much has to be free; with less, neither backups nor optimisations are " +
          "begun",
        initial: "1GB",
        least: "0",
      }),
    },
  },
};

/** The sections that are there once. */
export const COMMON_SECTIONS: Sections<CommonSections> = {
  memory: {
    description: "From when on memory is short",
    fields: {
      maxUsedRatio: numberField({
        name: "maxUsedRatio",
        description: "How much of it may be in use, 0.8 for 80 per cent; with more, no " +
          "optimisation is begun",
        initial: 0.8,
        least: 0.05,
        most: 1,
        isWhole: false,
      }),
    },
  },
  metrics: {
    description: "The file of metrics for the textfile collector of node_exporter",
    fields: {
      file: pathField({
        name: "file",
        description: "The file, with a name that ends with .prom; null for none",
        initial: null,
      }),
      compatibleNames: flagField({
        name: "compatibleNames",
        description: "Whether the metrics under the names of vectorstore_… come as well",
        initial: false,
      }),
    },
  },
  log: {
    description: "The log: one line for each event",
    fields: {
      file: pathField({ name: "file", description: "The file; null for none", initial: null }),
      maxSizeBytes: byteSizeField({
        name: "maxSize",
        description: "From which size on it is rotated",
        initial: "10MB",
        least: "1kB",
      }),
      keep: numberField({
        name: "keep",
        description: "How many rotated logs are kept: FILE.1 is the newest",
        initial: 5,
        least: 0,
        most: 1000,
        isWhole: true,
      }),
    },
  },
};

/** The fields that stand in no section. */
export const COMMON_FIELDS: Fields<CommonFields> = {
  listen: addressField({
    name: "listen",
    description: "Where metrics, health and the page of the state are served by HTTP; null for " +
      "nowhere",
    initial: null,
  }),
  listenAnywhere: flagField({
    name: "listenAnywhere",
    description: "Whether that may be an address that other machines reach",
    initial: false,
  }),
  notes: pathField({
    name: "notes",
    description: "The directory for notes; null for the directory that vecfsck has beside each " +
      "store, STORE.vecfsck",
    initial: null,
  }),
  timeZone: timeZoneField({
    name: "timeZone",
    description: "The time zone of every time of day; null for that of the machine",
    initial: null,
  }),
};
