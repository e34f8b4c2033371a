/**
 * What the collections of an export hold, to be held against the database that it came from.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { letOthersRun } from "../../base/turns.ts";
import { BoundedFile } from "../../fs/read_fs.ts";
import type { CollectionContents, TaskResult } from "../../model/store.ts";
import { ContentsHash } from "../chromem/contents_hash.ts";
import { hashName } from "../chromem/name_hash.ts";
import { type ExportDamage, type ExportItem, nameOfCollection, readExport } from "./read_export.ts";
import { type ExportPlace, type Progress, unwrapExport } from "./unwrap_export.ts";

/** After so many documents others have their turn. */
const DOCUMENTS_PER_TURN = 4096;

/**
 * Reads what the collections of an export hold.
 *
 * @param place The file.
 * @param progress Is told of bytes that were read.
 * @returns The contents; of a damaged export those before the damage.
 * @throws {OperationError} The file cannot be read or decrypted, or there is no room for what is in
 * it.
 */
export async function readExportContents(
  place: ExportPlace,
  progress: Progress,
): Promise<TaskResult> {
  const contents: CollectionContents[] = [];
  let hash = new ContentsHash();
  for await (const item of readUnwrapped(place, progress)) {
    if (item.kind === "collection") hash = new ContentsHash();
    else if (item.kind === "damage") break;
    else if (item.kind === "end") {
      const name = nameOfCollection(item.collection);
      contents.push({ id: hashName(name), name, ...hash.contents });
    } else if (item.isWhole) hash.add(item.document);
  }
  return { findings: [], checkedBytes: {}, contents };
}

/**
 * Decodes an export.
 *
 * @param place The file.
 * @param progress Is told of bytes that were read.
 * @yields What stands in it up to the damage, and that, where there is one.
 * @throws {OperationError} The file cannot be read or decrypted, or there is no room for what is in
 * it.
 */
export async function* readUnwrapped(
  place: ExportPlace,
  progress: Progress,
): AsyncGenerator<ExportItem | ExportDamage, void, undefined> {
  const { path, obstacle, gunzipped } = await unwrapExport(place, progress);
  if (path === null) {
    const isShort = obstacle === "too-short";
    throw new OperationError(
      "read-failed",
      `${isShort ? "Too short for an encrypted export" : "Cannot be decrypted"}: ${place.path}`,
      { path: place.path, hint: "Look whether it is the right key; `vecfsck check` says more." },
    );
  }
  using source = BoundedFile.open(path);
  const items = readExport(source);
  let documents = 0;
  for (;;) {
    const { done, value } = items.next();
    if (done) {
      const reason = gunzipped?.fault?.message ?? value.fault?.message;
      if (reason !== undefined) yield { kind: "damage", reason };
      return;
    }
    yield value;
    if (value.kind !== "document" || ++documents % DOCUMENTS_PER_TURN !== 0) continue;
    progress(0);
    await letOthersRun();
  }
}
