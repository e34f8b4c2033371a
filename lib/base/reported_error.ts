/**
 * Turning whatever was thrown into an error that can be reported.
 *
 * @module
 */

import { OperationError, toOperationError } from "./errors.ts";

/**
 * Makes an error for the user of whatever was thrown. No stack trace is ever shown: to the user it
 * says nothing.
 *
 * @param error What was thrown.
 * @param path The store or file that the work was about, or null.
 * @returns The error; `internal` where this program is at fault.
 */
export function toReportedError(error: unknown, path: string | null): OperationError {
  if (error instanceof OperationError) return error;
  if (path !== null && isSystemError(error)) return toOperationError(error, path);
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new OperationError("internal", `vecfsck has a bug that stopped it here: ${message}`, {
    ...(path === null ? {} : { path }),
    hint: "This says nothing about the store. Please report it, with the version of vecfsck.",
    cause: error,
  });
}

/** Errors of the system have a code such as EIO, or a class of Deno's own. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error &&
    ("code" in error ||
      Object.values(Deno.errors).some((errorClass) => error instanceof errorClass));
}
