/**
 * Damages to metadata files: without the name that stands in one, the library refuses the whole
 * database.
 *
 * @module
 */

import { join } from "@std/path";
import { type Damage, DamageNotApplicable, type DamageTarget } from "../damage.ts";
import { listFileNames, readWhole, remove, writeWhole } from "../patch_file.ts";
import { ANY_DECODING_FAULT, expectError, FOREIGN_TEXT } from "./chromem_damage.ts";
import {
  exchangeContents,
  inFolder,
  listTargetFolders,
  metadataFile,
  pickDocument,
  pickOtherFolder,
  renameToOtherExtension,
} from "./places.ts";

const DIRECTORY_MODE = 0o700;

/** The damages to metadata files. */
export const METADATA: readonly Damage[] = [
  {
    name: "metadata_all_missing",
    description: "The metadata files of all collections that hold documents are gone.",
    scope: "store",
    expected: expectError("chromem-metadata-missing"),
    apply: (target) => {
      for (const folder of listTargetFolders(target)) {
        remove(target.fs, metadataFile(inFolder(target, folder)).path);
      }
    },
  },
  {
    name: "metadata_of_document",
    description: "A metadata file holds a document of its collection.",
    scope: "collection",
    expected: expectError("chromem-name-empty", "gob-type-mismatch"),
    apply: (target) => {
      const document = readWhole(target.fs, pickDocument(target).path);
      writeWhole(target.fs, metadataFile(target).path, document);
    },
  },
  {
    name: "metadata_swapped",
    description: "The metadata files of two collections are exchanged.",
    scope: "collection",
    expected: expectError("chromem-metadata-exchanged"),
    apply: (target) => {
      const other = metadataFile(inFolder(target, pickOtherFolder(target)));
      exchangeContents(target, metadataFile(target), other);
    },
  },
  {
    name: "metadata_copied",
    description: "A metadata file is a copy of another collection's.",
    scope: "collection",
    expected: expectError("chromem-collection-shadowed", "chromem-metadata-exchanged"),
    apply: (target) => {
      const other = metadataFile(inFolder(target, pickOtherFolder(target)));
      writeWhole(target.fs, metadataFile(target).path, readWhole(target.fs, other.path));
    },
  },
  {
    name: "metadata_extension_other",
    description: "A metadata file has the extension of the other compress flag.",
    scope: "collection",
    expected: expectError("chromem-metadata-missing", "chromem-extension-mixed"),
    apply: (target) => renameToOtherExtension(target, metadataFile(target)),
  },
  {
    name: "folder_without_metadata",
    description: "A directory of a few documents was made beside the collections.",
    scope: "collection",
    expected: expectError("chromem-metadata-missing"),
    apply: (target) => {
      const { fs } = target;
      const document = pickDocument(target);
      const folder = makeFolder(target, "copy");
      writeWhole(fs, join(folder, document.name), readWhole(fs, document.path));
    },
  },
  {
    name: "folder_of_text",
    description: "A directory that holds a text with the name of a gob file was made.",
    scope: "collection",
    expected: expectError(...ANY_DECODING_FAULT),
    apply: (target) => {
      const { extension } = metadataFile(target);
      const folder = makeFolder(target, "notes");
      writeWhole(target.fs, join(folder, `notes${extension}`), FOREIGN_TEXT);
    },
  },
  {
    name: "folder_copied",
    description: "A collection was copied to a directory beside it, with half of its documents.",
    scope: "collection",
    expected: expectError("chromem-collection-shadowed"),
    apply: (target) => {
      const { fs, store, collection } = target;
      const names = listFileNames(fs, join(store, collection));
      const { name } = metadataFile(target);
      const folder = makeFolder(target, `${collection}-old`);
      const kept = names.filter((file, index) => file === name || index % 2 === 0);
      for (const file of kept) {
        writeWhole(fs, join(folder, file), readWhole(fs, join(store, collection, file)));
      }
    },
  },
];

function makeFolder({ fs, store }: DamageTarget, name: string): string {
  const folder = join(store, name);
  if (fs.look(folder) !== null) throw new DamageNotApplicable(`There is ${folder} already`);
  fs.makeDirectory(folder, DIRECTORY_MODE);
  return folder;
}
