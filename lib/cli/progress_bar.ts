/**
 * The progress bar on standard error.
 *
 * @module
 */

import { printableLine } from "../base/printable.ts";
import type { CheckProgress } from "../engine/check_options.ts";
import {
  type FleetProgress,
  renderFleetProgress,
  renderProgress,
  renderTaskProgress,
} from "../output/progress.ts";
import { DEFAULT_WIDTH } from "../output/wrap.ts";
import type { RepairProgress } from "../stores/repair_format.ts";
import type { Environment } from "./environment.ts";
import type { Invocation } from "./invocation.ts";

/** A check that is done sooner shows no bar. */
const DELAY_MS = 1000;

/** Ten times per second at the most. */
const INTERVAL_MS = 100;

// Back to the first column, then "erase in line", the whole of it (ECMA-48, 8.3.41).
const CLEAR_LINE = "\r\x1b[2K";

/** A line that tells how far a check or a repair has come, and is gone when that is done. */
export class ProgressBar {
  readonly #environment: Environment;
  readonly #startedMs: number;
  readonly #stopTicking: () => void;
  #progress: CheckProgress | FleetProgress | RepairProgress | null = null;
  #drawn = "";

  /** Starts the clock. */
  constructor(environment: Environment) {
    this.#environment = environment;
    this.#startedMs = environment.nowMs();
    this.#stopTicking = environment.every(INTERVAL_MS, () => this.#draw());
  }

  /** Takes note of how far the work has come; the line is drawn at its own pace. */
  update(progress: CheckProgress | FleetProgress | RepairProgress): void {
    this.#progress = progress;
  }

  /** Takes the line away for good. */
  async stop(): Promise<void> {
    this.#stopTicking();
    await this.clear();
  }

  /** Takes the line away until the work goes on, so that something else can be said. */
  async clear(): Promise<void> {
    this.#progress = null;
    if (this.#drawn !== "") await this.#environment.stderr.write(CLEAR_LINE);
    this.#drawn = "";
  }

  #draw(): void {
    const elapsedMs = this.#environment.nowMs() - this.#startedMs;
    if (this.#progress === null || elapsedMs < DELAY_MS) return;
    const width = this.#environment.columns() ?? DEFAULT_WIDTH;
    const rendered = "title" in this.#progress
      ? renderTaskProgress(this.#progress, width)
      : "stores" in this.#progress
      ? renderFleetProgress({ ...this.#progress, elapsedMs }, width)
      : renderProgress({ ...this.#progress, elapsedMs }, width);
    const line = printableLine(rendered, false);
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#environment.stderr.write(CLEAR_LINE + line);
  }
}

/**
 * Runs a check with a progress bar, for people at a terminal that can move.
 *
 * @param invocation The call.
 * @param work The work; it is given the bar, or null.
 * @returns What the work returns.
 */
export async function withProgress<Result>(
  { options, output, environment }: Invocation,
  work: (bar: ProgressBar | null) => Promise<Result>,
): Promise<Result> {
  const isWanted = environment.stderr.isTerminal && !output.json && !options.flag("quiet") &&
    environment.variable("TERM") !== "dumb";
  const bar = isWanted ? new ProgressBar(environment) : null;
  try {
    return await work(bar);
  } finally {
    await bar?.stop();
  }
}
