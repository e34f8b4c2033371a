/**
 * Documents that stand in the wrong place, as the findings say.
 *
 * @module
 */

import type { Finding } from "../../../model/finding.ts";
import type { ChromemFindingName } from "../../../model/finding_names.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import type { WorkingFile, WorkingFolder } from "./working_database.ts";
import { listDocuments, loadDocument } from "./working_documents.ts";

const MISPLACED: readonly ChromemFindingName[] = [
  "document-misnamed",
  "document-duplicate",
  "document-exchanged",
];

/** A document in the wrong place. */
export interface Misplaced {
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
}

/**
 * Lists the documents in wrong places, whose ids can be read.
 *
 * @param repair What the stage is given.
 * @returns The documents.
 * @throws {OperationError} A file cannot be read.
 */
export function listMisplaced({ database, findings }: ChromemRepair): Misplaced[] {
  return database.folders.filter(({ fate }) => fate !== "quarantined").flatMap((folder) =>
    listDocuments(database, folder).flatMap(([name, file]) => {
      const own = findings.at(file.path, MISPLACED);
      if (own.length === 0) return [];
      const { ID: id = "" } = loadDocument(database, file);
      return id === "" ? [] : [{ folder, name, file, id, findings: own }];
    })
  );
}
