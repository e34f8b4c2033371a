/**
 * Exit codes: the bits of fsck(8), ORed over the stores given.
 *
 * @module
 */

import type { OperationErrorCode } from "../base/errors.ts";
import type { Verdict } from "../model/finding.ts";

/** What each bit says. */
export const EXIT = {
  /** Nothing is wrong, or there are only warnings. */
  CLEAN: 0,
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
 * Gives the bit that a verdict sets.
 *
 * @param verdict What the findings of one store add up to.
 * @param strict Whether warnings count as damage.
 * @returns The bit, or 0.
 */
export function exitCodeOfVerdict(verdict: Verdict, strict: boolean): ExitCode {
  switch (verdict) {
    case "clean":
      return EXIT.CLEAN;
    case "warnings":
      return strict ? EXIT.DAMAGED : EXIT.CLEAN;
    case "damaged":
    case "unsafe":
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
