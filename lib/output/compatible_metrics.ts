/**
 * Metrics under the names that programs around chromem-go have given them, for dashboards and rules
 * that are there already.
 *
 * They end with `_total` and are no counters: what is no counter must not end so, and one that can
 * fall must not be called a counter. So they have no type.
 *
 * @module
 */

import type { StatusOutcome, SystemStatus } from "../status/system_status.ts";
import type { Metric } from "./prometheus.ts";

/**
 * Makes the metrics of stores under the names of `vectorstore_…`.
 *
 * @param outcomes What came of each store.
 * @returns The metrics.
 */
export function listCompatibleMetrics(outcomes: readonly StatusOutcome[]): Metric[] {
  return NAMES.map(({ name, help, read }) => ({
    name,
    help,
    type: name.endsWith("_total") ? "untyped" : "gauge",
    samples: outcomes.flatMap(({ store, status, isBusy }) => {
      // Nothing is known of a store that is written to, but that an engine has it.
      const value = isBusy ? null : read(status);
      return value === null ? [] : [{ labels: { store }, value }];
    }),
  }));
}

/** A metric of which every store has one value at the most. */
interface CompatibleMetric {
  readonly name: string;
  readonly help: string;
  readonly read: (status: SystemStatus | null) => number | null;
}

const NAMES: readonly CompatibleMetric[] = [
  {
    name: "vectorstore_collections_total",
    help: "Collections of the store.",
    read: (status) => status?.collections?.total ?? null,
  },
  {
    name: "vectorstore_collections_healthy",
    help: "Collections of which no damage is known.",
    read: (status) => status?.collections?.healthy ?? null,
  },
  {
    name: "vectorstore_collections_corrupt",
    help: "Collections of which damage is known.",
    read: (status) => status?.collections?.damaged ?? null,
  },
  {
    name: "vectorstore_documents_total",
    help: "Records or documents of the store.",
    read: (status) => status?.records ?? null,
  },
  {
    name: "vectorstore_initialization_failures_total",
    help:
      "1 while it is known that an engine that starts refuses the store or is killed by it, or " +
      "the store cannot be read at all; else 0.",
    read: (status) => status === null || status.health.isRefused === true ? 1 : 0,
  },
];
