/**
 * Ids of which one bit was flipped. The file is named after the hash of the true id, and tells it.
 *
 * Ids of neighbours differ in one bit as well, as `a/0` and `a/1` do, so that a file that stands in
 * another one's place looks the same. An id is put right only where that is not what happened: no
 * other document belongs into the place, none has the id that would come out, and the id is none
 * that anybody has given on purpose, or the text of the document tells.
 *
 * @module
 */

import { isFolderName } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import { correctBit } from "./correct_bit.ts";
import type { Misplaced } from "./misplaced.ts";
import { stemOfName } from "./salvage_document.ts";
import { isSameText, loadDocument } from "./working_documents.ts";

/** How many ids are tried: a folder of files that were all renamed has no flipped bits. */
const MOST_TRIES = 1000;

/**
 * Puts ids right.
 *
 * @param repair What the stage is given.
 * @param misplaced The documents whose files are not named after their ids.
 * @returns Those of which the id is right now.
 * @throws {OperationError} A file cannot be read.
 */
export function correctIds(
  repair: ChromemRepair,
  misplaced: readonly Misplaced[],
): Set<Misplaced> {
  const claimed = new Set(
    misplaced.map(({ folder, id }) => placeOf(folder.origin.name, hashName(id))),
  );
  const ids = new Set(misplaced.map(({ folder, id }) => placeOf(folder.origin.name, id)));
  const corrected = new Set<Misplaced>();
  for (const one of misplaced.slice(0, MOST_TRIES)) {
    const { folder, name } = one;
    const stem = stemOfName(name);
    if (!isFolderName(stem) || claimed.has(placeOf(folder.origin.name, stem))) continue;
    const id = correctBit(one.id, stem);
    if (id === null || ids.has(placeOf(folder.origin.name, id))) continue;
    if (!isFlipped(repair, one, id)) continue;
    correctId(repair, one, id);
    corrected.add(one);
  }
  return corrected;
}

function placeOf(folder: string, name: string): string {
  return `${folder}/${name}`;
}

/** Whether it is the id that is wrong, and not the place. */
function isFlipped({ database, older }: ChromemRepair, one: Misplaced, id: string): boolean {
  const { folder, file, findings } = one;
  if (findings.some(({ name }) => name === "document-exchanged")) return false;
  const document = loadDocument(database, file);
  const standing = folder.files.get(hashName(one.id) + database.extension);
  if (standing !== undefined && standing.origin?.isSpecial === false) {
    // Another text under the same id is another document; the same text is a copy.
    return !isSameText(loadDocument(database, standing), document);
  }
  if (!isPlausible(one.id, id)) return true;
  const folders = [folder.origin.name, folder.name];
  return older.findDocument(folders, hashName(id), ({ value }) => isSameText(value, document)) !==
    null;
}

/** Whether an id may have been given on purpose: a number, or a letter, that counts. */
function isPlausible(id: string, other: string): boolean {
  const index = Array.from({ length: id.length }).findIndex((_, place) =>
    id[place] !== other[place]
  );
  const isSign = (place: number): boolean => /[a-zA-Z0-9]/.test(id[place] ?? "");
  if (index === -1 || !isSign(index) || id.length !== other.length) return false;
  let [start, end] = [index, index + 1];
  while (isSign(start - 1)) start--;
  while (isSign(end)) end++;
  return end - start === 1 || /^[0-9]+$/.test(id.slice(start, end));
}

function correctId({ database }: ChromemRepair, { file }: Misplaced, id: string): void {
  const { source } = file;
  file.source = {
    kind: "document",
    sizeBytes: source.sizeBytes,
    load: () => ({ ...loadDocument(database, { source }), ID: id }),
  };
}
