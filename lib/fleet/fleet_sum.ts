/**
 * What the checks of many stores add up to. It takes no more memory for very many of them.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { SEVERITIES, type SeverityCounts, type Verdict } from "../model/finding.ts";
import type { SummaryEvent } from "../model/report.ts";

/** The verdict of a store, and what stands for it where there is none. */
export type StoreVerdict = Verdict | "notChecked";

/** How many of the stores that were asked for had which verdict. */
export type StoreTally = Readonly<Record<StoreVerdict, number>>;

/** A store that is not clean. */
export interface BadStore {
  /** Its path. */
  readonly store: string;
  /** Its verdict. */
  readonly verdict: StoreVerdict;
  /** How many findings there are of each severity; null where it was not checked. */
  readonly counts: SeverityCounts | null;
  /** Why it was not checked; null where it was. */
  readonly message: string | null;
}

/** What the checks of many stores add up to. */
export interface FleetSum {
  /** How many stores there were. */
  readonly stores: number;
  /** How many had which verdict. */
  readonly verdicts: StoreTally;
  /** How many findings there were of each severity. */
  readonly counts: SeverityCounts;
  /** How many live records were counted. */
  readonly records: number;
  /** Bytes that were read and judged. */
  readonly bytesChecked: number;
  /** Bytes that are there and were not looked at. */
  readonly bytesSkipped: number;
  /** The worst of the stores that are not clean, the worst first. */
  readonly worst: readonly BadStore[];
}

/** So many stores are named at the end. */
export const WORST_STORES = 20;

const VERDICTS_BY_RANK: readonly StoreVerdict[] = [
  "unsafe",
  "damaged",
  "notChecked",
  "incomplete",
  "warnings",
  "clean",
];

/** Adds up stores as they come. */
export class FleetTally {
  readonly #verdicts: Record<StoreVerdict, number> = {
    unsafe: 0,
    damaged: 0,
    notChecked: 0,
    incomplete: 0,
    warnings: 0,
    clean: 0,
  };
  readonly #counts: Record<keyof SeverityCounts, number> = {
    fatal: 0,
    error: 0,
    warning: 0,
    info: 0,
  };
  readonly #worst: BadStore[] = [];
  #stores = 0;
  #records = 0;
  #bytesChecked = 0;
  #bytesSkipped = 0;

  /** Adds a store that was checked. */
  add({ store, verdict, counts, records, bytesChecked, bytesSkipped }: SummaryEvent): void {
    this.#stores++;
    this.#verdicts[verdict]++;
    for (const severity of SEVERITIES) this.#counts[severity] += counts[severity];
    this.#records += records ?? 0;
    this.#bytesChecked += bytesChecked;
    this.#bytesSkipped += bytesSkipped;
    if (verdict !== "clean") this.#keep({ store, verdict, counts, message: null });
  }

  /** Adds a store, or a place where stores may be, that could not be checked. */
  addFailure(store: string, { message }: OperationError): void {
    this.#stores++;
    this.#verdicts.notChecked++;
    this.#keep({ store, verdict: "notChecked", counts: null, message });
  }

  /** What there is up to now. */
  get sum(): FleetSum {
    return {
      stores: this.#stores,
      verdicts: { ...this.#verdicts },
      counts: { ...this.#counts },
      records: this.#records,
      bytesChecked: this.#bytesChecked,
      bytesSkipped: this.#bytesSkipped,
      worst: [...this.#worst],
    };
  }

  #keep(store: BadStore): void {
    const place = this.#worst.findIndex((other) => compareStores(store, other) < 0);
    if (place < 0 && this.#worst.length >= WORST_STORES) return;
    this.#worst.splice(place < 0 ? this.#worst.length : place, 0, store);
    if (this.#worst.length > WORST_STORES) this.#worst.pop();
  }
}

/** The worse verdict first, then more findings of the worse kind; else the order in which they came. */
function compareStores(one: BadStore, other: BadStore): number {
  const byVerdict = VERDICTS_BY_RANK.indexOf(one.verdict) - VERDICTS_BY_RANK.indexOf(other.verdict);
  if (byVerdict !== 0) return byVerdict;
  for (const severity of SEVERITIES) {
    const difference = (other.counts?.[severity] ?? 0) - (one.counts?.[severity] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
