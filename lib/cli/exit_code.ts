/**
 * Exit codes: the bits of fsck(8), ORed over the stores given.
 *
 * @module
 */

import type { OperationErrorCode } from "../base/errors.ts";
import type { Severity } from "../model/codes.ts";

/** What each bit says. */
export const EXIT = {
  /** Nothing is wrong, or there are only warnings. */
  CLEAN: 0,
  /** Damage was found, and all of it repaired. */
  REPAIRED: 1,
  /** Damage is left. */
  DAMAGED: 4,
  /** A store could not be checked. */
  FAILED: 8,
  /** The call was wrong. */
  USAGE: 16,
  /** The work was cancelled. */
  CANCELLED: 32,
} as const;

/** Bits of {@linkcode EXIT}, ORed. */
export type ExitCode = number;

/**
 * Gives the bit that a finding sets.
 *
 * @param severity How bad it is.
 * @param strict Whether warnings count as damage.
 * @returns The bit, or 0.
 */
export function exitCodeOfSeverity(severity: Severity, strict: boolean): ExitCode {
  switch (severity) {
    case "info":
      return EXIT.CLEAN;
    case "warning":
      return strict ? EXIT.DAMAGED : EXIT.CLEAN;
    case "error":
    case "fatal":
      return EXIT.DAMAGED;
  }
}

/**
 * Gives the bit that a failed operation sets.
 *
 * @param code Why it failed.
 * @returns The bit.
 */
export function exitCodeOfError(code: OperationErrorCode): ExitCode {
  if (code === "usage") return EXIT.USAGE;
  return code === "cancelled" ? EXIT.CANCELLED : EXIT.FAILED;
}
