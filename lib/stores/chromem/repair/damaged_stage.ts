/**
 * Files of documents that cannot be decoded: the document comes from a backup, or from what was
 * handed in; else the file moves aside, and what is left of the document goes to `missing.jsonl`.
 *
 * @module
 */

import { extensionOf, isFolderName } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import { otherOf } from "../read_collections.ts";
import type { ChromemRepair, PlannedStep } from "./chromem_repair.ts";
import {
  type Damaged,
  type DamagedOutcome,
  describeCompleted,
  describeForeign,
  describeMissing,
  describeRestored,
  describeWhole,
} from "./damaged_steps.ts";
import type { HandedInDocuments } from "./handed_in_documents.ts";
import { isServable } from "./older_databases.ts";
import type { GobDocument } from "../shapes.ts";
import { type SalvagedDocument, stemOfName } from "./salvage_document.ts";
import { type WorkingDatabase, WorkingFile, type WorkingFolder } from "./working_database.ts";
import { isSameText, listDocuments, type NamedFile } from "./working_documents.ts";
import type { DimensionReader } from "./dimensions.ts";

/** What the stage is given besides. */
export interface DamagedParts {
  /** The documents that were handed in, or null. */
  readonly handedIn: HandedInDocuments | null;
  /** Tells the dimensions of collections. */
  readonly dimensions: DimensionReader;
}

/**
 * Plans the steps of the stage.
 *
 * @param repair What the stage is given.
 * @param parts What it is given besides.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planDamaged(repair: ChromemRepair, parts: DamagedParts): PlannedStep[] {
  const { database, salvage, findings } = repair;
  return database.folders.filter(({ fate }) => fate !== "quarantined").flatMap((folder) => {
    const outcome: DamagedOutcome = {
      whole: [],
      restored: [],
      completed: [],
      missing: [],
      foreign: [],
    };
    for (const [name, { origin, path }] of listSuspects(database, folder)) {
      const own = [
        ...findings.undecodable(path),
        ...findings.at(path, ["document-without-id"]),
      ];
      if (own.length === 0 || origin === null) continue;
      const left = salvage.read(origin);
      const isTextLeft = left.content !== null && left.metadata !== null && left.isIdProven;
      const kind = isTextLeft ? "vector" : "record";
      const damaged = { folder, name, origin, findings: own, id: left.id, kind } as const;
      settle(repair, parts, { damaged, left, outcome });
    }
    return [
      ...describeWhole(folder, outcome.whole),
      ...describeRestored(folder, outcome.restored),
      ...describeCompleted(folder, outcome.completed),
      ...describeMissing(repair, folder, outcome.missing),
      ...describeForeign(folder, outcome.foreign),
    ];
  });
}

/** The files that the engine loads, and what is no file, whatever extension it has. */
function listSuspects(database: WorkingDatabase, folder: WorkingFolder): NamedFile[] {
  const documents = listDocuments(database, folder);
  const others = [...folder.files].filter(([name, { origin }]) =>
    origin?.isSpecial === true && extensionOf(name) === otherOf(database.extension)
  );
  return [...documents, ...others];
}

/** A file that cannot be read, and what is left of it. */
interface Settling {
  readonly damaged: Damaged;
  readonly left: SalvagedDocument;
  readonly outcome: DamagedOutcome;
}

function settle(
  repair: ChromemRepair,
  { handedIn, dimensions }: DamagedParts,
  { damaged, left, outcome }: Settling,
): void {
  const { folder, name, origin } = damaged;
  const stem = stemOfName(name);
  const older = !isFolderName(stem) ? null : repair.older.findDocument(
    [origin.path.slice(0, -name.length - 1), folder.origin.name, folder.name],
    stem,
    ({ value }) => isServable(value, dimensions.of(folder)),
  );
  folder.files.delete(name);
  const { whole } = left;
  if (whole !== null && isServable(whole, dimensions.of(folder))) {
    const { sizeBytes } = origin;
    const load = (): GobDocument => repair.salvage.read(origin).whole ?? whole;
    folder.files.set(name, new WorkingFile(null, { kind: "document", sizeBytes, load }));
    outcome.whole.push(damaged);
    return;
  }
  if (older !== null) {
    const { path, label, reading: { sizeBytes, value } } = older;
    folder.files.set(name, new WorkingFile(null, { kind: "copy", path, sizeBytes }));
    const isDoubtful = !isTextOf(left, value);
    outcome.restored.push({ damaged, id: value.ID ?? "", sizeBytes, path, label, isDoubtful });
    return;
  }
  const complete = handedIn?.complete(folder, left.id, left) ?? null;
  if (complete !== null && left.id !== null) {
    const source = { kind: "document", sizeBytes: origin.sizeBytes, load: complete } as const;
    const file = new WorkingFile(null, source);
    folder.files.set(hashName(left.id) + repair.database.extension, file);
    outcome.completed.push(damaged);
  } else if (!isDocumentName(repair.database, name) && isEmpty(left)) outcome.foreign.push(damaged);
  else outcome.missing.push(damaged);
}

/** Whether a document may have stood under a name, where the engine looks. */
function isDocumentName({ extension }: WorkingDatabase, name: string): boolean {
  return isFolderName(stemOfName(name)) && extensionOf(name) === extension;
}

/** Whether nothing of a document is left. */
function isEmpty({ id, content, contentPart, embeddingPart }: SalvagedDocument): boolean {
  return id === null && (content ?? "") === "" && contentPart === null && embeddingPart === null;
}

/** Whether what is left of a document is all of the text and metadata of another one. */
function isTextOf({ metadata, content }: SalvagedDocument, document: GobDocument): boolean {
  if (metadata === null || content === null) return false;
  return isSameText({ ...document, Metadata: metadata, Content: content }, document);
}
