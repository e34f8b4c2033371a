/**
 * The lines of `--json` about a restore, described in `docs/json.md`.
 *
 * @module
 */

import type { MetadataChange } from "../backup/metadata_changes.ts";
import type { CollectionChange, RestorePlan } from "../backup/plan_restore.ts";
import type { RestoredStore } from "../backup/restore_options.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** What a restore is going to do. */
export interface RestorePlanLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "restore-plan";
  /** The store that was asked for, as an absolute path. */
  readonly store: string;
  /** The directory that gets the store. */
  readonly target: string;
  /** Whether something stands there. */
  readonly replaces: boolean;
  /** The name of the backup. */
  readonly backup: string;
  /** Its directory. */
  readonly path: string;
  /** The instant whose state it holds. */
  readonly createdAt: string;
  /** Whether it is of a store without damage. */
  readonly good: boolean;
  /** How many bytes are written. */
  readonly sizeBytes: number;
  /** The collections, by name; empty where only the metadata is put back. */
  readonly collections: readonly CollectionChange[];
  /** The files that are put back where that is only the metadata; else null. */
  readonly metadata: readonly MetadataChange[] | null;
}

/** What a restore has done. */
export interface RestoredLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "restored";
  /** The store that was asked for, as an absolute path. */
  readonly store: string;
  /** The directory that has the store now. */
  readonly target: string;
  /** The name of the backup. */
  readonly backup: string;
  /** The entry of the quarantine that holds what stood there. */
  readonly quarantined: string | null;
}

/**
 * Turns a plan into its line.
 *
 * @param plan The plan.
 * @returns The line.
 */
export function toRestorePlanLine(plan: RestorePlan): RestorePlanLine {
  const { store, target, replaces, backup, sizeBytes, collections, metadata } = plan;
  return {
    type: "restore-plan",
    schema: SCHEMA_VERSION,
    store,
    target,
    replaces,
    backup: backup.id,
    path: backup.directory,
    createdAt: backup.manifest.createdAt,
    good: backup.manifest.good,
    sizeBytes,
    collections,
    metadata,
  };
}

/**
 * Turns what was done into its line.
 *
 * @param restored What was done.
 * @returns The line.
 */
export function toRestoredLine({ plan, quarantined }: RestoredStore): RestoredLine {
  const { store, target, backup } = plan;
  return {
    type: "restored",
    schema: SCHEMA_VERSION,
    store,
    target,
    backup: backup.id,
    quarantined,
  };
}
