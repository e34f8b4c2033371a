/**
 * The record of a guarded write: `transaction.json` in the work directory, there while the write is
 * under way. Whoever finds it, and nobody at work on the store, knows that the write was interrupted
 * and where the store is as it was before (decision 11).
 *
 * ```
 * { "vecfsckTransaction": 1, "startedAt": "2026-01-31T04:00:00.000Z", "processId": 4711,
 *   "backup": "store.backups/20260131T040000Z" }
 * ```
 *
 * A path below the directory that holds the work directory is kept relative to it: a volume is
 * mounted at one place in a container and at another on its host. The record may be damaged, or have
 * come with a store that somebody else has made.
 *
 * @module
 */

import { dirname, join, relative, resolve } from "@std/path";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { isAbove } from "../fs/tree.ts";
import { findWorkDirectories, openWorkDirectory, removeIfEmpty } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";

/** A guarded write that was begun and is not ended. */
export interface TransactionRecord {
  /** The file that says so. */
  readonly path: string;
  /** When it was begun, as ISO 8601 in UTC; null where the record is damaged. */
  readonly startedAt: string | null;
  /** The directory of the backup that holds the store as it was before; null as well. */
  readonly backup: string | null;
}

/** The name of the record in the work directory. */
const RECORD_NAME = "transaction.json";

const FORMAT_VERSION = 1;
const RECORD_MODE = 0o600;

/** A record is shorter; more is none. */
const LONGEST_RECORD_BYTES = 64 << 10;

/**
 * Reads the record of a guarded write.
 *
 * @param fs The file system.
 * @param store The store's directory, which may be missing.
 * @returns What it says; null where there is none.
 */
export function readTransactionRecord(fs: WriteFs, store: string): TransactionRecord | null {
  for (const workDirectory of findWorkDirectories(fs, store)) {
    const path = join(workDirectory, RECORD_NAME);
    const facts = fs.look(path);
    if (facts === null) continue;
    const damaged = { path, startedAt: null, backup: null };
    if (facts.kind !== "file" || facts.sizeBytes > LONGEST_RECORD_BYTES) return damaged;
    return parseRecord(fs, path, facts.sizeBytes) ?? damaged;
  }
  return null;
}

function parseRecord(fs: WriteFs, path: string, sizeBytes: number): TransactionRecord | null {
  using file = fs.openForReading(path);
  const bytes = file.readAt(0, new Uint8Array(sizeBytes));
  try {
    const fields = JsonFields.of(JSON.parse(new TextDecoder().decode(bytes)));
    if (fields.count("vecfsckTransaction") !== FORMAT_VERSION) return null;
    const backup = resolve(anchorOf(path), fields.text("backup"));
    return { path, startedAt: fields.time("startedAt"), backup };
  } catch (error) {
    if (error instanceof FieldError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The directory that holds the work directory in which a record is. */
function anchorOf(path: string): string {
  return dirname(dirname(path));
}

/**
 * Puts the record of a guarded write on the disk, before the write begins. The caller holds the
 * store's lock.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param facts When it begins, and the directory of the backup.
 * @throws {OperationError} It cannot be written; the write must not begin.
 */
export function writeTransactionRecord(
  fs: WriteFs,
  store: string,
  { startedAt, backup }: { readonly startedAt: string; readonly backup: string },
): void {
  const path = join(openWorkDirectory(fs, store), RECORD_NAME);
  const anchor = anchorOf(path);
  const record = {
    vecfsckTransaction: FORMAT_VERSION,
    startedAt,
    processId: Deno.pid,
    backup: isAbove(anchor, backup) ? relative(anchor, backup) : resolve(backup),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
  writeAtomically(path, bytes, { fs, mode: RECORD_MODE });
}

/**
 * Takes the record away, on the disk too: from then on what stands in the store is what counts. The
 * caller holds the store's lock.
 *
 * @param fs The file system.
 * @param store The store's directory.
 */
export function removeTransactionRecord(fs: WriteFs, store: string): void {
  for (const workDirectory of findWorkDirectories(fs, store)) {
    const path = join(workDirectory, RECORD_NAME);
    if (fs.look(path) === null) continue;
    fs.removeFile(path);
    fs.syncDirectory(workDirectory);
    removeIfEmpty(fs, workDirectory);
  }
}
