/**
 * Making the manifest of what was copied and judged.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import type { DetectedStore } from "../model/store.ts";
import type { CopyVerdict } from "./judge_copy.ts";
import {
  type BackupManifest,
  type BackupScope,
  encodeManifest,
  encodeManifestDigest,
  LONGEST_MANIFEST_BYTES,
  MANIFEST_VERSION,
} from "./manifest.ts";
import type { Snapshot } from "./snapshot_options.ts";

/**
 * Makes the manifest of a backup.
 *
 * @param store The store.
 * @param snapshot What was copied.
 * @param verdict What the copy is like.
 * @param naming The name of the backup, the permissions of the store's directory, what of the store
 * it holds, whether that is without damage, and when the copy was checked.
 * @returns The manifest.
 */
export function composeManifest(
  store: DetectedStore,
  { createdAt, files, directories, leftOut }: Snapshot,
  { summary, findings, collections }: CopyVerdict,
  { id, storeMode, scope, good, checkedAt }: {
    id: string;
    storeMode: number | null;
    scope: BackupScope;
    good: boolean;
    checkedAt: Date;
  },
): BackupManifest {
  return {
    vecfsckBackup: MANIFEST_VERSION,
    id,
    store: store.path,
    // A reader looks for it at the beginning: see peek_scope.ts.
    scope,
    storeMode,
    format: store.format,
    engine: summary.engine,
    createdAt: createdAt.toISOString(),
    vecfsckVersion: VERSION,
    good,
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

/** A manifest as it is written. */
export interface EncodedManifest {
  /** Its text. */
  readonly text: Uint8Array;
  /** The text of the file with its digest. */
  readonly digest: Uint8Array;
}

/**
 * Encodes a manifest that can be read again.
 *
 * @param manifest The manifest.
 * @returns Its bytes.
 * @throws {OperationError} It is too long: a backup that cannot be read must not be called one.
 */
export function encodeReadable(manifest: BackupManifest): EncodedManifest {
  const encoder = new TextEncoder();
  const written = encodeManifest(manifest);
  const text = encoder.encode(written);
  if (text.byteLength <= LONGEST_MANIFEST_BYTES) {
    return { text, digest: encoder.encode(encodeManifestDigest(written)) };
  }
  throw new OperationError("unsupported", "The store has too many files for one backup", {
    path: manifest.store,
    hint: "Nothing was kept. Copy it by a snapshot of the file system, and report this.",
  });
}
