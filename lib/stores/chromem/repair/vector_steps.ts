/**
 * What a plan says of documents whose embedding cannot be used as it is.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import type { Finding } from "../../../model/finding.ts";
import type { RepairStep } from "../../../model/repair.ts";
import { listAnswers } from "../../repair_steps.ts";
import type { SavedFiles } from "../../saved_files.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { saveConflicts } from "./conflicts.ts";
import { listMissingLosses, type MissingDocument, saveMissing } from "./missing_documents.ts";
import { toSalvaged } from "./salvage_document.ts";
import type { FileSource, WorkingFile, WorkingFolder } from "./working_database.ts";
import { loadDocument } from "./working_documents.ts";

/** A document whose embedding cannot be used as it is. */
export interface Unusable {
  /** The folder of its collection. */
  readonly folder: WorkingFolder;
  /** The name of its file. */
  readonly name: string;
  /** The file. */
  readonly file: WorkingFile;
  /** Its id. */
  readonly id: string;
  /** The findings about the embedding. */
  readonly findings: readonly Finding[];
  /** Where its bytes came from before the embedding changed. */
  readonly before: FileSource;
}

/** A document whose embedding comes from elsewhere. */
export interface Mended extends Unusable {
  /** Where it comes from, for people. */
  readonly label: string;
}

/** What becomes of the documents of one folder. */
export interface VectorOutcome {
  /** Their embedding comes from elsewhere. */
  readonly mended: Mended[];
  /** One bit of it is flipped back. */
  readonly corrected: Unusable[];
  /** There is none. */
  readonly missing: Unusable[];
  /** It is normalised, as many others of the collection. */
  readonly normalised: Unusable[];
  /** It is normalised, and may have been damaged. */
  readonly doubtful: Unusable[];
}

const REASONS: Readonly<Partial<Record<Finding["name"], string>>> = {
  "document-without-embedding": "the document has no embedding",
  "document-dimension": "the embedding has another number of dimensions than the others",
  "embedding-not-finite": "the embedding has numbers that are not finite",
  "embedding-not-normalised": "all numbers of the embedding are 0",
};

function describe(
  folder: WorkingFolder,
  documents: readonly Unusable[],
): Omit<RepairStep, "kind" | "title"> {
  const paths = documents.map(({ file }) => file.path).filter((path) => path !== "");
  return {
    ...PLAIN_STEP,
    collection: folder.label,
    segment: folder.origin.name,
    answers: listAnswers(documents.flatMap(({ findings }) => findings)),
    reads: paths,
    replaces: paths,
    sizeBytes: documents.reduce((sum, { before }) => sum + before.sizeBytes, 0),
  };
}

/** Describes documents whose embedding comes from elsewhere. */
export function describeMended(folder: WorkingFolder, mended: readonly Mended[]): PlannedStep[] {
  if (mended.length === 0) return [];
  const gains = [...Map.groupBy(mended, ({ label }) => label)]
    .map(([source, group]) => ({ what: "vectors", count: group.length, source }));
  return [{
    step: {
      ...describe(folder, mended),
      kind: "correct-documents",
      title:
        `Write ${formatCount(mended.length, "document")} of ${printable(folder.label)} again ` +
        "with a vector that can be used",
      gains,
    },
  }];
}

/** Describes documents of whose embedding one bit is flipped back. */
export function describeCorrected(
  repair: ChromemRepair,
  folder: WorkingFolder,
  corrected: readonly Unusable[],
): PlannedStep[] {
  if (corrected.length === 0) return [];
  const count = formatCount(corrected.length, "embedding");
  return [{
    step: {
      ...describe(folder, corrected),
      kind: "correct-documents",
      title: `Flip a bit of ${count} of ${printable(folder.label)} back`,
      details: [
        "no other bit gives the embedding the length 1 that it had; what it was goes to " +
        "conflicts.jsonl",
      ],
      gains: [{ what: "vectors", count: corrected.length, source: "the damaged files" }],
    },
    save: saveBefore(repair, corrected, "one bit of the embedding was flipped"),
  }];
}

/** Describes documents for which there is no embedding. */
export function describeMissing(
  { database, request }: ChromemRepair,
  folder: WorkingFolder,
  documents: readonly Unusable[],
): PlannedStep[] {
  if (documents.length === 0) return [];
  const missing = documents.map(({ file, id, findings, before }): MissingDocument => ({
    folder,
    path: file.path,
    id,
    kind: "vector",
    reason: REASONS[findings[0]?.name ?? "document-without-embedding"] ?? "it has no embedding",
    load: () => toSalvaged(loadDocument(database, { source: before })),
  }));
  const losses = listMissingLosses(missing);
  const step = {
    ...describe(folder, documents),
    kind: "take-out-documents",
    sizeBytes: 0,
  } as const;
  const count = formatCount(documents.length, "document");
  const name = printable(folder.label);
  if (request.keepUnsearchable) {
    return [{
      step: {
        ...step,
        title: `Leave ${count} of ${name} as they are, without a vector that can be used`,
        replaces: [],
        losses: losses.map((loss) => ({ ...loss, outcome: "kept-unsearchable" })),
      },
    }];
  }
  return [{
    step: {
      ...step,
      title: `Take ${count} out of ${name} without a vector that can be used`,
      losses,
    },
    save: (saved) => saveMissing(missing, saved),
  }];
}

/** Describes documents whose embedding is normalised. */
export function describeNormalised(
  repair: ChromemRepair,
  folder: WorkingFolder,
  { normalised, doubtful }: Pick<VectorOutcome, "normalised" | "doubtful">,
): PlannedStep[] {
  const all = [...normalised, ...doubtful];
  if (all.length === 0) return [];
  return [{
    step: {
      ...describe(folder, all),
      kind: "correct-documents",
      title: `Give ${formatCount(all.length, "embedding")} of ${
        printable(folder.label)
      } the length 1`,
      details: doubtful.length === 0
        ? ["as chromem-go does it, in single precision; nothing else of them changes"]
        : [
          "nearly all others of the collection have the length 1: these may be damaged; what they " +
          "were goes to conflicts.jsonl",
        ],
    },
    save: saveBefore(
      repair,
      doubtful,
      "its embedding did not have the length 1, as nearly all others have",
    ),
  }];
}

/** Writes documents as they were into a file. */
function saveBefore(
  { database }: ChromemRepair,
  documents: readonly Unusable[],
  reason: string,
): (saved: SavedFiles) => void {
  const conflicts = documents.map(({ folder, id, file, before }) => ({
    folder,
    id,
    path: file.path,
    kept: file.path,
    reason,
    load: () => loadDocument(database, { source: before }),
  }));
  return (saved) => saveConflicts(conflicts, saved);
}
