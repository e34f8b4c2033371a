/**
 * The lines of `--json` about the quarantine, described in `docs/json.md`.
 *
 * @module
 */

import { join } from "@std/path";
import type { Holding, UnreadableEntry } from "../quarantine/entries.ts";
import type { DriftDirectory, ListedEntry } from "../quarantine/list_quarantine.ts";
import { MANIFEST_NAME, type QuarantineKind } from "../quarantine/manifest.ts";
import type { PlannedIndex } from "../quarantine/plan.ts";
import type { PurgeDecision } from "../quarantine/purge.ts";
import type { RestoredEntry } from "../quarantine/restore_entry.ts";
import { SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** An index that is going to be moved aside. */
export interface QuarantinePlanLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine-plan";
  /** The store, as an absolute path. */
  readonly store: string;
  /** What the engine calls the index. */
  readonly segment: string;
  /** Its directory, relative to the store. */
  readonly path: string;
  /** Its collection. */
  readonly collection: string | null;
  /** The bytes of its files. */
  readonly sizeBytes: number;
  /** How many live records the collection has. */
  readonly records: number | null;
  /** How many of their vectors are nowhere else. */
  readonly onlyCopies: number | null;
  /** How many of the records the engine can put into a new index by itself, at the most. */
  readonly replayable: number | null;
  /** Why it is moved. */
  readonly reasons: readonly string[];
  /** The codes for which it is moved. */
  readonly findings: readonly string[];
}

/** An entry of the quarantine. */
export interface QuarantineLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The name of the entry. */
  readonly id: string;
  /** Its directory. */
  readonly path: string;
  /** Its manifest. */
  readonly manifest: string;
  /** The directory that has the data instead of the entry. */
  readonly location: string | null;
  /** What kind of thing it holds. */
  readonly kind: QuarantineKind;
  /** When it was made. */
  readonly createdAt: string;
  /** Why. */
  readonly reason: string;
  /** The codes of the findings for which it was made. */
  readonly findings: readonly string[];
  /** How much of it is still there. */
  readonly holds: Holding;
  /** What was moved. */
  readonly items: readonly {
    readonly from: string;
    readonly path: string | null;
    readonly sizeBytes: number;
    readonly sha256: string | null;
    readonly collection: string | null;
    readonly records: number | null;
    readonly onlyCopies: number | null;
  }[];
}

/** Something in the quarantine whose manifest cannot be used. */
export interface QuarantineUnreadableLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine-unreadable";
  /** Where it is. */
  readonly path: string;
  /** Why. */
  readonly reason: string;
}

/** A directory that was renamed in the store itself. */
export interface QuarantineDriftLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine-drift";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The directory, as an absolute path. */
  readonly path: string;
  /** Where it was. */
  readonly from: string;
  /** The bytes of its files. */
  readonly sizeBytes: number;
}

/** What was put back. */
export interface QuarantineRestoredLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine-restored";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The name of the entry, which is gone. */
  readonly id: string;
  /** What was put back, relative to the store. */
  readonly restored: readonly string[];
  /** The name of the entry that holds what stood there. */
  readonly replacedBy: string | null;
}

/** What becomes of an entry. */
export interface QuarantinePurgeLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "quarantine-purge";
  /** The store, as it was named. */
  readonly store: string;
  /** The name of the entry. */
  readonly id: string;
  /** What becomes of it. */
  readonly decision: PurgeDecision["decision"];
  /** Whether it is gone. */
  readonly removed: boolean;
  /** Why. */
  readonly reason: string;
}

/**
 * Turns a planned move into its line.
 *
 * @param store The store.
 * @param planned The index, and why it is moved.
 * @returns The line.
 */
export function toPlanLine(store: string, planned: PlannedIndex): QuarantinePlanLine {
  const { part, reasons, findings } = planned;
  const { id, path, collection, sizeBytes, records, onlyCopies, replayable } = part;
  return {
    type: "quarantine-plan",
    schema: SCHEMA_VERSION,
    store,
    segment: id,
    path,
    collection,
    sizeBytes,
    records,
    onlyCopies,
    replayable,
    reasons,
    findings,
  };
}

/**
 * Turns an entry into its line.
 *
 * @param listed The entry, and where its items are.
 * @returns The line.
 */
export function toQuarantineLine({ entry, holding, paths }: ListedEntry): QuarantineLine {
  const { id, directory, manifest } = entry;
  return {
    type: "quarantine",
    schema: SCHEMA_VERSION,
    store: manifest.store,
    id,
    path: directory,
    manifest: join(directory, MANIFEST_NAME),
    location: manifest.location,
    kind: manifest.kind,
    createdAt: manifest.createdAt,
    reason: manifest.reason,
    findings: manifest.findings,
    holds: holding,
    items: manifest.items.map((item, index) => ({
      from: item.from,
      path: paths[index] ?? null,
      sizeBytes: item.sizeBytes,
      sha256: item.sha256,
      collection: item.collection,
      records: item.records,
      onlyCopies: item.onlyCopies,
    })),
  };
}

/**
 * Turns an entry whose manifest cannot be used into its line.
 *
 * @param unreadable Where it is, and why.
 * @returns The line.
 */
export function toUnreadableLine(
  { directory, problem }: UnreadableEntry,
): QuarantineUnreadableLine {
  return {
    type: "quarantine-unreadable",
    schema: SCHEMA_VERSION,
    path: directory,
    reason: problem,
  };
}

/**
 * Turns a renamed directory into its line.
 *
 * @param store The store.
 * @param drift The directory.
 * @returns The line.
 */
export function toDriftLine(store: string, drift: DriftDirectory): QuarantineDriftLine {
  const { path, from, sizeBytes } = drift;
  return { type: "quarantine-drift", schema: SCHEMA_VERSION, store, path, from, sizeBytes };
}

/**
 * Turns what was put back into its line.
 *
 * @param restored What was put back.
 * @returns The line.
 */
export function toRestoredLine(restored: RestoredEntry): QuarantineRestoredLine {
  return {
    type: "quarantine-restored",
    schema: SCHEMA_VERSION,
    store: restored.store,
    id: restored.entry.id,
    restored: restored.restored,
    replacedBy: restored.replacedBy,
  };
}

/**
 * Turns what becomes of an entry into its line.
 *
 * @param store The store.
 * @param decision What was decided.
 * @param removed The names of the entries that are gone.
 * @returns The line.
 */
export function toPurgeLine(
  store: string,
  { entry, decision, reason }: PurgeDecision,
  removed: readonly string[],
): QuarantinePurgeLine {
  return {
    type: "quarantine-purge",
    schema: SCHEMA_VERSION,
    store,
    id: entry.id,
    decision,
    removed: removed.includes(entry.id),
    reason,
  };
}
