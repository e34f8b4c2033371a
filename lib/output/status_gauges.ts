/**
 * The metrics of which a store has one value each.
 *
 * @module
 */

import type { BackupStatus, SystemStatus } from "../status/system_status.ts";

/** A gauge of which every store has one value at the most. */
export interface StoreGauge {
  /** Its name. */
  readonly name: string;
  /** What it is, as a sentence. */
  readonly help: string;
  /** Reads the value; null where it is not known. */
  readonly read: (status: SystemStatus) => number | null;
}

/** The collections. */
export const COLLECTION_GAUGES: readonly StoreGauge[] = [
  {
    name: "vecfsck_collections",
    help: "Collections of the store.",
    read: ({ collections }) => collections?.total ?? null,
  },
  {
    name: "vecfsck_collections_healthy",
    help: "Collections of which no damage is known.",
    read: ({ collections }) => collections?.healthy ?? null,
  },
  {
    name: "vecfsck_collections_damaged",
    help: "Collections of which damage is known.",
    read: ({ collections }) => collections?.damaged ?? null,
  },
];

/** What a store holds, and its bytes. */
export const AMOUNT_GAUGES: readonly StoreGauge[] = [
  {
    name: "vecfsck_documents",
    help: "Records or documents of the store.",
    read: ({ records }) => records,
  },
  {
    name: "vecfsck_vectors",
    help: "Vectors of the store; slots of deleted records may be among them.",
    read: ({ vectors }) => vectors,
  },
  {
    name: "vecfsck_missing_vectors",
    help: "Records that surely lack a vector.",
    read: ({ missingVectors }) => missingVectors,
  },
  {
    name: "vecfsck_pending_writes",
    help: "Writes that wait for an index.",
    read: ({ pendingWrites }) => pendingWrites,
  },
  {
    name: "vecfsck_drift_seconds",
    help: "How long before the catalogue the oldest index was last written.",
    read: ({ driftSeconds }) => driftSeconds,
  },
  {
    name: "vecfsck_queue_length",
    help: "Writes in the queue; of a queue that is too long to be counted, the most that can be.",
    read: ({ queue }) => queue?.writes ?? null,
  },
  {
    name: "vecfsck_queue_bytes",
    help: "Bytes of the writes in the queue; estimated where it is too long to be counted.",
    read: ({ queue }) => queue?.sizeBytes ?? null,
  },
  {
    name: "vecfsck_database_bytes",
    help: "Bytes of the catalogue: the database, or the files of metadata.",
    read: ({ sizes }) => sizes.databaseBytes,
  },
  {
    name: "vecfsck_index_bytes",
    help: "Bytes of the indexes.",
    read: ({ sizes }) => sizes.indexBytes,
  },
  {
    name: "vecfsck_document_bytes",
    help: "Bytes of the files of documents.",
    read: ({ sizes }) => sizes.documentBytes,
  },
  {
    name: "vecfsck_foreign_bytes",
    help: "Bytes in the store that no engine reads.",
    read: ({ sizes }) => sizes.foreignBytes,
  },
];

/** Backups, checks and what was moved aside. */
export const SAFETY_GAUGES: readonly StoreGauge[] = [
  {
    name: "vecfsck_backups",
    help: "Whole backups of the store.",
    read: ({ backups }) => backups?.total ?? null,
  },
  {
    name: "vecfsck_backups_good",
    help: "Whole backups of the store that can be trusted, as far as is known.",
    read: ({ backups }) => backups?.good ?? null,
  },
  {
    name: "vecfsck_last_good_backup_timestamp_seconds",
    help: "The last instant whose state the newest good backup is known to hold.",
    read: ({ backups }) => confirmedSeconds(backups?.newestGood),
  },
  {
    name: "vecfsck_metadata_backups",
    help: "Backups of the metadata alone.",
    read: ({ backups }) => backups?.metadataOnly ?? null,
  },
  {
    name: "vecfsck_last_good_metadata_backup_timestamp_seconds",
    help:
      "The last instant whose state the newest good backup of the metadata alone is known to hold.",
    read: ({ backups }) => confirmedSeconds(backups?.newestMetadata),
  },
  {
    name: "vecfsck_last_full_check_timestamp_seconds",
    help: "When the last full check of which anything is known was made.",
    read: ({ lastFullCheck }) => secondsOf(lastFullCheck?.at),
  },
  {
    name: "vecfsck_last_full_check_healthy",
    help: "Whether the last full check of which anything is known found no damage.",
    read: ({ lastFullCheck }) => lastFullCheck === null ? null : lastFullCheck.isSound ? 1 : 0,
  },
  {
    name: "vecfsck_quarantine_entries",
    help: "Entries of the quarantine of the store.",
    read: ({ quarantine }) => quarantine?.entries ?? null,
  },
  {
    name: "vecfsck_quarantine_bytes",
    help: "Bytes of what is in the quarantine of the store.",
    read: ({ quarantine }) => quarantine?.sizeBytes ?? null,
  },
  {
    name: "vecfsck_interrupted_changes",
    help: "Changes that vecfsck was making when it was interrupted.",
    read: ({ interruptedChanges }) => interruptedChanges,
  },
];

/** The machine, and how the numbers came about. */
export const MACHINE_GAUGES: readonly StoreGauge[] = [
  {
    name: "vecfsck_disk_free_bytes",
    help: "Bytes that can still be written where the store is.",
    read: ({ diskFreeBytes }) => diskFreeBytes,
  },
  {
    name: "vecfsck_last_success_timestamp_seconds",
    help: "When the state of the store was read.",
    read: ({ at }) => secondsOf(at),
  },
  {
    name: "vecfsck_status_duration_seconds",
    help: "How long reading the state of the store took.",
    read: ({ elapsedMs }) => elapsedMs / 1000,
  },
];

/** The watch, of which there is none for most stores. */
export const WATCH_GAUGES: readonly StoreGauge[] = [
  {
    name: "vecfsck_watch_running",
    help: "Whether a watch that has looked at the store is at work, as far as its notes tell.",
    read: ({ watch }) => watch === null ? null : watch.isRunning ? 1 : 0,
  },
  {
    name: "vecfsck_watch_seen_timestamp_seconds",
    help: "When a watch was last heard of.",
    read: ({ watch }) => secondsOf(watch?.seenAt),
  },
];

function confirmedSeconds(backup: BackupStatus | null | undefined): number | null {
  return secondsOf(backup?.confirmedAt);
}

function secondsOf(at: string | undefined): number | null {
  return at === undefined ? null : Date.parse(at) / 1000;
}
