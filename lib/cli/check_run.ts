/**
 * What the checks of one call of `vecfsck check` share: the report, the sum and the exit code.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { toReportedError } from "../base/reported_error.ts";
import type { FleetEvent } from "../fleet/check_request.ts";
import { FleetTally } from "../fleet/fleet_sum.ts";
import type { SummaryEvent } from "../model/report.ts";
import { type CheckInputs, isForMany } from "./check_extras.ts";
import { type CheckReport, createCheckReport } from "./check_report.ts";
import { EXIT, type ExitCode, exitCodeOfError, exitCodeOfSeverity } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { explainLostName } from "./raw_path.ts";

/** What the checks of one call add up to, and where they are reported. */
export class CheckRun {
  readonly #invocation: Invocation;
  readonly #report: CheckReport;
  readonly #level: "quick" | "full";
  readonly #startedMs: number;
  readonly #tally = new FleetTally();
  #summary: SummaryEvent | null = null;
  #exitCode: ExitCode = EXIT.CLEAN;

  /** Begins with nothing checked. */
  constructor(invocation: Invocation, { request, jobs }: CheckInputs) {
    const { options, output, operands, environment } = invocation;
    this.#invocation = invocation;
    this.#level = request.level ?? "full";
    this.#startedMs = environment.nowMs();
    const recursive = options.flag("recursive");
    this.#report = createCheckReport(output, {
      maxFindings: options.count("max-findings"),
      quiet: options.flag("quiet"),
      fleet: isForMany(invocation) ? { operands, recursive, level: this.#level, jobs } : null,
    });
  }

  /** What there is up to now. */
  get tally(): FleetTally {
    return this.#tally;
  }

  /** Says what is about to be done with all stores. */
  async start(): Promise<void> {
    await this.#report.start();
  }

  /** Begins with a store. */
  async begin(store: string): Promise<void> {
    this.#summary = null;
    await this.#report.begin(store, this.#level);
  }

  /** Takes what the check of a store tells. */
  async take(event: FleetEvent, store: string): Promise<void> {
    switch (event.type) {
      case "notice":
        return await this.tell(`${store}: ${event.message}`);
      case "finding":
        // Counted at once: when another part of the store cannot be read, there is no verdict.
        this.#exitCode |= exitCodeOfSeverity(
          event.severity,
          this.#invocation.options.flag("strict"),
        );
        return await this.#report.addFinding(event);
      case "summary":
        this.#summary = event;
    }
  }

  /** Ends with a store that was checked. */
  async endStore(): Promise<void> {
    if (this.#summary === null) throw new TypeError("The check ended without a summary");
    this.#tally.add(this.#summary);
    await this.#report.endStore(this.#summary);
  }

  /** Ends with a store that could not be checked; or with all, where the user has cancelled. */
  async fail(error: unknown, store: string): Promise<void> {
    const failure: OperationError = explainLostName(toReportedError(error, store));
    this.#exitCode |= exitCodeOfError(failure.code);
    this.#tally.addFailure(store, failure);
    await this.#report.fail(failure, store);
  }

  /** Says what is no fault of a store. */
  async tell(notice: string): Promise<void> {
    const { options, output } = this.#invocation;
    if (!options.flag("quiet")) await output.tell([printable(`vecfsck: ${notice}`, 4096)]);
  }

  /** Ends because nobody reads the output any more. */
  async giveUp(): Promise<void> {
    this.#exitCode |= EXIT.FAILED;
    const reason = "Nobody reads the output any more; the stores that were left were not checked";
    await this.#invocation.output.tell([`vecfsck: ${reason}`]);
  }

  /** Says what all checks add up to. */
  async finish(): Promise<ExitCode> {
    if ((this.#exitCode & EXIT.CANCELLED) === 0) {
      const elapsedMs = this.#invocation.environment.nowMs() - this.#startedMs;
      await this.#report.end(this.#tally.sum, elapsedMs);
    }
    return this.#exitCode;
  }
}
