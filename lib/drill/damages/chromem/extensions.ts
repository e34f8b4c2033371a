/**
 * Damages to the names of files and folders: the library passes over files with the extension of
 * the other compress flag, and never asks whether a name belongs to what it stands for.
 *
 * @module
 */

import { join } from "@std/path";
import type { Damage, DamageTarget } from "../damage.ts";
import { DamageNotApplicable } from "../damage.ts";
import { rename } from "../patch_file.ts";
import { expectError, expectSeverity } from "./chromem_damage.ts";
import {
  documentFiles,
  listTargetFolders,
  metadataFile,
  pickDocuments,
  readTargetFolder,
  renameToOtherExtension,
} from "./places.ts";

/** The damages to names. */
export const EXTENSIONS: readonly Damage[] = [
  {
    name: "extension_wrong",
    description: "Every file has the extension of the other compress flag.",
    scope: "store",
    expected: expectError("chromem-extension-wrong"),
    apply: (target) => {
      for (const name of target.fs.list(target.store)) {
        if (target.fs.look(join(target.store, name))?.kind === "directory") {
          renameAll(target, name);
        }
      }
    },
  },
  {
    name: "extension_of_collection",
    description: "The files of one collection have the extension of the other compress flag.",
    scope: "collection",
    expected: expectError("chromem-extension-mixed"),
    apply: (target) => {
      const others = listTargetFolders(target).filter((name) => name !== target.collection);
      const count = others.reduce((sum, name) => sum + countFiles(target, name), 0);
      if (count <= countFiles(target, target.collection)) {
        throw new DamageNotApplicable("Most files of the database are those of this collection");
      }
      renameAll(target, target.collection);
    },
  },
  {
    name: "extension_of_documents",
    description: "Some documents have the extension of the other compress flag.",
    scope: "collection",
    expected: expectError("chromem-extension-mixed"),
    apply: (target) => {
      const count = Math.max(1, Math.floor(documentFiles(target, 3).length / 5));
      for (const file of pickDocuments(target, count)) renameToOtherExtension(target, file);
    },
  },
  {
    name: "folder_renamed",
    description: "The folder of a collection has another name than the collection's gives it.",
    scope: "collection",
    expected: expectSeverity("warning", "chromem-folder-misnamed"),
    apply: (target) => {
      const folder = join(target.store, "ffffffff");
      if (target.fs.look(folder) !== null) throw new DamageNotApplicable(`There is ${folder}`);
      rename(target.fs, join(target.store, target.collection), folder);
    },
  },
  {
    name: "extension_of_metadata_and_document",
    description: "A metadata file and a document have the extension of the other compress flag.",
    scope: "collection",
    expected: expectError("chromem-metadata-missing", "chromem-extension-mixed"),
    apply: (target) => {
      const documents = pickDocuments(target, Math.min(1, documentFiles(target, 3).length));
      renameToOtherExtension(target, metadataFile(target));
      for (const file of documents) renameToOtherExtension(target, file);
    },
  },
];

function renameAll(target: DamageTarget, folder: string): void {
  const { metadata, documents } = readTargetFolder(target, folder);
  for (const file of [...documents, ...metadata === null ? [] : [metadata]]) {
    renameToOtherExtension(target, file);
  }
}

function countFiles(target: DamageTarget, folder: string): number {
  const { metadata, documents } = readTargetFolder(target, folder);
  return documents.length + (metadata === null ? 0 : 1);
}
