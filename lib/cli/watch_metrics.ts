/**
 * The file of metrics that a watch writes after each round.
 *
 * @module
 */

import { toReportedError } from "../base/reported_error.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { renderMetrics } from "../output/prometheus.ts";
import { listStatusMetrics } from "../output/status_metrics.ts";
import type { StatusOutcome } from "../status/system_status.ts";
import type { ProgramMonitor } from "../watch/monitor_types.ts";
import type { MetricsPlan } from "../watch/configuration/watch_configuration.ts";
import { writeMetricsFile } from "./metrics_file.ts";

/** Writes metrics. */
export class WatchMetrics {
  readonly #fs: WriteFs;
  #plan: MetricsPlan = { file: null, compatibleNames: false };
  #outcomes: readonly StatusOutcome[] = [];
  #isLost = false;

  /** Takes the file system; nothing is written before a file is named. */
  constructor(fs: WriteFs) {
    this.#fs = fs;
  }

  /** Goes on in another way, from the next round on. */
  follow(plan: MetricsPlan): void {
    this.#plan = plan;
  }

  /** Writes how the stores are. */
  write(outcomes: readonly StatusOutcome[], monitor: Pick<ProgramMonitor, "tell">): void {
    this.#outcomes = outcomes;
    const { file } = this.#plan;
    if (file === null) return;
    try {
      this.#put(file, outcomes);
      if (this.#isLost) monitor.tell("metrics-back", null, describeBack(file), { path: file });
      this.#isLost = false;
    } catch (error) {
      const { message, hint } = toReportedError(error, file);
      const details = { path: file, problem: message, hint };
      // The next round tries again; one line is enough.
      if (!this.#isLost) {
        monitor.tell("metrics-lost", null, `The metrics cannot be written: ${message}`, details);
      }
      this.#isLost = true;
    }
  }

  /** Says for the last time how the stores are: that nobody watches them any more. */
  close(): void {
    const { file } = this.#plan;
    if (file === null || this.#outcomes.length === 0) return;
    try {
      this.#put(file, this.#outcomes.map(endWatch));
    } catch {
      // That the file is old will be noticed as well.
    }
  }

  #put(file: string, outcomes: readonly StatusOutcome[]): void {
    writeMetricsFile(this.#fs, file, renderMetrics(listStatusMetrics(outcomes, this.#plan)));
  }
}

function describeBack(file: string): string {
  return `The metrics can be written again: ${file}`;
}

function endWatch(outcome: StatusOutcome): StatusOutcome {
  const { status } = outcome;
  if (status === null || status.watch === null) return outcome;
  return {
    ...outcome,
    status: { ...status, watch: { ...status.watch, isRunning: false, next: [] } },
  };
}
