/**
 * A report of which every text that can come from a store is hostile.
 *
 * @module
 */

import { FINDING_CODES, type FindingName } from "../../../lib/model/codes.ts";
import { createFinding } from "../../../lib/model/finding.ts";
import type { SummaryEvent } from "../../../lib/model/report.ts";
import { FindingList } from "../../../lib/report/finding_list.ts";
import type { ReportModel, StoreReport } from "../../../lib/report/report_model.ts";
import { DAMAGED, EXAMPLE_TIME } from "../status_examples.ts";

/** Sets a mark at the page when anything of it is taken for markup or for a script. */
const MARKING = "document.documentElement.dataset.hostile=1";

/** A text that tries what texts can try. */
export const HOSTILE: string = [
  `"><img src=x onerror="${MARKING}">`,
  `</script><script>${MARKING}</script>`,
  `</style></title></svg><svg onload='${MARKING}'>`,
  `javascript:${MARKING}`,
  `<!--<script>`,
  "`${" + MARKING + "}`",
  "\u202e\u2066\u0000\u001b]0;title\u0007\u2028\u2029\ufeff\ud800",
].join(" ");

/** What the verdict of the report is. */
export const SUMMARY: SummaryEvent = {
  type: "summary",
  schema: 1,
  store: `/srv/${HOSTILE}`,
  format: "chroma",
  engine: HOSTILE,
  level: "full",
  verdict: "unsafe",
  counts: { fatal: 1, error: 1, warning: 1, info: 1 },
  collections: 1,
  collectionsDamaged: 1,
  records: 10,
  bytesChecked: 900,
  bytesSkipped: 100,
  skipped: [{ reason: HOSTILE, sizeBytes: 100 }],
  complete: true,
  bytesVerified: 900,
  oldestUnverifiedSeconds: 0,
  elapsedMs: 12,
};

/** Makes findings of which every text is hostile. */
export function hostileFindings(names: readonly FindingName[], times = 1): FindingList {
  const list = new FindingList();
  for (const name of names) {
    for (let time = 0; time < times; time++) {
      const facts = {
        message: `${name} ${HOSTILE}`,
        path: `${HOSTILE}/data_level0.bin`,
        collection: HOSTILE,
        segment: HOSTILE,
        offset: 40 + time,
        detail: { ids: [HOSTILE] },
      };
      const finding = createFinding(name, facts);
      list.add({ type: "finding", schema: 1, store: SUMMARY.store, ...finding });
    }
  }
  return list;
}

/** A store of which every text is hostile. */
export const HOSTILE_STORE: StoreReport = {
  store: SUMMARY.store,
  summary: SUMMARY,
  failure: { code: "busy", message: HOSTILE, hint: HOSTILE },
  status: { ...DAMAGED, store: SUMMARY.store, engine: HOSTILE },
  findings: hostileFindings([
    "header-truncated",
    "slot-zeroed",
    "queue-unpurged",
    "deleted-slots",
  ]).report,
  files: {
    listed: [
      {
        path: `${HOSTILE}/data_level0.bin`,
        sizeBytes: 1000,
        checkedBytes: 900,
        isPresent: true,
        ranges: [
          { offset: 0, sizeBytes: 100, finding: 0, owner: HOSTILE },
          { offset: 400, sizeBytes: null, finding: 1, owner: null },
          { offset: 1000, sizeBytes: null, finding: 2, owner: null },
        ],
        places: 7,
        findings: [3],
      },
      {
        path: HOSTILE,
        sizeBytes: 0,
        checkedBytes: 0,
        isPresent: false,
        ranges: [],
        places: 0,
        findings: [1],
      },
    ],
    folded: [{ directory: HOSTILE, files: 3, sizeBytes: 50, checkedBytes: 20, withFindings: 2 }],
    sizeBytes: 1000,
    checkedBytes: 900,
  },
  collections: {
    listed: [{
      name: HOSTILE,
      path: HOSTILE,
      records: 10,
      dimension: 4,
      isHealthy: false,
      drift: { vectorWatermark: 1, metadataWatermark: null, queuedWrites: 3, pendingWrites: 2 },
      graph: {
        segment: HOSTILE,
        path: HOSTILE,
        dimension: 4,
        maxLinks: 16,
        slots: 8,
        expectedSlots: 9,
        live: 6,
        deleted: 2,
        unreachable: 1,
        unreachableSlots: [3],
        entryPoint: 2,
        levels: [7, 1],
        degrees: [0, 2, 6],
      },
      missingVectors: 2,
      damagedVectors: 1,
      projection: {
        total: 8,
        points: [
          { x: 100, y: 200, state: "live", isOutside: false, label: HOSTILE },
          { x: 300, y: 200, state: "deleted", isOutside: false, label: HOSTILE },
          { x: 300, y: 400, state: "unreachable", isOutside: false, label: HOSTILE },
          { x: 500, y: 400, state: "queued", isOutside: false, label: HOSTILE },
          { x: 985, y: 15, state: "live", isOutside: true, label: HOSTILE },
        ],
        without: { missing: 0, damaged: 1 },
        explained: [0.4, 0.2],
      },
    }],
    leftOut: 3,
    lastWrite: 12,
  },
  history: [
    { at: EXAMPLE_TIME, kind: "backup", text: HOSTILE, isGood: true },
    { at: HOSTILE, kind: "quarantine", text: HOSTILE, isGood: null },
  ],
  nextSteps: [{ text: HOSTILE, command: `vecfsck repair '${HOSTILE}'` }],
};

/** A report of it. */
export const HOSTILE_REPORT: ReportModel = {
  at: EXAMPLE_TIME,
  version: "1.2.3",
  level: "full",
  stores: [HOSTILE_STORE, { ...HOSTILE_STORE, summary: null, status: null, files: null }],
};

/** Every code that there is. */
export const EVERY_FINDING = Object.keys(FINDING_CODES) as FindingName[];
