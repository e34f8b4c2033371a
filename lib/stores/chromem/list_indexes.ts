/**
 * The collections of a chromem-go database as parts that can be moved aside. A folder is all that
 * there is of a collection: nothing of it can be made again from another place of the database.
 *
 * @module
 */

import type { DetectedStore } from "../../model/store.ts";
import type { IndexPart } from "../../model/index_part.ts";
import { documentFilesOf, readLayout } from "./layout.ts";
import { readCollections } from "./read_collections.ts";

/**
 * Lists the collections of a database.
 *
 * @param store The database, which may be damaged in any way.
 * @returns The folders with gob files, in the order of their names.
 * @throws {OperationError} The directory cannot be looked at.
 */
export function listChromemIndexes(store: DetectedStore): IndexPart[] {
  const layout = readLayout(store.path);
  return readCollections(layout)
    .filter(({ folder }) => folder.files.length + folder.special.length > 0)
    .map(({ folder, name }) => {
      const documents = documentFilesOf(folder, ".gob").length +
        documentFilesOf(folder, ".gob.gz").length;
      const files = [...folder.files, ...folder.leftovers, ...folder.foreign];
      return {
        id: folder.name,
        path: folder.name,
        collection: name,
        sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        records: documents,
        onlyCopies: documents,
        replayable: 0,
        hasRecords: true,
      };
    });
}
