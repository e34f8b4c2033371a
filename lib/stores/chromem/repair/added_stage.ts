/**
 * Documents that were handed in and that the database does not have.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { hashName } from "../name_hash.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import type { HandedInDocuments } from "./handed_in_documents.ts";
import { WorkingFile, type WorkingFolder } from "./working_database.ts";

/** How many bytes a document has, about, of which the text is not known yet. */
const DOCUMENT_SIZE_BYTES = 1 << 14;

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @param handedIn The documents that were handed in.
 * @returns The steps.
 * @throws {OperationError} The file cannot be read any more.
 */
export function planAdded(repair: ChromemRepair, handedIn: HandedInDocuments): PlannedStep[] {
  const folders = repair.database.folders.filter(({ fate }) => fate === "stays");
  return folders.flatMap((folder) => addTo(repair, handedIn, folder));
}

function addTo(
  { database: { extension } }: ChromemRepair,
  handedIn: HandedInDocuments,
  folder: WorkingFolder,
): PlannedStep[] {
  const added: string[] = [];
  for (const id of handedIn.listUnused(folder)) {
    const name = hashName(id) + extension;
    const load = folder.files.has(name) ? null : handedIn.complete(folder, id, null);
    if (load === null) continue;
    const source = { kind: "document", sizeBytes: DOCUMENT_SIZE_BYTES, load } as const;
    folder.files.set(name, new WorkingFile(null, source));
    added.push(id);
  }
  if (added.length === 0) return [];
  return [{
    step: {
      ...PLAIN_STEP,
      kind: "add-records",
      title: `Put ${formatCount(added.length, "document")} from the file of --vectors into ` +
        printable(folder.label),
      collection: folder.label,
      segment: folder.origin.name,
      replaces: added.map((id) => `${folder.name}/${hashName(id)}${extension}`),
      gains: [{ what: "documents", count: added.length, source: "the file of --vectors" }],
      sizeBytes: added.length * DOCUMENT_SIZE_BYTES,
    },
  }];
}
