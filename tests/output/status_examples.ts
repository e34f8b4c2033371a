/**
 * States of stores for the tests of what is printed of them.
 *
 * @module
 */

import type { SystemStatus } from "../../lib/status/system_status.ts";

/** When the examples were read. */
export const EXAMPLE_TIME = "2026-03-01T12:00:00.000Z";

/** A store that is well, of which everything is known. */
export const WELL: SystemStatus = {
  store: "/srv/chroma",
  format: "chroma",
  engine: "chroma 1.5",
  at: EXAMPLE_TIME,
  health: {
    verdict: "clean",
    level: "quick",
    counts: { fatal: 0, error: 0, warning: 0, info: 1 },
    kinds: [],
    isRefused: false,
  },
  lastFullCheck: {
    at: "2026-03-01T09:00:00.000Z",
    ageSeconds: 10_800,
    source: "check",
    isSound: true,
    isCurrent: true,
  },
  collections: {
    total: 2,
    healthy: 2,
    damaged: 0,
    each: [
      { name: "notes", records: 1000, isHealthy: true },
      { name: "drafts", records: 234, isHealthy: true },
    ],
  },
  records: 1234,
  vectors: 1240,
  missingVectors: 0,
  pendingWrites: 12,
  driftSeconds: 90,
  queue: { writes: 15, sizeBytes: 24_000, isCounted: true },
  sizes: {
    databaseBytes: 2_000_000,
    indexBytes: 3_000_000,
    documentBytes: null,
    foreignBytes: 0,
  },
  backups: {
    directory: "/srv/chroma.backups",
    total: 7,
    good: 6,
    newestGood: {
      id: "20260301T060000Z",
      createdAt: "2026-03-01T06:00:00.000Z",
      confirmedAt: "2026-03-01T06:00:00.000Z",
      ageSeconds: 21_600,
      verifiedAt: "2026-03-01T07:00:00.000Z",
      verifiedLevel: "digests",
    },
    metadataOnly: 0,
    newestMetadata: null,
    incomplete: 0,
  },
  quarantine: { entries: 0, sizeBytes: 0 },
  interruptedChanges: 0,
  diskFreeBytes: 50_000_000_000,
  memory: {
    totalBytes: 16_000_000_000,
    availableBytes: 8_000_000_000,
    pressureRatio: 0,
    limitBytes: null,
    limitUsedBytes: null,
  },
  growth: { since: "2026-02-15", days: 14, bytesPerDay: 1_500_000, recordsPerDay: 12.5 },
  watch: {
    isRunning: true,
    since: "2026-02-27T12:00:00.000Z",
    seenAt: "2026-03-01T11:58:00.000Z",
    seenSeconds: 120,
    state: "sound",
    stateSince: "2026-02-27T12:00:05.000Z",
    next: [
      { action: "check", at: "2026-03-01T12:03:00.000Z", reason: "scheduled" },
      { action: "backup", at: "2026-03-02T03:30:00.000Z", reason: "scheduled" },
    ],
    actions: [
      {
        action: "check",
        at: "2026-03-01T11:58:00.000Z",
        ageSeconds: 120,
        outcome: "done",
        message: "no damage",
        doneAt: "2026-03-01T11:58:00.000Z",
        failures: 0,
      },
    ],
  },
  elapsedMs: 150,
};

/** A damaged database of chromem-go, of which little is known. */
export const DAMAGED: SystemStatus = {
  ...WELL,
  store: "/srv/memories",
  format: "chromem",
  engine: null,
  health: {
    verdict: "damaged",
    level: "quick",
    counts: { fatal: 0, error: 2, warning: 1, info: 0 },
    kinds: [
      {
        code: "VF3001",
        name: "chromem-metadata-missing",
        severity: "error",
        title: "A collection has documents and no metadata file",
        findings: 2,
      },
      {
        code: "VF3003",
        name: "chromem-folder-misnamed",
        severity: "warning",
        title: "The folder of a collection is not named after the hash of its name",
        findings: 1,
      },
    ],
    isRefused: true,
  },
  lastFullCheck: null,
  collections: {
    total: 3,
    healthy: 1,
    damaged: 2,
    each: [
      { name: "memories", records: 10, isHealthy: true },
      { name: "e9f85bf6", records: 5, isHealthy: false },
      { name: "1a2b3c4d", records: null, isHealthy: false },
    ],
  },
  records: null,
  vectors: null,
  missingVectors: 3,
  pendingWrites: null,
  driftSeconds: null,
  queue: null,
  sizes: { databaseBytes: 300, indexBytes: null, documentBytes: 40_000, foreignBytes: 10 },
  backups: {
    directory: "/srv/memories.backups",
    total: 0,
    good: 0,
    newestGood: null,
    metadataOnly: 4,
    newestMetadata: {
      id: "20260301T050000Z",
      createdAt: "2026-03-01T05:00:00.000Z",
      confirmedAt: "2026-03-01T11:59:00.000Z",
      ageSeconds: 60,
      verifiedAt: null,
      verifiedLevel: null,
    },
    incomplete: 1,
  },
  quarantine: { entries: 2, sizeBytes: 5_000_000 },
  interruptedChanges: 1,
  diskFreeBytes: null,
  memory: {
    totalBytes: null,
    availableBytes: null,
    pressureRatio: null,
    limitBytes: null,
    limitUsedBytes: null,
  },
  growth: null,
  watch: null,
  elapsedMs: 30,
};
