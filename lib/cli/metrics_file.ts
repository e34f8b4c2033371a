/**
 * The file of metrics for the textfile collector of node_exporter.
 *
 * @module
 */

import { resolve } from "@std/path";
import { writeAtomically } from "../fs/atomic.ts";
import type { WriteFs } from "../fs/write_fs.ts";

/** What node_exporter reads as: a user of its own, who is not the one that writes. */
const METRICS_MODE = 0o644;

/**
 * Writes metrics so that a collector sees the old ones or the new ones.
 *
 * @param fs The file system.
 * @param file The file.
 * @param text The metrics.
 * @throws {OperationError} It could not be written; the old file is there as it was.
 */
export function writeMetricsFile(fs: WriteFs, file: string, text: string): void {
  const bytes = new TextEncoder().encode(text);
  writeAtomically(resolve(file), bytes, {
    fs,
    mode: METRICS_MODE,
    isExact: true,
    followsLink: true,
  });
}
