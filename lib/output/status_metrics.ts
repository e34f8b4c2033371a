/**
 * The state of stores as metrics; `docs/metrics.md` lists them. What is not known has no sample.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { VERSION } from "../base/version.ts";
import { SEVERITIES } from "../model/finding.ts";
import type { StatusOutcome, SystemStatus } from "../status/system_status.ts";
import { listCompatibleMetrics } from "./compatible_metrics.ts";
import type { Labels, Metric, Sample } from "./prometheus.ts";
import {
  AMOUNT_GAUGES,
  COLLECTION_GAUGES,
  MACHINE_GAUGES,
  SAFETY_GAUGES,
  type StoreGauge,
  WATCH_GAUGES,
} from "./status_gauges.ts";

/** Which metrics are made. */
export interface MetricsOptions {
  /** Whether those under the names of `vectorstore_…` come as well. */
  readonly compatibleNames: boolean;
}

/** A collection more has no metric of its own: a label must not take values without bound. */
export const MOST_COLLECTION_LABELS = 1000;

/** A name can have any length, and a file of metrics must not. */
const LONGEST_LABEL_CHARACTERS = 200;

/** A state that could be read. */
interface ReadOutcome {
  readonly labels: Labels;
  readonly status: SystemStatus;
}

/**
 * Makes the metrics of stores.
 *
 * @param outcomes What came of each store.
 * @param options Which are made.
 * @returns The metrics.
 */
export function listStatusMetrics(
  outcomes: readonly StatusOutcome[],
  { compatibleNames }: MetricsOptions,
): Metric[] {
  const read = outcomes.flatMap(({ store, status }): ReadOutcome[] =>
    status === null ? [] : [{ labels: { store, format: status.format }, status }]
  );
  return [
    ...listProgramMetrics(outcomes, read),
    ...listHealthMetrics(read),
    ...listCollectionMetrics(read),
    ...gaugesOf(read, AMOUNT_GAUGES),
    ...gaugesOf(read, SAFETY_GAUGES),
    ...listWatchMetrics(read),
    ...gaugesOf(read, MACHINE_GAUGES),
    ...(compatibleNames ? listCompatibleMetrics(outcomes) : []),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: "gauge", samples };
}

function listProgramMetrics(
  outcomes: readonly StatusOutcome[],
  read: readonly ReadOutcome[],
): Metric[] {
  return [
    gauge("vecfsck_build_info", "The vecfsck that wrote this file.", [
      { labels: { version: VERSION }, value: 1 },
    ]),
    gauge(
      "vecfsck_up",
      "Whether the state of the store could be read.",
      outcomes.map(({ store, status }) => ({ labels: { store }, value: status === null ? 0 : 1 })),
    ),
    gauge(
      "vecfsck_busy",
      "Whether the state could not be read because something was writing to the store.",
      outcomes.map(({ store, isBusy }) => ({ labels: { store }, value: isBusy ? 1 : 0 })),
    ),
    gauge(
      "vecfsck_store_info",
      "The engine that wrote the store last.",
      read.map(({ labels, status: { engine } }) => ({
        labels: { ...labels, engine: engine ?? "unknown" },
        value: 1,
      })),
    ),
  ];
}

function listHealthMetrics(read: readonly ReadOutcome[]): Metric[] {
  return [
    gauge(
      "vecfsck_healthy",
      "Whether no damage of the store is known: now, or by the last full check of these files.",
      read.map(({ labels, status: { health: { verdict } } }) => ({
        labels,
        value: verdict === "damaged" || verdict === "unsafe" ? 0 : 1,
      })),
    ),
    ...gaugesOf(read, [{
      name: "vecfsck_refused",
      help:
        "Whether it is known that an engine that starts now refuses the store, or is killed by it.",
      read: ({ health: { isRefused } }) => isRefused === null ? null : isRefused ? 1 : 0,
    }]),
    gauge(
      "vecfsck_findings",
      "Findings of the check that was made for these metrics, by severity.",
      read.flatMap(({ labels, status: { health: { counts } } }) =>
        SEVERITIES.map((severity) => ({ labels: { ...labels, severity }, value: counts[severity] }))
      ),
    ),
  ];
}

function listCollectionMetrics(read: readonly ReadOutcome[]): Metric[] {
  const named = read.flatMap(({ labels, status: { collections } }) =>
    mergeNames(collections?.each ?? []).map((collection) => ({
      labels: { ...labels, collection: collection.name },
      collection,
    }))
  );
  return [
    ...gaugesOf(read, COLLECTION_GAUGES),
    gauge(
      "vecfsck_collection_healthy",
      "Whether no damage of the collection is known.",
      named.map(({ labels, collection: { isHealthy } }) => ({ labels, value: isHealthy ? 1 : 0 })),
    ),
    gauge(
      "vecfsck_collection_documents",
      "Records or documents of the collection.",
      named.flatMap(({ labels, collection: { records } }) =>
        records === null ? [] : [{ labels, value: records }]
      ),
    ),
  ];
}

function listWatchMetrics(read: readonly ReadOutcome[]): Metric[] {
  const actions = read.flatMap(({ labels, status: { watch } }) =>
    (watch?.actions ?? []).map(({ action, failures, doneAt }) => ({
      labels: { ...labels, action },
      failures,
      doneAt,
    }))
  );
  return [
    ...gaugesOf(read, WATCH_GAUGES),
    gauge(
      "vecfsck_watch_failures",
      "How often an action of a watch has failed since it last ended well.",
      actions.map(({ labels, failures }) => ({ labels, value: failures })),
    ),
    gauge(
      "vecfsck_watch_success_timestamp_seconds",
      "When an action of a watch last ended well.",
      actions.flatMap(({ labels, doneAt }) =>
        doneAt === null ? [] : [{ labels, value: Date.parse(doneAt) / 1000 }]
      ),
    ),
  ];
}

type NamedCollections = NonNullable<SystemStatus["collections"]>["each"];

/** Two databases of a store may have collections of one name: together they are one series. */
function mergeNames(collections: NamedCollections): NamedCollections {
  const byName = new Map<string, NamedCollections[number]>();
  // Damaged ones come first, so that none of them is left out where there are very many.
  for (const next of collections.toSorted((one, other) => rank(one) - rank(other))) {
    const { records, isHealthy } = next;
    const name = printable(next.name, LONGEST_LABEL_CHARACTERS);
    const known = byName.get(name);
    if (known === undefined) {
      if (byName.size < MOST_COLLECTION_LABELS) byName.set(name, { ...next, name });
    } else {
      const sum = known.records === null || records === null ? null : known.records + records;
      byName.set(name, { name, records: sum, isHealthy: known.isHealthy && isHealthy });
    }
  }
  return [...byName.values()];
}

function rank({ isHealthy }: NamedCollections[number]): number {
  return isHealthy ? 1 : 0;
}

function gaugesOf(read: readonly ReadOutcome[], gauges: readonly StoreGauge[]): Metric[] {
  return gauges.map(({ name, help, read: readValue }) => {
    const samples = read.flatMap(({ labels, status }) => {
      const value = readValue(status);
      return value === null ? [] : [{ labels, value }];
    });
    return gauge(name, help, samples);
  });
}
