/**
 * Paths in a file that anybody may have written.
 *
 * @module
 */

/** Paths that lead out of the directory that they are relative to, or mean nothing, everywhere. */
export const OUTER_PATHS: readonly string[] = [
  ...["", ".", "..", "./x", "../x", "/", "/etc/passwd", "//x", "a//b", "a/", "a/.", "a/.."],
  ...["a/../../x", "a\0b"],
];
