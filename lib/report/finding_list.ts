/**
 * The findings of a store as a report keeps them: the worst one by one, all of them by code.
 *
 * @module
 */

import { FINDING_CODES, type FindingName } from "../model/codes.ts";
import { type Finding, SEVERITIES } from "../model/finding.ts";
import type { FindingEvent } from "../model/report.ts";
import { type FindingsReport, MOST_FINDINGS } from "./report_model.ts";

/** Takes findings as they come, and keeps no more of them than are listed. */
export class FindingList {
  readonly #kept = new Map<Finding["severity"], Finding[]>();
  readonly #kinds = new Map<FindingName, { findings: number; places: number }>();
  #total = 0;

  /** Takes a finding. */
  add({ type: _, schema: __, store: ___, ...finding }: FindingEvent): void {
    this.#total++;
    const kind = this.#kinds.get(finding.name) ?? { findings: 0, places: 0 };
    kind.findings++;
    kind.places += finding.count;
    this.#kinds.set(finding.name, kind);
    const kept = this.#kept.get(finding.severity) ?? [];
    if (kept.length < MOST_FINDINGS) kept.push(finding);
    this.#kept.set(finding.severity, kept);
  }

  /** What was taken so far. */
  get report(): FindingsReport {
    const kinds = [...this.#kinds].map(([name, counts]) => {
      const { code, severity } = FINDING_CODES[name];
      return { code, name, severity, ...counts };
    });
    return {
      total: this.#total,
      listed: SEVERITIES.flatMap((severity) => this.#kept.get(severity) ?? [])
        .slice(0, MOST_FINDINGS),
      kinds: kinds.sort((one, other) =>
        SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
        (one.code < other.code ? -1 : 1)
      ),
    };
  }
}
