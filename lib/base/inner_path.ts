/**
 * Paths that come from a file which anybody may have written.
 *
 * @module
 */

import { SEPARATOR } from "@std/path";

/**
 * Names that are devices on Windows in every directory, whatever follows behind a point; and what it
 * passes over at the end of a name, so that another file is meant.
 */
const NO_NAME_ON_WINDOWS = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?$|[. ]$/i;

/**
 * Whether a path stays below the directory that it is relative to, on this system: no part of it is
 * empty, `.` or `..`, and none means something else here.
 *
 * @param path A path with forward slashes.
 * @param separator What stands between the parts of a path on the system; on this one by default.
 */
export function isInnerPath(path: string, separator: string = SEPARATOR): boolean {
  const isWindows = separator !== "/";
  if (path.includes("\0") || (isWindows && /[\\:]/.test(path))) return false;
  return path.split("/").every((part) =>
    !["", ".", ".."].includes(part) && !(isWindows && NO_NAME_ON_WINDOWS.test(part))
  );
}
