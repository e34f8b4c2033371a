/**
 * How `check` tells what it finds: as text, or as JSON Lines.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { CheckEvent, CheckLevel, FindingEvent, SummaryEvent } from "../model/report.ts";
import {
  renderFindings,
  renderHeading,
  renderScope,
  renderTally,
  renderVerdict,
  type StoreTally,
} from "../output/text.ts";
import type { RawPaths } from "../output/json.ts";
import type { Output } from "./output.ts";
import { readRawPaths } from "./raw_path.ts";

/** What `check` reports to, store by store. */
export interface CheckReport {
  /** A check begins. */
  begin(store: string, level: CheckLevel): Promise<void>;
  /** Something was found. */
  addFinding(finding: FindingEvent): Promise<void>;
  /** A check has ended. */
  endStore(summary: SummaryEvent): Promise<void>;
  /** A store could not be checked. */
  fail(error: OperationError, store: string): Promise<void>;
  /** Every store is done. */
  end(tally: StoreTally): Promise<void>;
}

/** How findings are listed. */
export interface CheckReportOptions {
  /** How many findings of a store are listed at the most, or undefined for the usual number. */
  readonly maxFindings: number | undefined;
  /** Whether only the verdicts of stores that are not clean are wanted. */
  readonly quiet: boolean;
}

/**
 * Makes the report that the user asked for.
 *
 * @param output Where it goes.
 * @param options How findings are listed.
 * @returns The report.
 */
export function createCheckReport(output: Output, options: CheckReportOptions): CheckReport {
  return output.json ? new JsonReport(output, options) : new TextReport(output, options);
}

/** One line of JSON for every event. */
class JsonReport implements CheckReport {
  readonly #output: Output;
  readonly #maxFindings: number;
  #findings = 0;
  #rawPaths: RawPaths = {};

  constructor(output: Output, { maxFindings = Infinity }: CheckReportOptions) {
    this.#output = output;
    this.#maxFindings = maxFindings;
  }

  begin(store: string): Promise<void> {
    this.#findings = 0;
    this.#rawPaths = readRawPaths(store);
    return Promise.resolve();
  }

  async addFinding(finding: FindingEvent): Promise<void> {
    if (this.#findings++ < this.#maxFindings) await this.#print(finding);
  }

  async endStore(summary: SummaryEvent): Promise<void> {
    await this.#print(summary);
    await this.#output.flush();
  }

  async fail(error: OperationError, store: string): Promise<void> {
    await this.#output.fail(error, store, readRawPaths(store));
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  async #print(event: CheckEvent): Promise<void> {
    await this.#output.printJson({ ...event, ...this.#rawPaths });
  }
}

/** Findings in order and a verdict, for people. */
class TextReport implements CheckReport {
  readonly #output: Output;
  readonly #options: CheckReportOptions;
  #findings: FindingEvent[] = [];
  #isFirst = true;

  constructor(output: Output, options: CheckReportOptions) {
    this.#output = output;
    this.#options = options;
  }

  async begin(store: string, level: CheckLevel): Promise<void> {
    this.#findings = [];
    if (this.#options.quiet) return;
    const gap = this.#isFirst ? [] : [""];
    this.#isFirst = false;
    await this.#output.print([...gap, ...renderHeading(store, level, this.#output.layout)]);
  }

  addFinding(finding: FindingEvent): Promise<void> {
    this.#findings.push(finding);
    return Promise.resolve();
  }

  async endStore(summary: SummaryEvent): Promise<void> {
    const { quiet, maxFindings } = this.#options;
    const layout = this.#output.layout;
    const verdict = renderVerdict(summary, layout);
    const findings = this.#findings;
    this.#findings = [];
    if (quiet) {
      if (summary.verdict !== "clean") await this.#output.print(verdict);
      return;
    }
    await this.#output.print([
      ...renderFindings(findings, { ...layout, maxFindings }),
      ...renderScope(summary, layout),
      ...verdict,
    ]);
  }

  async fail(error: OperationError, store: string): Promise<void> {
    const { quiet, maxFindings } = this.#options;
    if (this.#findings.length > 0 && !quiet) {
      const layout = { ...this.#output.layout, maxFindings };
      await this.#output.print(renderFindings(this.#findings, layout));
    }
    this.#findings = [];
    await this.#output.fail(error, store);
  }

  async end(tally: StoreTally): Promise<void> {
    const stores = Object.values(tally).reduce((sum, count) => sum + count, 0);
    if (stores > 1 && !this.#options.quiet) await this.#output.print(renderTally(tally));
  }
}
