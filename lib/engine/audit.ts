/**
 * What a store is held against besides the check of its format.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { Finding } from "../model/finding.ts";
import type { DetectedStore } from "../model/store.ts";

/** What is held against a store besides the check: for instance a seal. */
export interface StoreAudit {
  /** How many bytes it will read, for the progress bar. */
  readonly sizeBytes: number;
  /**
   * Reads what it needs of a store and judges it.
   *
   * @param store The store.
   * @param context Who is told of progress, and what ends it.
   * @returns What was found, and which bytes were read and judged, by file.
   */
  run(store: DetectedStore, context: AuditContext): Promise<AuditResult>;
}

/** What a running audit may use of the engine. */
export interface AuditContext {
  /** Ends the audit when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** Is told how many bytes were read. */
  readonly onRead: (sizeBytes: number) => void;
}

/** What an audit found. */
export interface AuditResult {
  /** The findings. */
  readonly findings: readonly Finding[];
  /** Bytes that were read and judged, by file (relative to the store). */
  readonly checkedBytes: Readonly<Record<string, number>>;
  /** Why files could not be read. */
  readonly failures: readonly OperationError[];
}
