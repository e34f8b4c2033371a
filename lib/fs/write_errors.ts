/**
 * What a system throws while something is written: read, and made fit to be told.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";

/**
 * Tells the system's name for an error.
 *
 * @param error What was thrown.
 * @returns For instance `ENOSPC`; an empty text where there is none.
 */
export function errorCodeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : "";
}

/** The codes by which a system says that it does not have an operation, or not for this user. */
const REFUSALS: ReadonlySet<string> = new Set([
  "EPERM",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
]);

/** Whether the system refused an operation that it does not have, or not for this user. */
export function isRefusal(error: unknown): boolean {
  return REFUSALS.has(errorCodeOf(error)) || error instanceof Deno.errors.NotSupported;
}

/**
 * Turns what the system threw while something was written into an error that can be told.
 *
 * @param error What was thrown.
 * @param path The file or directory that was written.
 * @returns The error; one that is an {@linkcode OperationError} already stays as it is.
 */
export function toWriteError(error: unknown, path: string): OperationError {
  if (error instanceof OperationError) return error;
  const code = errorCodeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new OperationError("no-space", `No space left while writing ${path}`, {
      path,
      hint: "Free some space on that file system and try again; nothing was changed.",
      cause: error,
    });
  }
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable || ["EACCES", "EPERM", "EROFS"].includes(code);
  if (denied) {
    return new OperationError("permission-denied", `No permission to write ${path}`, {
      path,
      hint: "Run as the user that owns the store, or as root, and where it may be written.",
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  if (code === "EXDEV") {
    return new OperationError("write-failed", `${path} would go to another file system`, {
      path,
      hint: "Choose a place on the same file system as the store.",
      cause: error,
    });
  }
  const isAway = error instanceof Deno.errors.NotFound;
  return new OperationError("write-failed", `Cannot write ${path}: ${message}`, {
    path,
    hint: isAway
      ? "The directory in which it goes has to be there: look at the spelling, and whether the volume is mounted."
      : "Look into the kernel's log for errors of the disk.",
    cause: error,
  });
}
