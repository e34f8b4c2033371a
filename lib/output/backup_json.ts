/**
 * The lines of `--json` about backups, described in `docs/json.md`.
 *
 * @module
 */

import type { IncompleteBackup, ListedBackup } from "../backup/catalogue.ts";
import type { BackupScope } from "../backup/manifest.ts";
import type { PrunePlan } from "../backup/prune.ts";
import type { BackupProblem, VerificationLevel } from "../backup/verification.ts";
import type { Verdict } from "../model/finding.ts";
import { type FormatName, SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** A backup. */
export interface BackupLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup";
  /** The store at the time, as an absolute path. */
  readonly store: string;
  /** The name of the backup. */
  readonly id: string;
  /** Its directory. */
  readonly path: string;
  /** The instant whose state it holds. */
  readonly createdAt: string;
  /** The format of the store. */
  readonly format: FormatName;
  /** The engine that wrote it last. */
  readonly engine: string | null;
  /** What of the store it holds. */
  readonly scope: BackupScope;
  /** Whether the check of the copy found no damage. */
  readonly good: boolean;
  /** What the check of the copy found. */
  readonly verdict: Verdict;
  /** How many files there are. */
  readonly files: number;
  /** How many bytes they have. */
  readonly sizeBytes: number;
  /** How many of them are in files that the backup before has too. */
  readonly sharedBytes: number;
  /** How many collections there are. */
  readonly collections: number;
  /** How many records they have. */
  readonly records: number;
  /** What the last verification found, or null before the first. */
  readonly verification: {
    readonly at: string;
    readonly level: VerificationLevel;
    readonly good: boolean;
  } | null;
  /** When the store was last found to hold the same, or null. */
  readonly confirmedAt: string | null;
}

/** Metadata that a store has lost since the backup before. */
export interface MetadataLostLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "metadata-lost";
  /** The store, as it was named. */
  readonly store: string;
  /** The files, relative to the store. */
  readonly paths: readonly string[];
}

/** A collection in a backup. */
export interface BackupCollectionLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup-collection";
  /** The name of the backup. */
  readonly backup: string;
  /** The id of the collection. */
  readonly id: string;
  /** Its name. */
  readonly name: string;
  /** How many records it has. */
  readonly records: number;
  /** How many of them have a vector. */
  readonly vectors: number;
  /** The logical hash of what it holds. */
  readonly hash: string;
}

/** A file in a backup. */
export interface BackupFileLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup-file";
  /** The name of the backup. */
  readonly backup: string;
  /** The file, relative to the store. */
  readonly path: string;
  /** Its length. */
  readonly sizeBytes: number;
  /** Its SHA-256. */
  readonly sha256: string;
  /** How it was copied. */
  readonly kind: "file" | "database";
  /** The backup with which it is shared, or null. */
  readonly sharedWith: string | null;
}

/** Something among the backups that is none. */
export interface BackupIncompleteLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup-incomplete";
  /** Where it is. */
  readonly path: string;
  /** Why it is no backup. */
  readonly reason: string;
}

/** What a verification found. */
export interface BackupVerificationLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup-verification";
  /** The name of the backup. */
  readonly backup: string;
  /** Its directory. */
  readonly path: string;
  /** When it ended. */
  readonly at: string;
  /** How much was looked at. */
  readonly level: VerificationLevel;
  /** Whether nothing was wrong. */
  readonly good: boolean;
  /** What was wrong. */
  readonly problems: readonly BackupProblem[];
}

/** What becomes of a backup by the rules. */
export interface BackupRetentionLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "backup-retention";
  /** The name of the backup. */
  readonly backup: string;
  /** Why it is kept; empty when it is not. */
  readonly reasons: readonly string[];
  /** Whether it was removed. */
  readonly removed: boolean;
}

/**
 * Turns a backup into its line.
 *
 * @param backup The backup.
 * @returns The line.
 */
export function toBackupLine({ id, directory, manifest, verification }: ListedBackup): BackupLine {
  return {
    type: "backup",
    schema: SCHEMA_VERSION,
    store: manifest.store,
    id,
    path: directory,
    createdAt: manifest.createdAt,
    format: manifest.format,
    engine: manifest.engine,
    scope: manifest.scope,
    good: manifest.good,
    verdict: manifest.check.verdict,
    files: manifest.files.length,
    sizeBytes: sum(manifest.files.map((file) => file.sizeBytes)),
    sharedBytes: sum(
      manifest.files.map((file) => file.sharedWith === null ? 0 : file.sizeBytes),
    ),
    collections: manifest.collections.length,
    records: sum(manifest.collections.map(({ records }) => records)),
    verification: verification === null
      ? null
      : { at: verification.at, level: verification.level, good: verification.good },
    confirmedAt: verification?.confirmedAt ?? null,
  };
}

/**
 * Turns what a store has lost of its metadata into its line.
 *
 * @param store The store, as it was named.
 * @param paths The files.
 * @returns The line.
 */
export function toLostLine(store: string, paths: readonly string[]): MetadataLostLine {
  return { type: "metadata-lost", schema: SCHEMA_VERSION, store, paths };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * Turns what a backup holds into lines.
 *
 * @param backup The backup.
 * @yields A line for each collection, then one for each file.
 */
export function* toContentsLines(
  { id, manifest }: ListedBackup,
): Generator<BackupCollectionLine | BackupFileLine, void, undefined> {
  for (const { id: collection, name, records, vectors, hash } of manifest.collections) {
    yield {
      type: "backup-collection",
      schema: SCHEMA_VERSION,
      backup: id,
      id: collection,
      name,
      records,
      vectors,
      hash,
    };
  }
  for (const { path, sizeBytes, sha256, kind, sharedWith } of manifest.files) {
    yield {
      type: "backup-file",
      schema: SCHEMA_VERSION,
      backup: id,
      path,
      sizeBytes,
      sha256,
      kind,
      sharedWith,
    };
  }
}

/**
 * Turns what is no whole backup into its line.
 *
 * @param incomplete What was found.
 * @returns The line.
 */
export function toIncompleteLine({ path, reason }: IncompleteBackup): BackupIncompleteLine {
  return { type: "backup-incomplete", schema: SCHEMA_VERSION, path, reason };
}

/**
 * Turns what becomes of backups into lines.
 *
 * @param plan What is kept and what is not.
 * @param removed The names of those that were removed.
 * @returns The lines, the newest backup first.
 */
export function toRetentionLines(
  plan: PrunePlan,
  removed: readonly string[],
): BackupRetentionLine[] {
  return plan.retention.decisions.map(({ id, reasons }) => ({
    type: "backup-retention",
    schema: SCHEMA_VERSION,
    backup: id,
    reasons,
    removed: removed.includes(id),
  }));
}
