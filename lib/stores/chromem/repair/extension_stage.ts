/**
 * Giving files the extension that the engine looks for.
 *
 * Where a file of the right name is there already, the one that can be read stays, and of two that
 * can the newer one; the other goes to quarantine, and to `conflicts.jsonl` where they differ.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import type { Finding } from "../../../model/finding.ts";
import { listAnswers } from "../../repair_steps.ts";
import { type Extension, extensionOf, METADATA_STEM } from "../layout.ts";
import { readDocument, readMetadata } from "../read_gob_file.ts";
import { otherOf } from "../read_collections.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { type Conflict, createConflicts, settleConflict } from "./conflicts.ts";
import type { WorkingFile, WorkingFolder } from "./working_database.ts";

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planExtensions(repair: ChromemRepair): PlannedStep[] {
  const { database, findings } = repair;
  const wrong = findings.at("", ["chromem-extension-wrong"]);
  if (wrong.length > 0) database.extension = otherOf(database.extension);
  const steps: PlannedStep[] = [];
  const all: Renamed = { names: [], conflicts: [], sizeBytes: 0 };
  for (const folder of database.folders) {
    const mixed = findings.at(folder.origin.name, ["chromem-extension-mixed"]);
    if (wrong.length === 0 && mixed.length === 0) continue;
    const renamed = renameFiles(repair, folder);
    if (wrong.length === 0) steps.push(describeFolder(repair, { folder, mixed, renamed }));
    else {
      wrong.push(...mixed);
      for (const name of renamed.names) all.names.push(name);
      all.conflicts.push(...renamed.conflicts);
      all.sizeBytes += renamed.sizeBytes;
    }
  }
  if (wrong.length > 0) steps.push(describeDatabase(repair, wrong, all));
  return steps;
}

/** What was renamed. */
interface Renamed {
  readonly names: string[];
  readonly conflicts: Conflict[];
  sizeBytes: number;
}

/** Renames the files of a folder that have the other extension. */
function renameFiles(repair: ChromemRepair, folder: WorkingFolder): Renamed {
  const { extension } = repair.database;
  const other = otherOf(extension);
  const names: string[] = [];
  const conflicts: Conflict[] = [];
  let sizeBytes = 0;
  for (const [name, file] of [...folder.files]) {
    if (extensionOf(name) !== other || file.origin?.isSpecial === true) continue;
    const target = name.slice(0, -other.length) + extension;
    const standing = folder.files.get(target);
    folder.files.delete(name);
    names.push(`${folder.origin.name}/${name}`);
    sizeBytes += file.source.sizeBytes;
    if (standing === undefined) folder.files.set(target, file);
    else {
      const { winner, conflict } = chooseFile(repair, { folder, target, standing, file });
      folder.files.set(target, winner);
      if (conflict !== null) conflicts.push(conflict);
    }
  }
  return { names, conflicts, sizeBytes };
}

/** Two files that are to have one name. */
interface Rivals {
  readonly folder: WorkingFolder;
  readonly target: string;
  readonly standing: WorkingFile;
  readonly file: WorkingFile;
}

function chooseFile(
  { database }: ChromemRepair,
  { folder, target, standing, file }: Rivals,
): { readonly winner: WorkingFile; readonly conflict: Conflict | null } {
  const read = target === METADATA_STEM + database.extension ? readsAsMetadata : readsAsDocument;
  if (!read(database.path, file)) return { winner: standing, conflict: null };
  if (!read(database.path, standing)) return { winner: file, conflict: null };
  if (read === readsAsMetadata) return { winner: standing, conflict: null };
  return settleConflict(database, { folder, standing, file });
}

function readsAsDocument(storePath: string, { source, origin }: WorkingFile): boolean {
  if (source.kind !== "store" || origin?.isSpecial !== false) return false;
  const { value, fault, gzip } = readDocument(storePath, source);
  return fault === null && gzip === null && (value.ID ?? "") !== "";
}

function readsAsMetadata(storePath: string, { source, origin }: WorkingFile): boolean {
  if (source.kind !== "store" || origin?.isSpecial !== false) return false;
  const { value, fault } = readMetadata(storePath, source);
  return fault === null && (value.Name ?? "") !== "";
}

/** What is to be said of a folder. */
interface FolderParts {
  readonly folder: WorkingFolder;
  readonly mixed: readonly Finding[];
  readonly renamed: Renamed;
}

function describeFolder(
  { database: { extension } }: ChromemRepair,
  { folder, mixed, renamed: { names, conflicts, sizeBytes } }: FolderParts,
): PlannedStep {
  const { name } = folder.origin;
  return createConflicts(conflicts, {
    ...PLAIN_STEP,
    kind: "rename-files",
    title: `Give ${formatCount(names.length, "file")} of ${name} the extension ${extension}, ` +
      "which the rest of the database has",
    collection: mixed[0]?.collection ?? null,
    segment: name,
    answers: listAnswers(mixed),
    reads: names,
    replaces: names.flatMap((path) => [path, swapExtension(path, extension)]),
    sizeBytes,
  });
}

function describeDatabase(
  { database: { extension } }: ChromemRepair,
  findings: readonly Finding[],
  { names, conflicts, sizeBytes }: Renamed,
): PlannedStep {
  return createConflicts(conflicts, {
    ...PLAIN_STEP,
    kind: "rename-files",
    title: `Give ${formatCount(names.length, "file")} the extension ${extension}, which belongs ` +
      "to what is in them",
    details: [
      `the program has to open the database with compress ${
        extension === ".gob" ? "off" : "on"
      }, as it did when it wrote these files`,
    ],
    answers: listAnswers(findings),
    reads: names,
    replaces: names.flatMap((path) => [path, swapExtension(path, extension)]),
    sizeBytes,
  });
}

function swapExtension(path: string, extension: Extension): string {
  return path.slice(0, -otherOf(extension).length) + extension;
}
