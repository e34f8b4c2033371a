import { createFinding, type Finding, type FindingFacts } from "../../lib/model/finding.ts";
import type { FindingEvent, SummaryEvent } from "../../lib/model/report.ts";

/** Makes a finding for a test. */
export function finding(
  name: Parameters<typeof createFinding>[0],
  facts: Partial<FindingFacts> = {},
): Finding {
  return createFinding(name, { message: `Message of ${name}`, ...facts });
}

/** Makes the event of a finding. */
export function findingEvent(store: string, found: Finding): FindingEvent {
  return { type: "finding", schema: 1, store, ...found };
}

/** Makes the end of a check of a clean store, with what a test changes about it. */
export function summary(facts: Partial<SummaryEvent> = {}): SummaryEvent {
  return {
    type: "summary",
    schema: 1,
    store: "/srv/chroma",
    format: "chroma",
    engine: "chroma 1.5",
    level: "full",
    verdict: "clean",
    counts: { fatal: 0, error: 0, warning: 0, info: 0 },
    collections: 3,
    collectionsDamaged: 0,
    records: 135464,
    bytesChecked: 434_000_000,
    bytesSkipped: 0,
    skipped: [],
    complete: true,
    bytesVerified: facts.bytesChecked ?? 434_000_000,
    oldestUnverifiedSeconds: 0,
    elapsedMs: 1620,
    ...facts,
  };
}
