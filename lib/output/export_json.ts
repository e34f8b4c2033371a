/**
 * The lines of `--json` about exporting a store.
 *
 * @module
 */

import type { ExportFormat, ExportOutcome } from "../export/outcome.ts";
import type { RepairLoss } from "../model/repair.ts";
import { type FindingEvent, type FormatName, SCHEMA_VERSION } from "../model/report.ts";
import type { JsonLine } from "./json.ts";

/** A collection that was written. */
export interface ExportCollectionLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "export-collection";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The name of the collection; null where nothing tells it. */
  readonly collection: string | null;
  /** Its id. */
  readonly id: string;
  /** The tenant that it belongs to, or null. */
  readonly tenant: string | null;
  /** The database of that tenant, or null. */
  readonly database: string | null;
  /** Floats of a vector; null where there is none. */
  readonly dimension: number | null;
  /** The distance that its index is built for; null where that is not known. */
  readonly space: "l2" | "ip" | "cosine" | null;
  /** How many records were written. */
  readonly records: number;
  /** How many of them have no vector. */
  readonly withoutVector: number;
}

/** Something that a damaged store no longer holds. */
export interface ExportLossLine extends JsonLine, Omit<RepairLoss, "outcome"> {
  /** Tells the lines apart. */
  readonly type: "export-loss";
  /** The store, as an absolute path. */
  readonly store: string;
}

/** What became of it. */
export interface ExportedLine extends JsonLine {
  /** Tells the lines apart. */
  readonly type: "exported";
  /** The store, as an absolute path. */
  readonly store: string;
  /** What became of it. */
  readonly state: ExportOutcome["state"];
  /** The format of the store. */
  readonly storeFormat: FormatName;
  /** The format of the export. */
  readonly format: ExportFormat;
  /** Where it is, as an absolute path; null where it went to a stream. */
  readonly path: string | null;
  /** How many collections were written. */
  readonly collections: number;
  /** How many records. */
  readonly records: number;
  /** How many of them have no vector. */
  readonly withoutVector: number;
  /** The files, by their paths relative to `path`; the path of a single file is empty. */
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  /** The codes of the damage in the store. */
  readonly damage: readonly string[];
  /** Damage about which nothing could be done. */
  readonly unanswered: readonly { readonly code: string; readonly reason: string }[];
  /** Whether everything that the store held is in the export. */
  readonly complete: boolean;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * Turns what became of an export into its lines.
 *
 * @param outcome What became of it.
 * @yields The damage where nothing was exported for it; the collections; what is lost; the sum.
 */
export function* toExportLines(
  outcome: ExportOutcome,
): Generator<
  FindingEvent | ExportCollectionLine | ExportLossLine | ExportedLine,
  void,
  undefined
> {
  const { store, state, damage, collections, lost, files } = outcome;
  if (state === "damaged") yield* damage;
  for (const { facts, records, withoutVector } of collections) {
    const { id, name, tenant, database, dimension, space } = facts;
    yield {
      type: "export-collection",
      schema: SCHEMA_VERSION,
      store,
      collection: name,
      id,
      tenant,
      database,
      dimension,
      space,
      records,
      withoutVector,
    };
  }
  for (const { outcome: _outcome, ...loss } of lost?.losses ?? []) {
    yield { type: "export-loss", schema: SCHEMA_VERSION, store, ...loss };
  }
  yield {
    type: "exported",
    schema: SCHEMA_VERSION,
    store,
    state,
    storeFormat: outcome.storeFormat,
    format: outcome.format,
    path: outcome.path,
    collections: collections.length,
    records: collections.reduce((sum, { records }) => sum + records, 0),
    withoutVector: collections.reduce((sum, { withoutVector }) => sum + withoutVector, 0),
    files: files.map(({ name, sizeBytes }) => ({ path: name, sizeBytes })),
    damage: [...new Set(damage.map(({ code }) => code))].sort(),
    unanswered: lost?.unanswered ?? [],
    complete: outcome.isComplete,
    elapsedMs: outcome.elapsedMs,
  };
}
