/**
 * The state of a store in numbers and one verdict: the screen for people, the metrics, and what
 * programs read. A number that cannot be known, or not in a moment, is null.
 *
 * @module
 */

import type { MemoryStatus } from "../machine/memory.ts";
import type { Severity } from "../model/codes.ts";
import type { SeverityCounts, Verdict } from "../model/finding.ts";
import type { CheckLevel, FormatName } from "../model/report.ts";
import type { QueueStatistics, SizeStatistics } from "../model/statistics.ts";
import type { VerificationLevel } from "../backup/verification.ts";
import type { ActionOutcome, ScheduledAction, WatchAction, WatchState } from "./watch_notes.ts";

/** The findings of one code. */
export interface FindingKindStatus {
  /** The code. */
  readonly code: string;
  /** The name that belongs to it. */
  readonly name: string;
  /** How bad it is. */
  readonly severity: Severity;
  /** What it is about, for people. */
  readonly title: string;
  /** How many findings there are of it. */
  readonly findings: number;
}

/** Whether the store is well, as far as is known. */
export interface HealthStatus {
  /** What the check just now has found, and the last full one where that still holds. */
  readonly verdict: Verdict;
  /** How much was looked at just now. */
  readonly level: CheckLevel;
  /** How many findings of each severity that gave. */
  readonly counts: SeverityCounts;
  /** The same by code, the worst first; information is left out. */
  readonly kinds: readonly FindingKindStatus[];
  /** Whether it is known that an engine that starts now refuses the store, or can be killed by it. */
  readonly isRefused: boolean | null;
}

/** The last full check of which anything is known. */
export interface FullCheckStatus {
  /** When it was done, as ISO 8601 in UTC. */
  readonly at: string;
  /** How long ago that is, in whole seconds. */
  readonly ageSeconds: number;
  /** Who did it: this status itself, a check that notes down what it finds, or a backup. */
  readonly source: "status" | "check" | "backup";
  /** Whether it found nothing that is an error or worse. */
  readonly isSound: boolean;
  /** Whether the files are as they were then; null where that is not known. */
  readonly isCurrent: boolean | null;
}

/** The state of one collection. */
export interface CollectionStatus {
  /** Its name, or the name of its place where that is lost. */
  readonly name: string;
  /** How many records or documents it has. */
  readonly records: number | null;
  /** Whether no error, or anything worse, is known of it. */
  readonly isHealthy: boolean;
}

/** The collections of a store. */
export interface CollectionsStatus {
  /** How many there are. */
  readonly total: number;
  /** How many of them no error is known of. */
  readonly healthy: number;
  /** How many are damaged. */
  readonly damaged: number;
  /** Each of them, in the order of the catalogue. */
  readonly each: readonly CollectionStatus[];
}

/** A backup of the store. */
export interface BackupStatus {
  /** Its name. */
  readonly id: string;
  /** The instant whose state was copied, as ISO 8601 in UTC. */
  readonly createdAt: string;
  /** The last instant whose state it is known to hold: the same, or when that was confirmed. */
  readonly confirmedAt: string;
  /** How long ago that is, in whole seconds. */
  readonly ageSeconds: number;
  /** When it was last verified, or null where it never was. */
  readonly verifiedAt: string | null;
  /** How much that verification looked at. */
  readonly verifiedLevel: VerificationLevel | null;
}

/** The backups of a store. */
export interface BackupsStatus {
  /** The directory that was looked at. */
  readonly directory: string;
  /** How many whole backups there are. */
  readonly total: number;
  /** How many of them can be trusted, as far as is known. */
  readonly good: number;
  /** The newest of those, or null. */
  readonly newestGood: BackupStatus | null;
  /** How many backups there are of the metadata alone. */
  readonly metadataOnly: number;
  /** The newest good one of those, or null. */
  readonly newestMetadata: BackupStatus | null;
  /** How many entries look like a backup and are none. */
  readonly incomplete: number;
}

/** What was moved aside of a store. */
export interface QuarantineStatus {
  /** How many entries there are: in its quarantine, and moved aside in the store itself. */
  readonly entries: number;
  /** The bytes of what they hold. */
  readonly sizeBytes: number;
}

/** How an action of a watch went the last time. */
export interface WatchActionStatus {
  /** The action. */
  readonly action: WatchAction;
  /** When it ended, or began where it has not ended, as ISO 8601 in UTC. */
  readonly at: string;
  /** How long ago that is, in whole seconds. */
  readonly ageSeconds: number;
  /** How it went; null while it is under way. */
  readonly outcome: ActionOutcome | null;
  /** What came of it, for people. */
  readonly message: string | null;
  /** When it last ended well, as ISO 8601 in UTC. */
  readonly doneAt: string | null;
  /** How often it has failed since it last ended well. */
  readonly failures: number;
}

/** What a watch has noted down about the store. */
export interface WatchStatus {
  /** Whether it is at work, as far as its notes tell. */
  readonly isRunning: boolean;
  /** When it began, as ISO 8601 in UTC. */
  readonly since: string;
  /** When it was last heard of, as ISO 8601 in UTC. */
  readonly seenAt: string;
  /** How long ago that is, in whole seconds. */
  readonly seenSeconds: number;
  /** How the store was to it. */
  readonly state: WatchState;
  /** Since when, as ISO 8601 in UTC. */
  readonly stateSince: string;
  /** What is done next, the soonest first; nothing where it is not at work. */
  readonly next: readonly ScheduledAction[];
  /** What was done last of each kind; what never was is left out. */
  readonly actions: readonly WatchActionStatus[];
}

/** How a store grows, by the samples of a watch. */
export interface GrowthStatus {
  /** The first day. */
  readonly since: string;
  /** How many days lie between the first sample and the last one. */
  readonly days: number;
  /** The bytes of all files by which it has grown in a day; negative where it has shrunk. */
  readonly bytesPerDay: number;
  /** The records or documents that came in a day; null where they are not known. */
  readonly recordsPerDay: number | null;
}

/** The state of a store. */
export interface SystemStatus {
  /** The store, as an absolute path. */
  readonly store: string;
  /** Its format. */
  readonly format: FormatName;
  /** The engine that wrote it last, as far as it tells. */
  readonly engine: string | null;
  /** When this was read, as ISO 8601 in UTC. */
  readonly at: string;
  /** Whether it is well. */
  readonly health: HealthStatus;
  /** The last full check of which anything is known. */
  readonly lastFullCheck: FullCheckStatus | null;
  /** The collections; null where they cannot be read. */
  readonly collections: CollectionsStatus | null;
  /** How many records or documents there are. */
  readonly records: number | null;
  /** How many vectors there are; slots of deleted records may be among them. */
  readonly vectors: number | null;
  /** How many records surely lack a vector. */
  readonly missingVectors: number | null;
  /** How many writes wait for an index. */
  readonly pendingWrites: number | null;
  /** How long before the catalogue the oldest index was last written. */
  readonly driftSeconds: number | null;
  /** The write-ahead queue; null where the format has none, or it cannot be read. */
  readonly queue: QueueStatistics | null;
  /** The bytes by what they are for. */
  readonly sizes: SizeStatistics;
  /** The backups; null where their directory cannot be looked at. */
  readonly backups: BackupsStatus | null;
  /** What was moved aside; null where that cannot be looked at. */
  readonly quarantine: QuarantineStatus | null;
  /** How many changes that vecfsck made were interrupted. */
  readonly interruptedChanges: number;
  /** How many bytes can still be written beside the store; null where that may not be asked. */
  readonly diskFreeBytes: number | null;
  /** The memory of the machine. */
  readonly memory: MemoryStatus;
  /** How the store grows; null where no watch has seen it on two days. */
  readonly growth: GrowthStatus | null;
  /** What a watch has noted down; null where none has, or it cannot be read. */
  readonly watch: WatchStatus | null;
  /** How long all this took, in milliseconds. */
  readonly elapsedMs: number;
}

/** What came of reading the state of one store. */
export interface StatusOutcome {
  /** The store as it was named, as an absolute path: the same whether it can be read or not. */
  readonly store: string;
  /** Its state, or null where it could not be read. */
  readonly status: SystemStatus | null;
  /** Whether it could not be read because something was writing to it all the time. */
  readonly isBusy: boolean;
}
