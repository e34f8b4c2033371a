/**
 * Settling which document gets which place, when several files change their places at once.
 *
 * The document that has a place already under the right name keeps it; else the newest gets it.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { RepairGain, RepairLoss } from "../../../model/repair.ts";
import { isFolderName } from "../layout.ts";
import { type ChromemRepair, PLAIN_LOSS } from "./chromem_repair.ts";
import type { Conflict } from "./conflicts.ts";
import type { MissingDocument } from "./missing_documents.ts";
import { stemOfName } from "./salvage_document.ts";
import { WorkingFile, type WorkingFolder } from "./working_database.ts";
import { isSameDocument, loadDocument } from "./working_documents.ts";

/** A document, and where it belongs. */
export interface Claim {
  /** The folder in which it stands. */
  readonly folder: WorkingFolder;
  /** The name of its file. */
  readonly name: string;
  /** The file. */
  readonly file: WorkingFile;
  /** Its id. */
  readonly id: string;
  /** The findings about its place. */
  readonly findings: readonly Finding[];
  /** The folder in which it belongs. */
  readonly target: WorkingFolder;
  /** The name that its file is to have. */
  readonly targetName: string;
  /** Whether it is a copy of what stands in another collection, over a document of this one. */
  readonly isCopy: boolean;
}

/** What became of a claim. */
export interface SettledClaim {
  /** The claim. */
  readonly claim: Claim;
  /** Whether the document has the place. */
  readonly isPlaced: boolean;
  /** Whether its file leaves the database. */
  readonly hasLeft: boolean;
  /** The findings that are answered by it. */
  readonly findings: readonly Finding[];
  /** What goes to the file of conflicts, or null. */
  readonly conflict: Conflict | null;
  /** What is lost, or null. */
  readonly loss: RepairLoss | null;
  /** What comes back, or null. */
  readonly gain: RepairGain | null;
  /** A damaged document whose place was taken, or null. */
  readonly missing: MissingDocument | null;
}

/**
 * Settles claims, and moves the files.
 *
 * @param repair What the stage is given.
 * @param claims The claims.
 * @returns What became of each.
 * @throws {OperationError} A document cannot be read.
 */
export function settleClaims(repair: ChromemRepair, claims: readonly Claim[]): SettledClaim[] {
  // What changes its place is in nobody's way.
  for (const { folder, name } of claims) folder.files.delete(name);
  const copies = claims.filter(({ isCopy }) => isCopy);
  const groups = Map.groupBy(
    claims.filter(({ isCopy }) => !isCopy),
    ({ target, targetName }) => `${target.origin.name}/${targetName}`,
  );
  return [
    ...[...groups.values()].flatMap((group) => settleGroup(repair, group)),
    ...copies.map((claim) => removeCopy(repair, claim)),
  ];
}

const NO_MORE = { hasLeft: false, conflict: null, loss: null, gain: null, missing: null };

/** Claims to one place, the best of them first. */
function settleGroup(repair: ChromemRepair, claims: readonly Claim[]): SettledClaim[] {
  const [first, ...others] = [...claims].sort(compareClaims);
  if (first === undefined) return [];
  const { target, targetName } = first;
  const standing = target.files.get(targetName);
  const damage = standing === undefined ? [] : repair.findings.undecodable(standing.path);
  if (standing === undefined || damage.length > 0) {
    target.files.set(targetName, first.file);
    const missing = standing === undefined ? null : findMissing(repair, first, standing);
    const placed = { claim: first, isPlaced: true, findings: [...first.findings, ...damage] };
    return [
      { ...NO_MORE, ...placed, missing },
      ...others.map((claim) => giveWay(repair, claim, { kept: first.file, reason: NEWER })),
    ];
  }
  const { ID: id = "" } = loadDocument(repair.database, standing);
  return claims.map((claim) =>
    id === claim.id
      ? giveWay(repair, claim, { kept: standing, reason: RIGHT_NAME })
      : putBack(repair, claim, standing)
  );
}

/** The document of a damaged file whose place is taken, unless it is the one that takes it. */
function findMissing(
  { salvage }: ChromemRepair,
  { name, id, target }: Claim,
  { origin }: WorkingFile,
): MissingDocument | null {
  if (origin === null) return null;
  const left = salvage.read(origin);
  // Nothing is left, and the place belongs to the other one: only where that had another place, a
  // document is missing.
  const isSame = left.id === null ? !isFolderName(stemOfName(name)) : left.id === id;
  if (isSame) return null;
  return {
    folder: target,
    path: origin.path,
    id: left.id,
    kind: "record",
    reason: "the file cannot be decoded, and another document belongs into its place",
    load: () => salvage.read(origin),
  };
}

const NEWER = "another version of it is newer";
const RIGHT_NAME = "the file whose name belongs to the id holds another version of it";
const SAME_HASH = "a document with another id has the same hash, and so the same file name";

/** The newest first; of equally new ones that which the engine serves. */
function compareClaims(one: Claim, other: Claim): number {
  const [time, otherTime] = [one.file.origin?.modifiedMs ?? 0, other.file.origin?.modifiedMs ?? 0];
  return otherTime - time || (one.name < other.name ? 1 : -1);
}

/** A file leaves, and what it holds besides goes to a file. */
function giveWay(
  { database }: ChromemRepair,
  claim: Claim,
  { kept, reason }: { readonly kept: WorkingFile; readonly reason: string },
): SettledClaim {
  const load = () => loadDocument(database, claim.file);
  const isSame = isSameDocument(load(), loadDocument(database, kept));
  return {
    ...NO_MORE,
    claim,
    isPlaced: false,
    hasLeft: true,
    findings: claim.findings,
    conflict: isSame ? null : {
      folder: claim.target,
      id: claim.id,
      path: claim.file.path,
      kept: kept.path,
      reason,
      load,
    },
  };
}

/** The place belongs to another document for good: the file stays where it is, if it can. */
function putBack(repair: ChromemRepair, claim: Claim, kept: WorkingFile): SettledClaim {
  const { folder, name, file } = claim;
  if (folder.files.has(name)) return giveWay(repair, claim, { kept, reason: SAME_HASH });
  folder.files.set(name, file);
  return { ...NO_MORE, claim, isPlaced: false, findings: [] };
}

/** A copy of another collection's file leaves; what it was written over comes from a backup. */
function removeCopy({ older }: ChromemRepair, claim: Claim): SettledClaim {
  const { folder, name, findings } = claim;
  const left = { ...NO_MORE, claim, isPlaced: false, hasLeft: true, findings };
  const names = [folder.origin.name, folder.name];
  const found = older.findDocument(names, stemOfName(name), () => true);
  if (found !== null && !folder.files.has(name)) {
    const { path, label, reading } = found;
    const source = { kind: "copy", path, sizeBytes: reading.sizeBytes } as const;
    folder.files.set(name, new WorkingFile(null, source));
    return { ...left, gain: { what: "documents", count: 1, source: label } };
  }
  // What is not named after a hash took no document's place.
  if (!isFolderName(stemOfName(name))) return left;
  return {
    ...left,
    loss: {
      ...PLAIN_LOSS,
      kind: "record",
      outcome: "gone",
      reason: "the file of a document of another collection was copied over its own",
      collection: folder.label,
    },
  };
}
