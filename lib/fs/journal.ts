/**
 * The journal: a record of every change that a crash can leave half done, written before the change
 * and removed after it. A record is one file, `journal/<id>.json` in the work directory, written
 * atomically:
 *
 * ```
 * { "vecfsckJournal": 1, "sha256": "<of the text of the record>", "record": "{…}" }
 * ```
 *
 * Paths below the directory that holds the work directory are kept relative to it: a volume is
 * mounted at one place in a container and at another on its host.
 *
 * @module
 */

import { dirname, join, relative, resolve } from "@std/path";
import { createHash } from "../base/node_library.ts";
import { writeAtomically } from "./atomic.ts";
import { OperationError } from "../base/errors.ts";
import { findOverlap, folderOf, isSwapName } from "./entry_names.ts";
import { isTemporaryPathBeside } from "./names.ts";
import { isAbove, removeTemporaries, syncNames } from "./tree.ts";
import { ensureDirectory, removeIfEmpty } from "./work_directory.ts";
import type { WriteFs } from "./write_fs.ts";

/** A replacement takes the place of what is live. */
export interface SwapRecord {
  readonly kind: "swap-directory" | "swap-file";
  /** The name of the record. */
  readonly id: string;
  /** When it was begun, as ISO 8601 in UTC. */
  readonly startedAt: string;
  /** What is replaced. */
  readonly live: string;
  /** Whether there was anything to replace. */
  readonly hadLive: boolean;
  /** What takes its place. */
  readonly replacement: string;
  /** Where the original goes: a directory as it is, a file into a directory of that name. */
  readonly aside: string;
}

/** All entries of a directory are exchanged, which itself stays; see `swap_entries.ts`. */
export interface EntriesRecord {
  readonly kind: "swap-entries";
  /** The name of the record. */
  readonly id: string;
  /** When it was begun, as ISO 8601 in UTC. */
  readonly startedAt: string;
  /** The directory whose entries are exchanged. */
  readonly live: string;
  /** The directory from which the new entries come. */
  readonly replacement: string;
  /** The directory to which the old entries go. */
  readonly aside: string;
  /**
   * The names that leave, but for the database and what belongs to it: of entries, `name`, or of
   * entries of one of its directories, `folder/name`.
   */
  readonly leaving: readonly string[];
  /** The names that come. */
  readonly coming: readonly string[];
  /** The database among those that come, which is exchanged last; or null. */
  readonly database: string | null;
  /** Whether there was a database. */
  readonly hadDatabase: boolean;
}

/** An entry is copied to another file system and then removed. */
export interface MoveRecord {
  readonly kind: "move";
  /** The name of the record. */
  readonly id: string;
  /** When it was begun, as ISO 8601 in UTC. */
  readonly startedAt: string;
  /** What is moved. */
  readonly source: string;
  /** Where it goes. */
  readonly destination: string;
  /** What the copy is called until it is complete. */
  readonly incomplete: string;
  /** What the original is called while it is removed. */
  readonly removed: string;
}

/** A record of the journal. */
export type JournalRecord = SwapRecord | EntriesRecord | MoveRecord;

/** What a journal holds. */
export interface JournalContent {
  /** The records, the oldest first. */
  readonly records: readonly JournalRecord[];
  /** Files that are no whole records. */
  readonly unreadable: readonly string[];
}

/** The name of the journal in the work directory. */
export const JOURNAL_DIRECTORY_NAME = "journal";

const FORMAT_VERSION = 1;

/** No record is longer: it would name more than a million files. */
export const LONGEST_RECORD_BYTES: number = 64 << 20;

const SWAP_PATHS = ["live", "replacement", "aside"] as const;
const ENTRIES_PATHS = ["live", "replacement", "aside"] as const;
const MOVE_PATHS = ["source", "destination", "incomplete", "removed"] as const;

/** The journal in one work directory. */
export class Journal {
  readonly #fs: WriteFs;
  readonly #directory: string;
  readonly #anchor: string;

  /** Takes the journal in a work directory; nothing is read or made yet. */
  constructor(fs: WriteFs, workDirectory: string) {
    this.#fs = fs;
    this.#directory = join(workDirectory, JOURNAL_DIRECTORY_NAME);
    this.#anchor = dirname(workDirectory);
  }

  /**
   * Puts a record on the disk.
   *
   * @throws {OperationError} It could not be written; the change must not begin.
   */
  write(record: JournalRecord): void {
    ensureDirectory(this.#fs, this.#directory);
    const text = JSON.stringify(mapPaths(record, (path) => this.#toPortable(path)));
    const file = { vecfsckJournal: FORMAT_VERSION, sha256: digestText(text), record: text };
    const bytes = new TextEncoder().encode(`${JSON.stringify(file)}\n`);
    if (bytes.byteLength > LONGEST_RECORD_BYTES) throw createLengthError(this.#pathOf(record));
    writeAtomically(this.#pathOf(record), bytes, { fs: this.#fs, mode: 0o600 });
    this.settle();
  }

  /**
   * Waits until the records that can be read are on the disk, with the directories that they are
   * in, which may be older than this run and still not be there.
   */
  settle(): void {
    if (this.#fs.look(this.#directory)?.kind !== "directory") return;
    this.#fs.syncDirectory(this.#directory);
    syncNames(this.#fs, this.#directory, this.#anchor);
  }

  /** Takes a record away, on the disk too, and the journal with it when it was the last. */
  remove(record: JournalRecord): void {
    this.#fs.removeFile(this.#pathOf(record));
    this.#fs.syncDirectory(this.#directory);
    removeIfEmpty(this.#fs, this.#directory);
  }

  /** Reads every record. */
  read(): JournalContent {
    const records: JournalRecord[] = [];
    const unreadable: string[] = [];
    if (this.#fs.look(this.#directory)?.kind !== "directory") return { records, unreadable };
    for (const name of this.#fs.list(this.#directory)) {
      if (!name.endsWith(".json")) continue;
      const path = join(this.#directory, name);
      const record = this.#parse(path);
      if (record === null || this.#pathOf(record) !== path) unreadable.push(path);
      else records.push(record);
    }
    records.sort((first, second) => first.startedAt < second.startedAt ? -1 : 1);
    return { records, unreadable };
  }

  /** Removes what a write that was interrupted has left; the caller holds the lock. */
  tidy(): void {
    removeTemporaries(this.#fs, this.#directory);
    removeIfEmpty(this.#fs, this.#directory);
  }

  #pathOf(record: JournalRecord): string {
    return join(this.#directory, `${record.id}.json`);
  }

  #parse(path: string): JournalRecord | null {
    const facts = this.#fs.look(path);
    if (facts?.kind !== "file" || facts.sizeBytes > LONGEST_RECORD_BYTES) return null;
    using file = this.#fs.openForReading(path);
    const bytes = file.readAt(0, new Uint8Array(Math.min(file.sizeBytes, LONGEST_RECORD_BYTES)));
    const record = parseRecord(new TextDecoder().decode(bytes));
    if (record === null) return null;
    const resolved = mapPaths(record, (path) => resolve(this.#anchor, path));
    return hasTemporaryPaths(resolved) ? resolved : null;
  }

  #toPortable(path: string): string {
    if (!isAbove(this.#anchor, path)) return resolve(path);
    return relative(this.#anchor, path) || ".";
  }
}

/**
 * Parses the text of a record.
 *
 * @param text What the file holds.
 * @returns The record with its paths as they stand there, or null when it is not whole.
 */
export function parseRecord(text: string): JournalRecord | null {
  const file = parseObject(text);
  const inner = file?.record;
  if (file?.vecfsckJournal !== FORMAT_VERSION || typeof inner !== "string") return null;
  if (file.sha256 !== digestText(inner)) return null;
  const record = parseObject(inner);
  if (record === null || !hasTexts(record, ["id", "startedAt"])) return null;
  const isSwap = record.kind === "swap-directory" || record.kind === "swap-file";
  if (isSwap && hasTexts(record, SWAP_PATHS) && typeof record.hadLive === "boolean") {
    return record as unknown as SwapRecord;
  }
  if (record.kind === "swap-entries" && hasTexts(record, ENTRIES_PATHS) && hasNames(record)) {
    return record as unknown as EntriesRecord;
  }
  if (record.kind === "move" && hasTexts(record, MOVE_PATHS)) {
    return record as unknown as MoveRecord;
  }
  return null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}

function hasTexts(value: Record<string, unknown>, keys: readonly string[]): boolean {
  return keys.every((key) => typeof value[key] === "string" && value[key] !== "");
}

/** Whether what is going to be removed is ours: a store that came with a record may be hostile. */
function hasTemporaryPaths(record: JournalRecord): boolean {
  return record.kind !== "move" ||
    isTemporaryPathBeside(record.incomplete, record.destination, "new") &&
      isTemporaryPathBeside(record.removed, record.source, "removed");
}

/** Whether the names of entries are names: a store that came with a record may be hostile. */
function hasNames({ leaving, coming, database, hadDatabase }: Record<string, unknown>): boolean {
  const names: unknown = [leaving, coming].every(Array.isArray) ? [leaving, coming].flat() : null;
  return typeof hadDatabase === "boolean" && isDatabaseName(database) &&
    Array.isArray(names) && names.every(isSwapName) && findOverlap(names) === null;
}

function isDatabaseName(database: unknown): boolean {
  return database === null || isSwapName(database) && folderOf(database) === null;
}

function createLengthError(path: string): OperationError {
  return new OperationError(
    "write-failed",
    `Too many entries would be exchanged at once: ${path}`,
    {
      path,
      hint:
        "Nothing was changed. Exchange whole directories instead of the files in them, or fewer.",
    },
  );
}

/**
 * Tells every path that a record names.
 *
 * @param record The record.
 * @returns The paths.
 */
export function pathsOf(record: JournalRecord): string[] {
  return record.kind === "move"
    ? MOVE_PATHS.map((key) => record[key])
    : SWAP_PATHS.map((key) => record[key]);
}

function mapPaths(record: JournalRecord, map: (path: string) => string): JournalRecord {
  const { kind } = record;
  if (kind === "move") return { ...record, ...mapEach(record, MOVE_PATHS, map) };
  return { ...record, ...mapEach(record, SWAP_PATHS, map) };
}

function mapEach<Key extends string>(
  record: Readonly<Record<Key, string>>,
  keys: readonly Key[],
  map: (path: string) => string,
): Record<Key, string> {
  return Object.fromEntries(keys.map((key) => [key, map(record[key])])) as Record<Key, string>;
}

function digestText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
