/**
 * The two parts that most damages to databases of chromem-go have: what is done to the bytes of one
 * file, and what follows from it.
 *
 * @module
 */

import type { FindingName } from "../../../model/finding_names.ts";
import type { Severity } from "../../../model/codes.ts";
import type { DamageExpectation, DamageTarget } from "../damage.ts";
import { PatchFile } from "../patch_file.ts";
import type { TargetFile } from "./places.ts";

/** Checksum and length, with which a gzip file ends. */
export const GZIP_TRAILER_SIZE_BYTES = 8;

/** Go ends the compressed data with a block of five bytes that holds nothing. */
const GZIP_END_SIZE_BYTES = 5 + GZIP_TRAILER_SIZE_BYTES;

/** What follows from most damages: an error of these names, and a repair that leaves no damage. */
export function expectError(...findings: FindingName[]): DamageExpectation {
  return expectSeverity("error", ...findings);
}

/** What follows from a damage: a finding of these names, and a repair that leaves no damage. */
export function expectSeverity(
  severity: Severity,
  ...findings: FindingName[]
): DamageExpectation {
  return { severity, findings, hidden: null, curable: true };
}

/** What follows from a damage that may leave a value like any other. */
export function expectNothing(hidden: string): DamageExpectation {
  return { severity: "info", findings: [], hidden, curable: true };
}

/** What any decoder can say of bytes that are not those that were written. */
export const ANY_DECODING_FAULT = [
  "gob-empty",
  "gob-truncated",
  "gob-malformed",
  "gob-type-mismatch",
  "gob-too-large",
  "gzip-malformed",
  "gzip-checksum",
] as const satisfies readonly FindingName[];

/** What stands in a file that another program has put there. */
export const FOREIGN_TEXT: Uint8Array = new TextEncoder().encode("Saved by another program.\n");

/** Changes bytes of a file in place. */
export function patch(
  { fs }: DamageTarget,
  path: string,
  change: (file: PatchFile) => void,
): void {
  using file = PatchFile.open(fs, path);
  change(file);
}

/**
 * Cuts a file anywhere before the last byte of its value. What comes after that in a gzip file the
 * library never looks at.
 */
export function cutSomewhere(target: DamageTarget, { path, extension }: TargetFile): void {
  patch(target, path, (file) => {
    const valueEnd = file.sizeBytes - (extension === ".gob.gz" ? GZIP_END_SIZE_BYTES : 0);
    file.truncate(1 + target.random.below(Math.max(1, valueEnd - 1)));
  });
}

/** Flips one bit of a file. */
export function flipSomeBit(target: DamageTarget, { path }: TargetFile): void {
  patch(target, path, (file) => {
    file.flipBit(target.random.below(file.sizeBytes), target.random.below(8));
  });
}
