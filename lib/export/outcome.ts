/**
 * What is asked of an export, and what became of it.
 *
 * @module
 */

import type { WriteFs } from "../fs/write_fs.ts";
import type { RepairLoss } from "../model/repair.ts";
import type { FindingEvent, FormatName, SummaryEvent } from "../model/report.ts";
import type { CollectionFacts } from "../model/record_stream.ts";
import type { RepairProgress } from "../stores/repair_format.ts";
import type { WrittenFile } from "./export_place.ts";
import type { ByteSink } from "./record_writer.ts";

/** The formats of an export. */
export type ExportFormat = "jsonl" | "parquet" | "npy";

/** The formats of an export. */
export const EXPORT_FORMATS: readonly ExportFormat[] = ["jsonl", "parquet", "npy"];

/** Which records are exported, and how they are read. */
export interface ExportRecordsSettings {
  /** Only collections of this name, or with this id. */
  collection?: string | undefined;
  /** Whether all that is left of a damaged store is read. */
  salvage?: boolean;
  /** Names that collections may have whose own was lost, for a damaged store. */
  names?: readonly string[];
  /** The 32 bytes of the key of an encrypted export file of chromem-go. */
  key?: Uint8Array | undefined;
  /** How many threads work at the most; as many as there are cores when left out. */
  jobs?: number;
  /** Ends the work. */
  signal?: AbortSignal | undefined;
  /** Is told how far it has come. */
  onProgress?: (progress: RepairProgress) => void;
}

/** How records are read within this program. */
export interface ReadOptions extends ExportRecordsSettings {
  /** The file system; this machine's by default. */
  fs?: WriteFs;
}

/** How an export is written. */
export interface ExportOptions extends ReadOptions {
  /** The format. */
  readonly format: ExportFormat;
  /** A stream, for an export that is one file; or the path of a file or directory to be made. */
  readonly target: ByteSink | string;
}

/** A collection in an export. */
export interface ExportedCollection {
  /** What is known of it. */
  readonly facts: CollectionFacts;
  /** How many records were written. */
  readonly records: number;
  /** How many of them have no vector. */
  readonly withoutVector: number;
}

/** What a damaged store no longer holds. */
export interface ExportLosses {
  /** What is lost, as a repair tells it; with all ids. */
  readonly losses: readonly RepairLoss[];
  /** Findings that nothing could be done about. */
  readonly unanswered: readonly { readonly code: string; readonly reason: string }[];
}

/** What became of an export. */
export interface ExportOutcome {
  /**
   * `exported`: everything was written. `damaged`: the store is damaged, and nothing was written.
   * `interrupted`: whoever reads the stream has ended.
   */
  readonly state: "exported" | "damaged" | "interrupted";
  /** The store, as an absolute path. */
  readonly store: string;
  /** The format of the store. */
  readonly storeFormat: FormatName;
  /** The format of the export. */
  readonly format: ExportFormat;
  /** Where it went; null for a stream. */
  readonly path: string | null;
  /** The damage that a full check has found in the store. */
  readonly damage: readonly FindingEvent[];
  /** What the check adds up to. */
  readonly summary: SummaryEvent;
  /** The collections that were written. */
  readonly collections: readonly ExportedCollection[];
  /** The files that were made. */
  readonly files: readonly WrittenFile[];
  /** What is lost; null where the store is whole. */
  readonly lost: ExportLosses | null;
  /** Whether everything that the store held is in the export. */
  readonly isComplete: boolean;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}
