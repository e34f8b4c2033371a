/**
 * Why a repair leaves findings alone that stores of every format can have.
 *
 * @module
 */

import type { UnansweredFinding } from "../model/repair.ts";

/** Why a finding is left alone, and whether the store is worse for it. */
export type NoCure = Pick<UnansweredFinding, "reason" | "isDamage">;

const RESTORE: NoCure = {
  reason: "What the bytes were is not known: restore a good backup, and seal the store again.",
  isDamage: true,
};

/** Findings about seals and about changes of vecfsck itself. */
export const SHARED_NO_CURES = {
  "seal-bytes-rotted": RESTORE,
  "seal-copy-differs": RESTORE,
  "seal-file-changed": {
    reason: "An engine wrote the file. Seal the store again.",
    isDamage: false,
  },
  "seal-file-missing": {
    reason: "An engine removed the file. Seal the store again.",
    isDamage: false,
  },
  "seal-file-new": {
    reason: "An engine made the file. Seal the store again.",
    isDamage: false,
  },
  "change-interrupted": {
    reason: "It is brought in order before a repair begins.",
    isDamage: false,
  },
  "transaction-interrupted": {
    reason:
      "Only its author can tell what was to be written. Restore the backup that it names, or " +
      "remove its record to keep what is there.",
    isDamage: false,
  },
} as const satisfies Record<string, NoCure>;
