/**
 * Files of which the value is whole, and what stands behind it is not: they are written again. And
 * what belongs to no collection, where that is asked for.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import type { Finding } from "../../../model/finding.ts";
import { listAnswers } from "../../repair_steps.ts";
import { BACKUP_SUFFIX, METADATA_STEM } from "../layout.ts";
import { readDocument, readMetadata } from "../read_gob_file.ts";
import { type ChromemRepair, PLAIN_STEP, type PlannedStep } from "./chromem_repair.ts";
import { SURPLUS } from "./finding_index.ts";
import { WorkingFile, type WorkingFolder } from "./working_database.ts";

/**
 * Plans writing files again.
 *
 * @param repair What the stage is given.
 * @returns The steps.
 * @throws {OperationError} The store cannot be read.
 */
export function planRewrites(repair: ChromemRepair): PlannedStep[] {
  const folders = repair.database.folders.filter(({ fate }) => fate !== "quarantined");
  return folders.flatMap((folder) => rewriteIn(repair, folder));
}

function rewriteIn(
  { database, findings }: ChromemRepair,
  folder: WorkingFolder,
): PlannedStep[] {
  const answered: Finding[] = [];
  const paths: string[] = [];
  let sizeBytes = 0;
  for (const [name, file] of [...folder.files]) {
    const { source, path } = file;
    const own = path === "" ? [] : findings.at(path, SURPLUS);
    if (own.length === 0 || source.kind !== "store") continue;
    if (name === METADATA_STEM + database.extension) {
      const { value: metadata } = readMetadata(database.path, source);
      folder.files.set(name + BACKUP_SUFFIX, new WorkingFile(null, source));
      file.source = { kind: "metadata", sizeBytes: source.sizeBytes, metadata };
    } else {
      const load = () => readDocument(database.path, source).value;
      file.source = { kind: "document", sizeBytes: source.sizeBytes, load };
    }
    answered.push(...own);
    paths.push(path);
    sizeBytes += source.sizeBytes;
  }
  if (paths.length === 0) return [];
  return [{
    step: {
      ...PLAIN_STEP,
      kind: "correct-documents",
      title:
        `Write ${formatCount(paths.length, "file")} of ${printable(folder.label)} again, with ` +
        "nothing but what belongs there",
      collection: folder.label,
      segment: folder.origin.name,
      answers: listAnswers(answered),
      reads: paths,
      replaces: paths,
      sizeBytes,
    },
  }];
}

/**
 * Plans moving aside what belongs to no collection.
 *
 * @param repair What the stage is given.
 * @param findings The findings that are answered.
 * @returns The steps.
 */
export function planLeftovers(
  { database }: ChromemRepair,
  findings: readonly Finding[],
): PlannedStep[] {
  return findings.flatMap((finding) => {
    const { name, path } = finding;
    if ((name !== "chromem-leftover" && name !== "chromem-folder-empty") || path === null) {
      return [];
    }
    database.setAside(path);
    return [{
      step: {
        ...PLAIN_STEP,
        kind: "set-aside",
        title: `Move ${path} aside, which chromem-go passes over`,
        collection: finding.collection,
        segment: finding.segment,
        answers: listAnswers([finding]),
        replaces: [path],
      },
    }];
  });
}
