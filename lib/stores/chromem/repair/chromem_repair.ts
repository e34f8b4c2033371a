/**
 * What the stages of a repair share.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { RepairLoss, RepairStep } from "../../../model/repair.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type { RepairRequest } from "../../repair_format.ts";
import type { SavedFiles } from "../../saved_files.ts";
import type { Layout } from "../layout.ts";
import type { FindingIndex } from "./finding_index.ts";
import type { FlippedBits } from "./flipped_bits.ts";
import type { OlderDatabases } from "./older_databases.ts";
import type { DocumentSalvage } from "./salvage_document.ts";
import type { WorkingDatabase } from "./working_database.ts";

/** What a stage of a repair is given. */
export interface ChromemRepair {
  /** The database as it stands there; it is not changed. */
  readonly store: DetectedStore;
  /** What was asked for. */
  readonly request: RepairRequest;
  /** What stands in its directory. */
  readonly layout: Layout;
  /** The database as the stages before this one leave it; a stage moves files about in it. */
  readonly database: WorkingDatabase;
  /** The findings that are answered. */
  readonly findings: FindingIndex;
  /** What older copies tell. */
  readonly older: OlderDatabases;
  /** What damaged documents still hold. */
  readonly salvage: DocumentSalvage;
  /** Compressed files of which one bit was flipped. */
  readonly flipped: FlippedBits;
  /** Findings about whole folders of which steps about single files remove the cause. */
  readonly settled: Finding[];
}

/** A step that is planned. */
export interface PlannedStep {
  /** What stands in the plan. */
  readonly step: RepairStep;
  /** Writes what leaves the store into files; left out where nothing does. */
  readonly save?: (saved: SavedFiles) => void;
}

/** What most steps do not have. */
export const PLAIN_STEP = {
  details: [],
  collection: null,
  segment: null,
  strategy: null,
  answers: [],
  reads: [],
  replaces: [],
  gains: [],
  losses: [],
  sizeBytes: 0,
} as const satisfies Partial<RepairStep>;

/** What most losses do not have. */
export const PLAIN_LOSS = { table: null, count: 1, ids: [] } as const satisfies Partial<RepairLoss>;
