/**
 * How `check` tells what it finds: as text, or as JSON Lines.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import type { CheckEvent, CheckLevel, FindingEvent, SummaryEvent } from "../model/report.ts";
import type { FleetSum } from "../fleet/fleet_sum.ts";
import { toFleetLine } from "../output/fleet_json.ts";
import {
  type FleetStart,
  renderFleetHeading,
  renderFleetSum,
  renderInShort,
} from "../output/fleet_text.ts";
import type { RawPaths } from "../output/json.ts";
import {
  renderFindings,
  renderHeading,
  renderScope,
  renderVerdict,
  type TextOptions,
} from "../output/text.ts";
import type { Output } from "./output.ts";
import { readRawPaths } from "./raw_path.ts";

/** What `check` reports to, store by store. */
export interface CheckReport {
  /** Nothing is done up to now. */
  start(): Promise<void>;
  /** A check begins. */
  begin(store: string, level: CheckLevel): Promise<void>;
  /** Something was found. */
  addFinding(finding: FindingEvent): Promise<void>;
  /** A check has ended. */
  endStore(summary: SummaryEvent): Promise<void>;
  /** A store could not be checked. */
  fail(error: OperationError, store: string): Promise<void>;
  /** Every store is done. */
  end(sum: FleetSum, elapsedMs: number): Promise<void>;
}

/** How findings are listed. */
export interface CheckReportOptions {
  /** How many findings of a store are listed at the most, or undefined for the usual number. */
  readonly maxFindings: number | undefined;
  /** Whether only the verdicts of stores that are not clean are wanted. */
  readonly quiet: boolean;
  /** What is about to be done, where that is about several stores. */
  readonly fleet: FleetStart | null;
}

/**
 * Makes the report that the user asked for.
 *
 * @param output Where it goes.
 * @param options How findings are listed.
 * @returns The report.
 */
export function createCheckReport(output: Output, options: CheckReportOptions): CheckReport {
  if (output.json) return new JsonReport(output, options);
  return options.fleet === null
    ? new TextReport(output, options)
    : new FleetTextReport(output, { ...options, fleet: options.fleet });
}

/** One line of JSON for every event. */
class JsonReport implements CheckReport {
  readonly #output: Output;
  readonly #maxFindings: number;
  readonly #isFleet: boolean;
  #findings = 0;
  #rawPaths: RawPaths = {};

  constructor(output: Output, { maxFindings = Infinity, fleet }: CheckReportOptions) {
    this.#output = output;
    this.#maxFindings = maxFindings;
    this.#isFleet = fleet !== null;
  }

  start(): Promise<void> {
    return Promise.resolve();
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

  async end(sum: FleetSum, elapsedMs: number): Promise<void> {
    if (this.#isFleet) await this.#output.printJson(toFleetLine(sum, elapsedMs));
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

  constructor(output: Output, options: CheckReportOptions) {
    this.#output = output;
    this.#options = options;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async begin(store: string, level: CheckLevel): Promise<void> {
    this.#findings = [];
    if (!this.#options.quiet) await this.#output.print(renderHeading(store, level, this.#layout));
  }

  addFinding(finding: FindingEvent): Promise<void> {
    this.#findings.push(finding);
    return Promise.resolve();
  }

  async endStore(summary: SummaryEvent): Promise<void> {
    const verdict = renderVerdict(summary, this.#layout);
    if (this.#options.quiet) {
      if (summary.verdict !== "clean") await this.#output.print(verdict);
      return;
    }
    await this.#output.print([
      ...this.#renderFindings(),
      ...renderScope(summary, this.#layout),
      ...verdict,
    ]);
  }

  async fail(error: OperationError, store: string): Promise<void> {
    if (this.#findings.length > 0 && !this.#options.quiet) {
      await this.#output.print(this.#renderFindings());
    }
    await this.#output.fail(error, store);
  }

  end(): Promise<void> {
    return Promise.resolve();
  }

  get #layout(): TextOptions {
    return this.#output.layout;
  }

  #renderFindings(): string[] {
    const { maxFindings } = this.#options;
    return renderFindings(this.#findings, { ...this.#layout, maxFindings });
  }
}

/** Of so many stores that are not clean everything is told; of those after them the worst. */
const STORES_IN_FULL = 10;

/** A line for a store that is sound, more for one that is not, and what all add up to, for people. */
class FleetTextReport implements CheckReport {
  readonly #output: Output;
  readonly #options: CheckReportOptions & { readonly fleet: FleetStart };
  #findings: FindingEvent[] = [];
  #inFull = 0;
  #needsGap: boolean;

  constructor(output: Output, options: CheckReportOptions & { readonly fleet: FleetStart }) {
    this.#output = output;
    this.#options = options;
    this.#needsGap = !options.quiet;
  }

  async start(): Promise<void> {
    const { quiet, fleet } = this.#options;
    if (!quiet) await this.#output.print(renderFleetHeading(fleet, this.#output.layout));
  }

  begin(): Promise<void> {
    this.#findings = [];
    return Promise.resolve();
  }

  addFinding(finding: FindingEvent): Promise<void> {
    this.#findings.push(finding);
    return Promise.resolve();
  }

  async endStore(summary: SummaryEvent): Promise<void> {
    const { quiet, maxFindings } = this.#options;
    const layout = this.#output.layout;
    const isClean = summary.verdict === "clean";
    if (quiet && isClean) return;
    if (quiet || isClean) return await this.#print(renderVerdict(summary, layout));
    // Whoever says how many findings are listed wants to see them.
    if (maxFindings === undefined && this.#inFull++ >= STORES_IN_FULL) {
      return await this.#print(renderInShort(summary, this.#findings, layout));
    }
    await this.#printApart([
      ...renderHeading(summary.store, summary.level, layout),
      ...renderFindings(this.#findings, { ...layout, maxFindings }),
      ...renderScope(summary, layout),
      ...renderVerdict(summary, layout),
    ]);
  }

  async fail(error: OperationError, store: string): Promise<void> {
    const { quiet, maxFindings, fleet } = this.#options;
    if (this.#findings.length > 0 && !quiet) {
      const layout = this.#output.layout;
      await this.#printApart([
        ...renderHeading(store, fleet.level, layout),
        ...renderFindings(this.#findings, { ...layout, maxFindings }),
      ]);
    }
    await this.#output.fail(error, store);
  }

  async end(sum: FleetSum): Promise<void> {
    if (!this.#options.quiet) await this.#output.print(renderFleetSum(sum, this.#output.layout));
  }

  /** Prints a line or a few of one store. */
  async #print(lines: readonly string[]): Promise<void> {
    await this.#output.print(this.#needsGap ? ["", ...lines] : lines);
    this.#needsGap = false;
  }

  /** Prints much of one store, with room around it. */
  async #printApart(lines: readonly string[]): Promise<void> {
    await this.#output.print(["", ...lines]);
    this.#needsGap = true;
  }
}
