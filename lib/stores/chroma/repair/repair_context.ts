/**
 * What the stages of a repair share.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { RepairStep, RepairVerification } from "../../../model/repair.ts";
import type { DetectedStore } from "../../../model/store.ts";
import type { RepairRequest } from "../../repair_format.ts";
import type { SavedFiles } from "../../saved_files.ts";
import type { WorkingStore } from "./working_store.ts";

/** What a stage of a repair is given. */
export interface RepairContext {
  /** The store as it stands there; it is not changed. */
  readonly store: DetectedStore;
  /** The store as the stages before this one leave it; a stage changes its database. */
  readonly working: WorkingStore;
  /** The findings that this stage has to answer, of a full check of the working store. */
  readonly findings: readonly Finding[];
  /** All findings of that check, those of other stages as well. */
  readonly allFindings: readonly Finding[];
  /** What was asked for. */
  readonly request: RepairRequest;
  /** Files for what leaves the store. */
  readonly saved: SavedFiles;
}

/** Where the steps of a repair put the entries of the repaired store. */
export interface StagingArea {
  /** The directory in which new segment directories are made, under their final names. */
  readonly directory: string;
  /** The working store; its database is staged last, when something has written to it. */
  readonly working: WorkingStore;
  /** Files for what leaves the store. */
  readonly saved: SavedFiles;
  /** Has an entry of the store leave without a successor. */
  leave(name: string): void;
}

/** A step that is planned, and what carries it out. */
export interface PreparedStep extends Partial<Disposable> {
  /** What stands in the plan. */
  readonly step: RepairStep;
  /** Carries it out; left out where the private copy of the database has all of it already. */
  stage?(area: StagingArea): Promise<void>;
  /** Looks at what it has made, in the store as it will be; left out where a check says all. */
  verify?(view: string): Promise<RepairVerification>;
}

/** A stage: it plans the steps that answer its findings. */
export type RepairStage = (context: RepairContext) => Promise<readonly PreparedStep[]>;
