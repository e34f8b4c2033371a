/**
 * Names of what lies in a directory for a while only, by which it is known for ours ever after.
 *
 * @module
 */

import { basename, dirname, join } from "@std/path";
import type { WriteFs } from "./write_fs.ts";

/** What an entry is there for: it is not complete yet, or is being removed. */
export type TemporaryPurpose = "new" | "removed";

/** File systems take names of 255 bytes; ours add 35. */
const LONGEST_BASE_BYTES = 200;

const TEMPORARY_NAME = /^\..*\.vecfsck-[0-9a-f]{16}\.(?:new|removed)$/s;

/**
 * Makes up the path of a temporary entry beside another: `.name.vecfsck-0123456789abcdef.new`.
 *
 * @param fs Where the number comes from.
 * @param path The entry beside which it lies.
 * @param purpose What it is there for.
 * @returns The path; nothing has been made.
 */
export function temporaryPathBeside(fs: WriteFs, path: string, purpose: TemporaryPurpose): string {
  const name = shorten(basename(path));
  return join(dirname(path), `.${name}.vecfsck-${fs.makeId()}.${purpose}`);
}

/** Whether a name is that of a temporary entry of vecfsck. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/**
 * Whether a path can be one that {@linkcode temporaryPathBeside} has made up for an entry. What a
 * record names as temporary is removed, so it must be.
 *
 * @param path The path of the temporary entry.
 * @param beside The entry beside which it lies.
 * @param purpose What it is there for.
 * @returns Whether the directory and the form of the name are right.
 */
export function isTemporaryPathBeside(
  path: string,
  beside: string,
  purpose: TemporaryPurpose,
): boolean {
  const name = basename(path);
  return dirname(path) === dirname(beside) && isTemporaryName(name) && name.endsWith(`.${purpose}`);
}

function shorten(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.byteLength <= LONGEST_BASE_BYTES) return name;
  // A character that is cut in two becomes U+FFFD, which takes up to two bytes more.
  return new TextDecoder().decode(bytes.subarray(0, LONGEST_BASE_BYTES - 2));
}
