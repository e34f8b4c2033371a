/**
 * What the manifest of a backup says, field by field; `manifest.ts` reads and writes it.
 *
 * @module
 */

import type { SeverityCounts, Verdict } from "../model/finding.ts";
import type { CheckLevel, FormatName } from "../model/report.ts";
import type { CollectionContents, LeftOut } from "../model/store.ts";

/** What the file in the store looked like when it was copied. */
export interface SourceStamp {
  /** Its length in bytes. */
  readonly sizeBytes: number;
  /** Its time of modification, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** When anything of it was changed; null where the system has no such, or it was just before. */
  readonly changedMs: number | null;
  /** Its inode, or null where the system has none. */
  readonly inode: number | null;
  /** The change counter in the header of a database; null for other files. */
  readonly changeCounter: number | null;
}

/** A file of a backup. */
export interface BackupFile {
  /** Its path below `files/` and below the store, with forward slashes. */
  readonly path: string;
  /** Its length in the backup, in bytes. */
  readonly sizeBytes: number;
  /** The SHA-256 of its bytes in the backup. */
  readonly sha256: string;
  /** The permissions that it had in the store; the copy cannot be written. Null without such. */
  readonly mode: number | null;
  /** When it was last written in the store, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** A file was copied as it is, a database by SQLite. */
  readonly kind: "file" | "database";
  /** What it looked like in the store. */
  readonly source: SourceStamp;
  /** The backup of which it was taken over, as a second name of that file; null for a copy. */
  readonly sharedWith: string | null;
}

/** A directory of a backup. */
export interface BackupDirectory {
  /** Its path below `files/` and below the store, with forward slashes. */
  readonly path: string;
  /** The permissions that it had in the store; null where the system has none. */
  readonly mode: number | null;
}

/**
 * What a backup holds of a store: all of it, or only what tells the names of the collections and
 * their settings.
 */
export type BackupScope = "all" | "metadata";

/** What a backup can hold. */
export const SCOPES: readonly BackupScope[] = ["all", "metadata"];

/** What the full check of the copy has found. */
export interface BackupCheck {
  /** How much was looked at. */
  readonly level: CheckLevel;
  /** May the engine open it? */
  readonly verdict: Verdict;
  /** How many findings there were of each severity. */
  readonly counts: SeverityCounts;
  /** The codes of the findings, each once, sorted. */
  readonly findings: readonly string[];
  /** When it was done, as ISO 8601 in UTC. */
  readonly at: string;
}

/** What a backup holds. */
export interface BackupManifest {
  /** The version of the format. */
  readonly vecfsckBackup: 1;
  /** The name of the backup: `YYYYMMDDTHHMMSSZ`, with `-2`, `-3` … where that was taken. */
  readonly id: string;
  /** The store's directory at that time, as an absolute path. */
  readonly store: string;
  /**
   * The permissions of the store's directory; null where the system has none, and in a manifest
   * without this field.
   */
  readonly storeMode: number | null;
  /** What of the store it holds; a manifest without this field is of all. */
  readonly scope: BackupScope;
  /** The store's format. */
  readonly format: FormatName;
  /** The engine that wrote it last, or null where that cannot be told. */
  readonly engine: string | null;
  /** The instant whose state the backup holds, as ISO 8601 in UTC. */
  readonly createdAt: string;
  /** The version of vecfsck that made it. */
  readonly vecfsckVersion: string;
  /** Whether the check found no damage; false only with `--force`. */
  readonly good: boolean;
  /** What the check of the copy has found. */
  readonly check: BackupCheck;
  /** What each collection holds; empty where a backup that is not good cannot tell. */
  readonly collections: readonly CollectionContents[];
  /** The directories, the outer ones first. */
  readonly directories: readonly BackupDirectory[];
  /** The files, sorted by their paths. */
  readonly files: readonly BackupFile[];
  /** What of the store is not in the backup, and why. */
  readonly leftOut: readonly LeftOut[];
}
