/**
 * Whether the documents of a folder stand in another one as well: then nothing is lost when the two
 * become one.
 *
 * @module
 */

import type { WorkingDatabase } from "./working_database.ts";
import { isSameDocument, listDocuments, loadDocument } from "./working_documents.ts";

/**
 * Whether all documents of a folder stand in another one, the very same, or one of the two has none.
 *
 * @param database The database.
 * @param name The name of the folder.
 * @param keeper The name of the other one.
 * @throws {OperationError} A file cannot be read.
 */
export function isContained(database: WorkingDatabase, name: string, keeper: string): boolean {
  const [one, other] = [database.folderNamed(name), database.folderNamed(keeper)];
  if (one === undefined || other === undefined) return false;
  const documents = listDocuments(database, one);
  if (documents.length === 0 || listDocuments(database, other).length === 0) return true;
  return documents.every(([file, { source, origin }]) => {
    const standing = other.files.get(file);
    if (standing === undefined || origin?.isSpecial !== false) return false;
    if (standing.origin?.isSpecial !== false) return false;
    return isSameDocument(
      loadDocument(database, { source }),
      loadDocument(database, { source: standing.source }),
    );
  });
}
