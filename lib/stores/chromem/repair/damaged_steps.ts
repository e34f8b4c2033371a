/**
 * What a plan says of files of documents that cannot be read.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import type { Finding } from "../../../model/finding.ts";
import type { RepairGain, RepairLoss, RepairStep } from "../../../model/repair.ts";
import { listAnswers } from "../../repair_steps.ts";
import { type ChromemRepair, PLAIN_LOSS, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { listMissingLosses, type MissingDocument, saveMissing } from "./missing_documents.ts";
import type { FileOrigin, WorkingFolder } from "./working_database.ts";

/** Why a document cannot be read, by the finding. */
const REASONS: Readonly<Partial<Record<Finding["name"], string>>> = {
  "gob-empty": "the file is empty",
  "gob-truncated": "the file ends before the document does",
  "gob-malformed": "the file cannot be decoded",
  "gob-type-mismatch": "the file holds something else than a document",
  "gzip-malformed": "the file cannot be decompressed",
  "gzip-checksum": "the bytes are not those of which the checksum was made",
  "gob-too-large": "the file is larger than any document",
  "gob-not-a-file": "it is no file",
  "gob-pipe": "it is a pipe",
  "document-without-id": "the document has no id",
};

/** A file that cannot be read. */
export interface Damaged {
  /** The folder of its collection. */
  readonly folder: WorkingFolder;
  /** Its name in the folder. */
  readonly name: string;
  /** Where it stands before the repair. */
  readonly origin: FileOrigin;
  /** The findings about it. */
  readonly findings: readonly Finding[];
  /** The id, as far as it is left; or null. */
  readonly id: string | null;
  /** What is lost of it: nothing but the vector, or more. */
  readonly kind: MissingDocument["kind"];
}

/** A file for which a backup has the document. */
export interface Restored {
  /** The file. */
  readonly damaged: Damaged;
  /** The id of the document. */
  readonly id: string;
  /** How many bytes the file in the backup has. */
  readonly sizeBytes: number;
  /** The file in the backup. */
  readonly path: string;
  /** What the backup is called. */
  readonly label: string;
  /** Whether the database may have had a newer version. */
  readonly isDoubtful: boolean;
}

/** What becomes of the files of one folder. */
export interface DamagedOutcome {
  /** A backup has the document. */
  readonly restored: Restored[];
  /** All of the document is left. */
  readonly whole: Damaged[];
  /** A line that was handed in makes the document whole. */
  readonly completed: Damaged[];
  /** The document leaves. */
  readonly missing: Damaged[];
  /** There was never a document. */
  readonly foreign: Damaged[];
}

function answer(
  folder: WorkingFolder,
  damaged: readonly Damaged[],
): Omit<RepairStep, "kind" | "title"> {
  return {
    ...PLAIN_STEP,
    collection: folder.label,
    segment: folder.origin.name,
    answers: listAnswers(damaged.flatMap(({ findings }) => findings)),
    reads: damaged.map(({ origin }) => origin.path),
    replaces: damaged.map(({ origin }) => origin.path),
  };
}

/** Describes documents of which all is left. */
export function describeWhole(folder: WorkingFolder, whole: readonly Damaged[]): PlannedStep[] {
  if (whole.length === 0) return [];
  return [{
    step: {
      ...answer(folder, whole),
      kind: "correct-documents",
      title:
        `Write ${formatCount(whole.length, "document")} of ${printable(folder.label)} again, ` +
        "of which all is left",
      details: [
        "the damage is in what stands around the document; the name of the file proves the id, " +
        "and every byte of the document is accounted for",
      ],
      gains: [{ what: "documents", count: whole.length, source: "the damaged files" }],
      sizeBytes: whole.reduce((sum, { origin }) => sum + origin.sizeBytes, 0),
    },
  }];
}

/** Describes documents that come from a backup. */
export function describeRestored(
  folder: WorkingFolder,
  restored: readonly Restored[],
): PlannedStep[] {
  if (restored.length === 0) return [];
  const common = answer(folder, restored.map(({ damaged }) => damaged));
  const gains = [...Map.groupBy(restored, ({ label }) => label)]
    .map(([source, group]): RepairGain => ({ what: "documents", count: group.length, source }));
  const doubtful = restored.filter(({ isDoubtful }) => isDoubtful);
  const losses: RepairLoss[] = doubtful.length === 0 ? [] : [{
    ...PLAIN_LOSS,
    kind: "newer-record",
    outcome: "kept",
    reason: "they come from a backup, and may have been written again since",
    collection: folder.label,
    count: doubtful.length,
    ids: doubtful.map(({ id }) => id),
  }];
  return [{
    step: {
      ...common,
      kind: "restore-documents",
      title: `Bring ${formatCount(restored.length, "document")} of ${printable(folder.label)} ` +
        "back from a backup",
      reads: restored.map(({ path }) => path),
      gains,
      losses,
      sizeBytes: restored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
  }];
}

/** Describes documents that were handed in. */
export function describeCompleted(
  folder: WorkingFolder,
  completed: readonly Damaged[],
): PlannedStep[] {
  if (completed.length === 0) return [];
  return [{
    step: {
      ...answer(folder, completed),
      kind: "correct-documents",
      title: `Write ${formatCount(completed.length, "document")} of ${printable(folder.label)} ` +
        "again with the vectors that were handed in",
      gains: [{ what: "documents", count: completed.length, source: "the file of --vectors" }],
      sizeBytes: completed.reduce((sum, { origin }) => sum + origin.sizeBytes, 0),
    },
  }];
}

/** Describes documents that leave. */
export function describeMissing(
  { salvage }: ChromemRepair,
  folder: WorkingFolder,
  damaged: readonly Damaged[],
): PlannedStep[] {
  if (damaged.length === 0) return [];
  const missing = damaged.map(({ origin, findings, id, kind }): MissingDocument => ({
    folder,
    path: origin.path,
    id,
    kind,
    reason: REASONS[findings[0]?.name ?? "gob-malformed"] ?? "the file cannot be decoded",
    load: () => salvage.read(origin),
  }));
  return [{
    step: {
      ...answer(folder, damaged),
      kind: "take-out-documents",
      title: `Take ${formatCount(damaged.length, "document")} out of ${printable(folder.label)} ` +
        "that cannot be read",
      losses: listMissingLosses(missing),
    },
    save: (saved) => saveMissing(missing, saved),
  }];
}

/** Describes what is named as no document is, and holds none. */
export function describeForeign(folder: WorkingFolder, foreign: readonly Damaged[]): PlannedStep[] {
  if (foreign.length === 0) return [];
  return [{
    step: {
      ...answer(folder, foreign),
      kind: "set-aside",
      title: `Move ${formatCount(foreign.length, "file")} of ${printable(folder.label)} aside ` +
        `that ${foreign.length === 1 ? "holds" : "hold"} no document`,
    },
  }];
}
