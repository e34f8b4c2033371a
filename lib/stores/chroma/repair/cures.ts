/**
 * Which stage of a repair answers which finding, and why some need no answer.
 *
 * | stage     | what it puts right                                               | needs         |
 * | --------- | ---------------------------------------------------------------- | ------------- |
 * | database  | chroma.sqlite3 as a file, its pages, its tables                  |               |
 * | catalogue | tenants, collections, segments, settings, watermarks             | the database  |
 * | records   | records, metadata, documents, rows of the queue                  | the catalogue |
 * | fulltext  | the full text, made of the documents                             | the records   |
 * | index     | the files of a VECTOR segment, and records without a vector      | the records   |
 * | directory | what stands in the directory and belongs to nothing              | the catalogue |
 *
 * @module
 */

import type { FindingName, StoreFindingName } from "../../../model/finding_names.ts";
import type { Finding } from "../../../model/finding.ts";
import { type NoCure, SHARED_NO_CURES } from "../../no_cure.ts";
import type { RepairRequest } from "../../repair_format.ts";

/** The stages, in the order in which they run. */
export const REPAIR_STAGES = [
  "database",
  "catalogue",
  "records",
  "fulltext",
  "index",
  "directory",
] as const;

/** A stage of a repair. */
export type RepairStageName = typeof REPAIR_STAGES[number];

/** The stage that answers a finding, or why none does. */
export const CURES: Readonly<Record<StoreFindingName, RepairStageName | NoCure>> = {
  "catalogue-missing": "database",
  "catalogue-empty": "database",
  "catalogue-fresh": {
    reason: "The engine makes its tables at its first start.",
    isDamage: false,
  },
  "orphan-segment-directory": "directory",
  "moved-aside-segment": {
    reason: "It may hold the only copy of vectors; `vecfsck quarantine` shows what is known of it.",
    isDamage: false,
  },
  "foreign-entry": {
    reason: "No engine wrote it, and none reads it.",
    isDamage: false,
  },
  "file-overallocated": "directory",
  "segment-not-a-directory": "index",
  "index-older-than-catalogue": {
    reason: "An index lags behind between two flushes.",
    isDamage: false,
  },
  "segment-type-unknown": {
    reason: "This version of vecfsck does not know the type.",
    isDamage: false,
  },
  "schema-newer": {
    reason: "This version of vecfsck does not know what that engine writes.",
    isDamage: true,
  },
  "file-unreadable": {
    reason: "What stands there is no file; nobody but you knows what it is for. Move it aside.",
    isDamage: true,
  },
  "sqlite-not-a-database": "database",
  "sqlite-header-damaged": "database",
  "sqlite-truncated": "database",
  "sqlite-trailing-bytes": "database",
  "sqlite-malformed": "database",
  "sqlite-index-mismatch": "database",
  "sqlite-hot-journal": "database",
  "sqlite-stray-wal": "database",
  "sqlite-wal-pending": "database",
  "sqlite-table-missing": "database",
  "sqlite-column-missing": "database",
  "sqlite-constraint-broken": "database",
  "sqlite-stray-journal": "database",
  "sqlite-pages-unused": "database",
  "sqlite-foreign-wal": "database",
  "sqlite-trigger": "database",
  "migration-missing": "catalogue",
  "migration-changed": "catalogue",
  "tenant-missing": "catalogue",
  "database-missing": "catalogue",
  "collection-name-invalid": "catalogue",
  "collection-name-duplicate": "catalogue",
  "segment-row-missing": "catalogue",
  "segment-row-orphan": "catalogue",
  "segment-row-duplicate": "catalogue",
  "configuration-not-json": "catalogue",
  "configuration-without-type": "catalogue",
  "configuration-space-unknown": "catalogue",
  "dimension-mismatch": "catalogue",
  "dimension-missing": "catalogue",
  "watermark-poisoned": "catalogue",
  "watermark-blob": "catalogue",
  "watermark-invalid": "catalogue",
  "watermark-ahead": "catalogue",
  "watermark-missing": "catalogue",
  "watermark-orphan": "catalogue",
  "queue-configuration-invalid": "catalogue",
  "index-settings-lost": "catalogue",
  "settings-value-unreadable": "catalogue",
  "records-orphaned": "records",
  "metadata-orphaned": "records",
  "metadata-array-orphaned": "records",
  "queue-row-invalid": "records",
  "queue-unpurged": {
    reason: "The queue is whole; it only takes space.",
    isDamage: true,
  },
  "queue-orphaned": "records",
  "index-lagging": {
    reason: "The engine takes these writes in at its next flush.",
    isDamage: false,
  },
  "index-stuck": {
    reason: "The writes are safe in the queue: start the engine, and it takes them in.",
    isDamage: true,
  },
  "queue-retained": {
    reason: "This version of the engine never purges its queue.",
    isDamage: false,
  },
  "record-row-missing": "records",
  "fulltext-table-missing": "fulltext",
  "fulltext-malformed": "fulltext",
  "fulltext-rows-missing": "fulltext",
  "fulltext-text-differs": "fulltext",
  "fulltext-leftover": "fulltext",
  "document-missing": "records",
  "fulltext-row-in-the-way": "fulltext",
  "segment-missing": "index",
  "segment-file-missing": "index",
  "id-map-missing": "index",
  "header-truncated": "index",
  "header-version": "index",
  "header-geometry": "index",
  "header-parameter": "index",
  "header-capacity-low": "index",
  "header-capacity-implausible": "index",
  "header-entry-point": "index",
  "header-max-level": "index",
  "header-count-low": "index",
  "header-trailing-bytes": "index",
  "header-count-high": "index",
  "data-truncated": "index",
  "data-size-unusual": "index",
  "slot-zeroed": "index",
  "slot-neighbour-count": "index",
  "slot-neighbour-range": "index",
  "slot-neighbour-self": "index",
  "slot-neighbour-duplicate": "index",
  "slot-label-invalid": "index",
  "slot-label-duplicate": "index",
  "vector-not-finite": "index",
  "vector-not-normalised": "index",
  "deleted-slots-many": "index",
  "deleted-slots": "index",
  "slot-flags-unknown": "index",
  "slot-links-empty": "index",
  "links-truncated": "index",
  "links-record-torn": "index",
  "links-neighbour-count": "index",
  "links-neighbour-range": "index",
  "links-trailing-bytes": "index",
  "links-sparse": "index",
  "links-zeroed": "index",
  "lengths-truncated": "index",
  "lengths-invalid": "index",
  "lengths-short": "index",
  "id-map-truncated": "index",
  "id-map-undecodable": "index",
  "id-map-foreign-object": "index",
  "id-map-era": "index",
  "id-map-protocol": "index",
  "id-map-inconsistent": "index",
  "id-map-field-missing": "index",
  "id-map-dimension": "index",
  "id-map-label-invalid": "index",
  "id-map-trailing-bytes": "index",
  "id-map-leftover": "index",
  "id-map-sequences": "index",
  "graph-unreachable": "index",
  "graph-weak": "index",
  "label-without-slot": "index",
  "slot-without-id": "index",
  "vectors-missing": "index",
  "vectors-ghost": "index",
  "index-ahead": "index",
  ...SHARED_NO_CURES,
};

const OF_ANOTHER_FORMAT: NoCure = {
  reason: "It does not belong to a store of Chroma.",
  isDamage: true,
};

/**
 * Tells what becomes of a finding.
 *
 * @param name Its name.
 * @returns The stage that answers it, or why none does.
 */
export function cureOf(name: FindingName): RepairStageName | NoCure {
  const cures: Readonly<Partial<Record<FindingName, RepairStageName | NoCure>>> = CURES;
  return cures[name] ?? OF_ANOTHER_FORMAT;
}

/**
 * Tells which stage answers a finding.
 *
 * @param finding The finding.
 * @returns The stage, or null when none does.
 */
export function stageOf({ name }: Finding): RepairStageName | null {
  const cure = cureOf(name);
  return typeof cure === "string" ? cure : null;
}

/**
 * Whether pages of the database are damaged that the full text stands on. It can be made anew of the
 * documents only in a database whose pages are whole.
 *
 * @param finding The finding.
 */
export function hasDamagedPages({ name, detail }: Finding): boolean {
  return name === "fulltext-malformed" && Array.isArray(detail.ranges);
}

/**
 * Whether a finding is to be answered. Those that mean no damage are only when they are asked for:
 * a healthy store stays as it is.
 *
 * @param finding The finding.
 * @param request What was asked for.
 */
export function isWanted(finding: Finding, request: RepairRequest): boolean {
  const { onlyCodes, onlyCollection, eraseDeleted } = request;
  if (onlyCollection !== null && finding.collection !== onlyCollection) return false;
  if (onlyCodes !== null) return onlyCodes.has(finding.code);
  if (finding.severity !== "info") return true;
  return eraseDeleted && finding.name === "deleted-slots";
}
