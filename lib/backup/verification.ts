/**
 * What the last verification of a backup has found, kept beside its manifest in `verified.json`:
 *
 * ```
 * { "vecfsckVerification": 1, "at": "…", "level": "digests", "good": true, "confirmedAt": null,
 *   "manifestSha256": "…", "problems": [ { "path": "files/…", "problem": "…" } ] }
 * ```
 *
 * It is a note, not a proof: a file that is damaged, or of another manifest, counts as none.
 *
 * @module
 */

import { join } from "@std/path";
import { writeAtomically } from "../fs/atomic.ts";
import { digestFile } from "../fs/copy.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { FieldError, JsonFields } from "../base/json_fields.ts";
import { MANIFEST_NAME } from "./manifest.ts";

/** The name of the file in the directory of a backup. */
export const VERIFICATION_NAME = "verified.json";

/** How much was looked at: names, lengths and digests; or the store's data and contents as well. */
export type VerificationLevel = "digests" | "full";

/** Something that is wrong with a backup. */
export interface BackupProblem {
  /** The entry, relative to the directory of the backup. */
  readonly path: string;
  /** What is wrong with it, in a few words. */
  readonly problem: string;
}

/** What a verification has found. */
export interface Verification {
  /** When it ended, as ISO 8601 in UTC. */
  readonly at: string;
  /** How much was looked at. */
  readonly level: VerificationLevel;
  /** Whether nothing was wrong. */
  readonly good: boolean;
  /** What was wrong; the first of it. */
  readonly problems: readonly BackupProblem[];
  /**
   * When what it holds was last found to be the same in the store, as ISO 8601 in UTC; null where
   * nobody has looked.
   */
  readonly confirmedAt: string | null;
}

const LONGEST_VERIFICATION_BYTES = 1 << 20;

/** How many problems are kept; the verification itself names all of them. */
const MOST_PROBLEMS = 1000;

/**
 * Reads what the last verification has found.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @returns What it has found, or null where nothing is known.
 */
export function readVerification(fs: WriteFs, directory: string): Verification | null {
  const path = join(directory, VERIFICATION_NAME);
  const facts = fs.look(path);
  if (facts?.kind !== "file" || facts.sizeBytes > LONGEST_VERIFICATION_BYTES) return null;
  try {
    using file = fs.openForReading(path);
    const bytes = file.readAt(0, new Uint8Array(facts.sizeBytes));
    const fields = JsonFields.of(JSON.parse(new TextDecoder().decode(bytes)));
    if (fields.count("vecfsckVerification") !== 1) return null;
    if (fields.text("manifestSha256") !== digestFile(fs, join(directory, MANIFEST_NAME))) {
      return null;
    }
    return {
      at: fields.time("at"),
      level: fields.oneOf("level", ["digests", "full"]),
      good: fields.flag("good"),
      problems: fields.objects("problems").map((problem) => ({
        path: problem.text("path"),
        problem: problem.text("problem"),
      })),
      // Notes of versions before say nothing of it.
      confirmedAt: fields.anything("confirmedAt") === undefined
        ? null
        : fields.orNull("confirmedAt", (name) => fields.time(name)),
    };
  } catch (error) {
    if (error instanceof FieldError || error instanceof SyntaxError) return null;
    throw error;
  }
}

/**
 * Keeps what a verification has found.
 *
 * @param fs The file system.
 * @param directory The directory of the backup.
 * @param verification What it has found; that of before is kept of what it says nothing about.
 * @returns What was kept.
 * @throws {OperationError} It cannot be written.
 */
export function writeVerification(
  fs: WriteFs,
  directory: string,
  verification: Omit<Verification, "confirmedAt"> & Partial<Verification>,
): Verification {
  const confirmedAt = verification.confirmedAt ?? readVerification(fs, directory)?.confirmedAt ??
    null;
  const record = {
    vecfsckVerification: 1,
    at: verification.at,
    level: verification.level,
    good: verification.good,
    confirmedAt,
    manifestSha256: digestFile(fs, join(directory, MANIFEST_NAME)),
    problems: verification.problems.slice(0, MOST_PROBLEMS),
  };
  const bytes = new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
  writeAtomically(join(directory, VERIFICATION_NAME), bytes, { fs, mode: 0o600 });
  return { ...verification, confirmedAt };
}
