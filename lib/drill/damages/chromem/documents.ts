/**
 * Damages to documents: files that hold another document, and files that hold none.
 *
 * @module
 */

import { type Damage, DamageNotApplicable } from "../damage.ts";
import { readWhole, rename, writeWhole } from "../patch_file.ts";
import {
  ANY_DECODING_FAULT,
  cutSomewhere,
  expectError,
  expectNothing,
  expectSeverity,
  FOREIGN_TEXT,
  patch,
} from "./chromem_damage.ts";
import {
  documentFiles,
  exchangeContents,
  freePath,
  inFolder,
  metadataFile,
  pickDocument,
  pickDocuments,
  pickOtherFolder,
} from "./places.ts";

const GARBAGE_SIZE_BYTES = 100;

/** The damages to documents. */
export const DOCUMENTS: readonly Damage[] = [
  {
    name: "documents_cut",
    description: "Every third file of a collection is cut at any of its bytes.",
    scope: "collection",
    expected: expectError(...ANY_DECODING_FAULT),
    apply: (target) => {
      for (const [index, file] of documentFiles(target).entries()) {
        if (index % 3 === 0) cutSomewhere(target, file);
      }
    },
  },
  {
    name: "document_tail_zeros",
    description: "The second half of the file of a document is zeros.",
    scope: "collection",
    expected: expectNothing("zeros are numbers and letters as well"),
    apply: (target) =>
      patch(target, pickDocument(target).path, (file) => {
        const half = file.sizeBytes >> 1;
        file.fill(half, file.sizeBytes - half);
      }),
  },
  {
    name: "document_tail_garbage",
    description: "The file of a document goes on after its value.",
    scope: "collection",
    expected: expectSeverity("info", "gob-trailing-bytes"),
    apply: (target) =>
      patch(
        target,
        pickDocument(target).path,
        (file) => file.fill(file.sizeBytes, GARBAGE_SIZE_BYTES, target.random),
      ),
  },
  {
    name: "document_of_metadata",
    description: "The file of a document holds the metadata of its collection.",
    scope: "collection",
    expected: expectError("document-without-id", "gob-type-mismatch"),
    apply: (target) => {
      const metadata = readWhole(target.fs, metadataFile(target).path);
      writeWhole(target.fs, pickDocument(target).path, metadata);
    },
  },
  {
    name: "document_renamed",
    description: "The file of a document has another name than its id gives it.",
    scope: "collection",
    expected: expectSeverity("warning", "document-misnamed"),
    apply: (target) => {
      const { path, extension } = pickDocument(target);
      rename(target.fs, path, freePath(target, `ffffffff${extension}`));
    },
  },
  {
    name: "document_copied",
    description: "The file of a document was copied in its folder.",
    scope: "collection",
    expected: expectError("document-duplicate"),
    apply: (target) => {
      const { path, extension } = pickDocument(target);
      writeWhole(target.fs, freePath(target, `copy${extension}`), readWhole(target.fs, path));
    },
  },
  {
    name: "documents_swapped",
    description: "Two documents of a collection are in each other's files.",
    scope: "collection",
    expected: expectSeverity("warning", "document-misnamed"),
    apply: (target) => {
      const [one, two] = pickDocuments(target, 2);
      if (one === undefined || two === undefined) {
        throw new DamageNotApplicable("There are not two documents");
      }
      exchangeContents(target, one, two);
    },
  },
  {
    name: "documents_swapped_between",
    description: "Two documents of different collections are in each other's files.",
    scope: "collection",
    expected: expectError("document-exchanged"),
    apply: (target) => {
      const other = pickDocument(inFolder(target, pickOtherFolder(target)));
      exchangeContents(target, pickDocument(target), other);
    },
  },
  {
    name: "foreign_text",
    description: "A text with the name of a gob file stands in a collection.",
    scope: "collection",
    expected: expectError(...ANY_DECODING_FAULT),
    apply: (target) => {
      const { extension } = metadataFile(target);
      writeWhole(target.fs, freePath(target, `readme${extension}`), FOREIGN_TEXT);
    },
  },
  {
    name: "foreign_gob",
    description: "A gob of a text stands in a collection.",
    scope: "collection",
    expected: expectError("gob-type-mismatch", "gob-malformed"),
    apply: (target) => {
      const { extension } = metadataFile(target);
      writeWhole(target.fs, freePath(target, `value${extension}`), GOB_OF_TEXT);
    },
  },
  {
    name: "foreign_directory",
    description: "A directory with the name of a gob file stands in a collection.",
    scope: "collection",
    expected: expectNothing("the library passes over it"),
    apply: (target) => {
      const { extension } = metadataFile(target);
      target.fs.makeDirectory(freePath(target, `directory${extension}`), 0o700);
    },
  },
  {
    name: "foreign_link_dangling",
    description: "A symbolic link to nothing, with the name of a gob file, stands in a collection.",
    scope: "collection",
    expected: expectError("gob-not-a-file"),
    apply: (target) => {
      const { extension } = metadataFile(target);
      target.fs.makeSymbolicLink("gone", freePath(target, `link${extension}`));
    },
  },
  {
    name: "leftover_temporary",
    description: "A write that was interrupted has left a file.",
    scope: "collection",
    expected: expectSeverity("info", "chromem-leftover"),
    apply: (target) => {
      const { path, name } = pickDocument(target);
      const bytes = readWhole(target.fs, path);
      writeWhole(target.fs, freePath(target, `${name}.tmp`), bytes.subarray(0, bytes.length >> 1));
    },
  },
];

/** What gob.NewEncoder writes of the string "text": length, type string, a zero, the string. */
const GOB_OF_TEXT = new Uint8Array([0x07, 0x0c, 0x00, 0x04, 0x74, 0x65, 0x78, 0x74]);
