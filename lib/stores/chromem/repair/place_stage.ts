/**
 * Files of documents that stand in the wrong place: under a name that is not the hash of the id, or
 * in the folder of another collection. The id of a document proves where it belongs.
 *
 * An id of which one bit was flipped is put right instead: then the name of the file proves the id.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { listAnswers } from "../../repair_steps.ts";
import { hashName } from "../name_hash.ts";
import { listCandidates } from "../names/candidates.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { type Conflict, createConflicts } from "./conflicts.ts";
import { correctIds } from "./correct_ids.ts";
import { Exchanges, type MisplacedFile } from "../exchanges.ts";
import { stemOfName } from "./salvage_document.ts";
import { listMisplaced, type Misplaced } from "./misplaced.ts";
import { listMissingLosses, type MissingDocument, saveMissing } from "./missing_documents.ts";
import { type Claim, settleClaims } from "./settle_claims.ts";
import type { WorkingFolder } from "./working_database.ts";

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planPlaces(repair: ChromemRepair): PlannedStep[] {
  const misplaced = listMisplaced(repair);
  if (misplaced.length === 0) return [];
  const corrected = correctIds(repair, misplaced);
  const others = misplaced.filter((one) => !corrected.has(one));
  const placed = others.map((one): PlacedFile => ({
    folder: one.folder.origin.name,
    stem: stemOfName(one.name),
    expected: hashName(one.id),
    one,
  }));
  const exchanges = new Exchanges(placed);
  const claims = placed.map((file) => toClaim(repair, file, exchanges));
  const settled = settleClaims(repair, claims);
  const steps: PlannedStep[] = [];
  for (const folder of repair.database.folders) {
    const own = [...corrected].filter((one) => one.folder === folder);
    if (own.length > 0) steps.push({ step: describeCorrected(folder, own) });
    const moved = settled.filter(({ claim }) => claim.folder === folder);
    if (moved.length > 0) {
      steps.push(describeMoved(folder, moved));
    }
  }
  return steps;
}

/** A document in the wrong place, as what finds exchanges takes it. */
interface PlacedFile extends MisplacedFile {
  readonly one: Misplaced;
}

/** Where a document belongs. */
function toClaim(
  repair: ChromemRepair,
  placed: PlacedFile,
  exchanges: Exchanges<PlacedFile>,
): Claim {
  const { extension } = repair.database;
  const { folder, name, file, id, findings } = placed.one;
  const targetName = hashName(id) + extension;
  const partner = exchanges.partnerOf(placed)?.one.folder ??
    findDamagedPlace(repair, placed.one, targetName);
  const isExchanged = findings.some((finding) => finding.name === "document-exchanged");
  return {
    folder,
    name,
    file,
    id,
    findings,
    target: partner ?? folder,
    targetName,
    isCopy: isExchanged && partner === null,
  };
}

/** The folder of which an id tells, where a damaged file stands in the place of the document. */
function findDamagedPlace(
  { database, findings }: ChromemRepair,
  { folder: own, id }: Misplaced,
  name: string,
): WorkingFolder | null {
  if (own.files.has(name)) return null;
  const told = new Set(Array.from(listCandidates(id, []), (one) => hashName(one.name)));
  const folder = database.folders.find((one) => one.fate === "stays" && told.has(one.name));
  const file = folder?.files.get(name);
  if (folder === undefined || file === undefined) return null;
  return findings.undecodable(file.path).length > 0 ? folder : null;
}

function describeCorrected(
  folder: WorkingFolder,
  corrected: readonly Misplaced[],
): PlannedStep["step"] {
  return {
    ...PLAIN_STEP,
    kind: "correct-documents",
    title:
      `Put ${formatCount(corrected.length, "id")} of ${folder.label} right, of which one bit ` +
      "was flipped",
    details: ["the name of the file is the hash of the id, and proves it"],
    collection: folder.label,
    segment: folder.origin.name,
    answers: listAnswers(corrected.flatMap(({ findings }) => findings)),
    reads: corrected.map(({ file }) => file.path),
    replaces: corrected.map(({ file }) => file.path),
    sizeBytes: corrected.reduce((sum, { file }) => sum + file.source.sizeBytes, 0),
  };
}

type Settled = ReturnType<typeof settleClaims>[number];

function describeMoved(folder: WorkingFolder, moved: readonly Settled[]): PlannedStep {
  const conflicts = moved.flatMap(({ conflict }): Conflict[] =>
    conflict === null ? [] : [conflict]
  );
  const placed = moved.filter(({ isPlaced }) => isPlaced);
  const left = moved.filter(({ hasLeft }) => hasLeft);
  const title = placed.length === 0
    ? `Move ${formatCount(left.length, "file")} of ${printable(folder.label)} aside, of which ` +
      (left.length === 1 ? "the document stands elsewhere" : "the documents stand elsewhere")
    : `Put ${formatCount(placed.length, "document")} of ${printable(folder.label)} where ` +
      (placed.length === 1 ? "its id says" : "their ids say");
  const missing = moved.flatMap(({ missing }): MissingDocument[] =>
    missing === null ? [] : [missing]
  );
  const planned = createConflicts(conflicts, {
    ...PLAIN_STEP,
    kind: "place-documents",
    title,
    details: left.length === 0 || placed.length === 0
      ? []
      : [`${formatCount(left.length, "file")} move aside, of which the documents stand elsewhere`],
    collection: folder.label,
    segment: folder.origin.name,
    answers: listAnswers(moved.flatMap(({ findings }) => findings)),
    reads: moved.map(({ claim }) => claim.file.path),
    replaces: moved.flatMap(({ claim, isPlaced }) =>
      isPlaced ? [claim.file.path, `${claim.target.name}/${claim.targetName}`] : [claim.file.path]
    ),
    gains: moved.flatMap(({ gain }) => gain === null ? [] : [gain]),
    losses: [
      ...moved.flatMap(({ loss }) => loss === null ? [] : [loss]),
      ...listMissingLosses(missing),
    ],
    sizeBytes: placed.reduce((sum, { claim }) => sum + claim.file.source.sizeBytes, 0),
  });
  return {
    ...planned,
    save: (saved) => {
      planned.save?.(saved);
      saveMissing(missing, saved);
    },
  };
}
