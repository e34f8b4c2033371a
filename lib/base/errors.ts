/**
 * Operation errors: what went wrong with the machine, the arguments or this program.
 *
 * They are never mixed with findings, which are faults of the data (`lib/model/codes.ts`).
 *
 * @module
 */

/** Why an operation could not be carried out; stable names for `--json`. */
export type OperationErrorCode =
  | "not-found"
  | "not-a-directory"
  | "not-a-store"
  | "permission-denied"
  | "link-loop"
  | "read-failed"
  | "write-failed"
  | "no-space"
  | "no-memory"
  | "busy"
  | "cancelled"
  | "unsupported"
  | "usage"
  | "internal";

/** What an {@linkcode OperationError} is made of besides its message. */
export interface OperationErrorOptions {
  /** The file or directory that the operation was about. */
  path?: string;
  /** What the user can do next, as a sentence. */
  hint?: string;
  /** The error that lies beneath. */
  cause?: unknown;
}

/**
 * An operation failed: the store could not be read, was in use, or the call was wrong.
 *
 * @example Telling damage from trouble with the machine
 * ```ts
 * import { checkStore, OperationError } from "@vecfsck/vecfsck";
 *
 * try {
 *   for await (const event of checkStore("/no/such/store")) console.log(event.type);
 * } catch (error) {
 *   if (error instanceof OperationError) console.log(error.code); // "not-found"
 * }
 * ```
 */
export class OperationError extends Error {
  /** Why the operation failed. */
  readonly code: OperationErrorCode;
  /** The file or directory that the operation was about, or null. */
  readonly path: string | null;
  /** What the user can do next, or null. */
  readonly hint: string | null;

  /** Makes an error from its code, a message without a final period, and what else is known. */
  constructor(code: OperationErrorCode, message: string, options: OperationErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OperationError";
    this.code = code;
    this.path = options.path ?? null;
    this.hint = options.hint ?? null;
  }
}

/**
 * Turns whatever the runtime threw while `path` was touched into an {@linkcode OperationError}.
 *
 * @param error What was thrown.
 * @param path The file or directory that was touched.
 * @returns The error to throw or to report.
 */
export function toOperationError(error: unknown, path: string): OperationError {
  if (error instanceof OperationError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const posixCode = error instanceof Error && "code" in error ? String(error.code) : "";
  const { code, hint } = classify(error, posixCode);
  return new OperationError(code, describe(code, path, message), { path, hint, cause: error });
}

function classify(
  error: unknown,
  posixCode: string,
): { code: OperationErrorCode; hint: string } {
  if (error instanceof Deno.errors.NotFound) {
    return { code: "not-found", hint: "Look at the spelling, and whether the volume is mounted." };
  }
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return { code: "permission-denied", hint: "Run as the user that owns the store, or as root." };
  }
  if (error instanceof Deno.errors.FilesystemLoop || posixCode === "ELOOP") {
    return { code: "link-loop", hint: "A symbolic link leads back to itself; mend the link." };
  }
  if (error instanceof Deno.errors.NotADirectory || posixCode === "ENOTDIR") {
    return { code: "not-a-directory", hint: "Name the directory that holds the store." };
  }
  if (posixCode === "ENOSPC" || posixCode === "EDQUOT") {
    return { code: "no-space", hint: "Free some space on that file system and try again." };
  }
  return {
    code: "read-failed",
    hint: "Look into the kernel's log for errors of the disk; this says nothing about the store.",
  };
}

function describe(code: OperationErrorCode, path: string, message: string): string {
  switch (code) {
    case "not-found":
      return `No such file or directory: ${path}`;
    case "permission-denied":
      return `No permission to read ${path}`;
    case "link-loop":
      return `Too many levels of symbolic links: ${path}`;
    case "not-a-directory":
      return `Not a directory: ${path}`;
    case "no-space":
      return `No space left while writing ${path}`;
    default:
      return `Cannot read ${path}: ${message}`;
  }
}
