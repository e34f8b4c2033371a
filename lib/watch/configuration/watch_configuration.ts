/**
 * What a watch does, and when: all of it, with every default filled in.
 *
 * @module
 */

import type { RetentionPolicy } from "../../backup/retention.ts";

/** A day of the week. */
export type Weekday =
  | "monday"
  | "tuesday"
  | "wednesday"
  | "thursday"
  | "friday"
  | "saturday"
  | "sunday";

/** All that there is of these. */
export const WEEKDAYS: readonly Weekday[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

/** What is done about damage. */
export type WatchPolicy = "alert" | "repair" | "restore";

/** All that there is of these. */
export const WATCH_POLICIES: readonly WatchPolicy[] = ["alert", "repair", "restore"];

/** How often a store is checked. */
export interface CheckPlan {
  /** How long after a check the next one begins, in milliseconds. */
  readonly intervalMs: number;
  /** How long one check may take, in milliseconds; the next one goes on where it ended. */
  readonly maxDurationMs: number;
}

/** When backups are made, and which are kept. */
export interface BackupPlan {
  /** Whether backups are made at all. */
  readonly isEnabled: boolean;
  /** The time of day, in minutes since midnight. */
  readonly atMinutes: number;
  /** How long lies between two backups, in milliseconds; counted from the time of day. */
  readonly intervalMs: number;
  /** The directory that gets them; the one beside the store where it is null. */
  readonly directory: string | null;
  /** The rules for which are kept. */
  readonly keep: RetentionPolicy;
}

/** When a store is optimised. */
export interface OptimizePlan {
  /** Whether it is optimised at all. */
  readonly isEnabled: boolean;
  /** The day of the week. */
  readonly weekday: Weekday;
  /** The time of day, in minutes since midnight. */
  readonly atMinutes: number;
  /** How long after that it is still begun, in milliseconds, where a writer was active. */
  readonly windowMs: number;
  /** How long nothing may have been written to the store, in milliseconds. */
  readonly quietMs: number;
  /** Whether a store counts as closed where it cannot be told which programs have it open. */
  readonly assumeClosed: boolean;
}

/** What is done about damage. */
export interface DamagePlan {
  /** What is done. */
  readonly policy: WatchPolicy;
  /** How often in one day at the most. */
  readonly mostPerDay: number;
}

/** From when on the room on the disk is short. */
export interface DiskPlan {
  /** How many bytes have to be free. */
  readonly minFreeBytes: number;
}

/** From when on memory is short. */
export interface MemoryPlan {
  /** How much of it may be in use, from 0 to 1. */
  readonly maxUsedRatio: number;
}

/** The file of metrics. */
export interface MetricsPlan {
  /** The file; null where none is written. */
  readonly file: string | null;
  /** Whether the metrics under the names of `vectorstore_…` come as well. */
  readonly compatibleNames: boolean;
}

/** The log. */
export interface LogPlan {
  /** The file; null where there is none. */
  readonly file: string | null;
  /** From which size on it is rotated, in bytes. */
  readonly maxSizeBytes: number;
  /** How many rotated ones are kept. */
  readonly keep: number;
}

/** What is done for one store. */
export interface StorePlan {
  /** The store, as an absolute path. */
  readonly path: string;
  /** How often it is checked. */
  readonly check: CheckPlan;
  /** When backups are made. */
  readonly backup: BackupPlan;
  /** When it is optimised. */
  readonly optimize: OptimizePlan;
  /** What is done about damage. */
  readonly damage: DamagePlan;
  /** From when on the room on the disk is short. */
  readonly disk: DiskPlan;
}

/** All that a watch does. */
export interface WatchConfiguration {
  /** The stores, in the order in which they have their turn. */
  readonly stores: readonly StorePlan[];
  /** From when on memory is short. */
  readonly memory: MemoryPlan;
  /** The file of metrics. */
  readonly metrics: MetricsPlan;
  /** The log. */
  readonly log: LogPlan;
  /** Where HTTP is served, as `host:port`; null where it is not. */
  readonly listen: string | null;
  /** Whether that may be an address that other machines reach. */
  readonly listenAnywhere: boolean;
  /** The directory for notes and locks; the work directory of each store where it is null. */
  readonly notes: string | null;
  /** The zone of every time of day, by its IANA name; that of the machine where it is null. */
  readonly timeZone: string | null;
}

/** What is said of one store; what is left out is as for all. */
export interface StoreSettings {
  /** The store. */
  readonly path: string;
  /** How often it is checked. */
  readonly check?: Partial<CheckPlan>;
  /** When backups are made. */
  readonly backup?: Partial<BackupPlan>;
  /** When it is optimised. */
  readonly optimize?: Partial<OptimizePlan>;
  /** What is done about damage. */
  readonly damage?: Partial<DamagePlan>;
  /** From when on the room on the disk is short. */
  readonly disk?: Partial<DiskPlan>;
}

/** What one source says: a file, the environment, options. What it leaves out, another says. */
export interface WatchSettings extends Omit<StoreSettings, "path"> {
  /** The stores; where it is left out, those of another source. */
  readonly stores?: readonly StoreSettings[];
  /** From when on memory is short. */
  readonly memory?: Partial<MemoryPlan>;
  /** The file of metrics. */
  readonly metrics?: Partial<MetricsPlan>;
  /** The log. */
  readonly log?: Partial<LogPlan>;
  /** Where HTTP is served, as `host:port`; null where it is not. */
  readonly listen?: string | null;
  /** Whether that may be an address that other machines reach. */
  readonly listenAnywhere?: boolean;
  /** The directory for notes and locks. */
  readonly notes?: string | null;
  /** The zone of every time of day, by its IANA name. */
  readonly timeZone?: string | null;
}
