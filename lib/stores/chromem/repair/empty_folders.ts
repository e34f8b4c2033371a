/**
 * Folders in which nothing is left of a collection without documents but the folder itself. When
 * metadata files were lost and an older copy has that of such a folder too, it comes back with the
 * others.
 *
 * @module
 */

import { printable } from "../../../base/printable.ts";
import { listAnswers } from "../../repair_steps.ts";
import { METADATA_STEM } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import type { CollectionMetadata } from "./name_states.ts";
import { WorkingFile } from "./working_database.ts";

/** How many bytes a metadata file has, about. */
const METADATA_SIZE_BYTES = 1024;

/**
 * Plans bringing back the metadata files of empty folders.
 *
 * @param repair What the stage is given.
 * @param all The metadata files of the others.
 * @returns The steps; none where no metadata file was lost.
 */
export function planEmptyFolders(
  { database, older, request }: ChromemRepair,
  all: readonly CollectionMetadata[],
): PlannedStep[] {
  const isLost = all.some(({ findings }) =>
    findings.some(({ name }) => name === "chromem-metadata-missing")
  );
  if (!isLost) return [];
  const names = new Set(all.map(({ folder }) => folder.collection));
  return database.folders.filter(({ files, fate }) => fate === "stays" && files.size === 0)
    .flatMap((folder) => {
      const found = older.findMetadata(folder.name, null);
      const name = found?.metadata.Name ?? "";
      if (found === null || hashName(name) !== folder.name || names.has(name)) return [];
      const { metadata, label, path } = found;
      const file = METADATA_STEM + database.extension;
      const source = { kind: "metadata", sizeBytes: METADATA_SIZE_BYTES, metadata } as const;
      folder.collection = name;
      folder.files.set(file, new WorkingFile(null, source));
      const answered = request.findings.filter((finding) =>
        finding.path === folder.origin.name && finding.name === "chromem-folder-empty"
      );
      return [{
        step: {
          ...PLAIN_STEP,
          kind: "restore-metadata",
          title: `Write the metadata file of ${printable(name)} again, which has no documents`,
          details: [`it comes from ${printable(label)}`],
          collection: name,
          segment: folder.origin.name,
          answers: listAnswers(answered),
          reads: [path],
          replaces: [`${folder.name}/${file}`],
          gains: [{ what: "names", count: 1, source: label }],
          sizeBytes: METADATA_SIZE_BYTES,
        },
      }];
    });
}
