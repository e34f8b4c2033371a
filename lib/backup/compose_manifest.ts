/**
 * Making the manifest of what was copied and judged.
 *
 * @module
 */

import { VERSION } from "../base/version.ts";
import type { DetectedStore } from "../model/store.ts";
import { type CopyVerdict, isDamaged } from "./judge_copy.ts";
import { type BackupManifest, MANIFEST_VERSION } from "./manifest.ts";
import type { Snapshot } from "./snapshot_options.ts";

/**
 * Makes the manifest of a backup.
 *
 * @param store The store.
 * @param snapshot What was copied.
 * @param verdict What the copy is like.
 * @param naming The name of the backup, and when the copy was checked.
 * @returns The manifest.
 */
export function composeManifest(
  store: DetectedStore,
  { createdAt, files, directories, leftOut }: Snapshot,
  { summary, findings, collections }: CopyVerdict,
  { id, checkedAt }: { id: string; checkedAt: Date },
): BackupManifest {
  return {
    vecfsckBackup: MANIFEST_VERSION,
    id,
    store: store.path,
    format: store.format,
    engine: summary.engine,
    createdAt: createdAt.toISOString(),
    vecfsckVersion: VERSION,
    good: !isDamaged(summary),
    check: {
      level: summary.level,
      verdict: summary.verdict,
      counts: summary.counts,
      findings: [...new Set(findings.map(({ code }) => code))].sort(),
      at: checkedAt.toISOString(),
    },
    collections,
    directories,
    files,
    leftOut,
  };
}
