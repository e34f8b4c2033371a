/**
 * Paths that come from a file which anybody may have written.
 *
 * @module
 */

import { SEPARATOR } from "@std/path";

/**
 * Whether a path stays below the directory that it is relative to, on this system: no part of it is
 * empty, `.` or `..`, and none means something else here.
 *
 * @param path A path with forward slashes.
 */
export function isInnerPath(path: string): boolean {
  const isForeign = /[\0]/.test(path) || (SEPARATOR !== "/" && /[\\:]/.test(path));
  return !isForeign && path.split("/").every((part) => !["", ".", ".."].includes(part));
}
