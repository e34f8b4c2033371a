/**
 * The values that a metadata file gets when it is written again: its own, those of the file with
 * which it was exchanged, those of an older copy, or what is left.
 *
 * @module
 */

import { printable } from "../../../base/printable.ts";
import { METADATA_STEM } from "../layout.ts";
import { readMetadata } from "../read_gob_file.ts";
import type { GobMetadata } from "../shapes.ts";
import type { NameDecision, NameState } from "./decide_names.ts";
import type { CollectionMetadata } from "./name_states.ts";
import type { OlderDatabases } from "./older_databases.ts";

/** A decision, and what it is about. */
export interface Applied {
  /** The database's directory. */
  readonly storePath: string;
  /** The decision. */
  readonly decision: NameDecision;
  /** What was known of the name. */
  readonly state: NameState;
  /** The metadata file of the folder. */
  readonly metadata: CollectionMetadata;
  /** The metadata files of all folders. */
  readonly all: readonly CollectionMetadata[];
}

/** The values of the metadata of a collection. */
export interface FoundValues {
  /** The values. */
  readonly metadata: GobMetadata["Metadata"];
  /** Where they come from, for people; or null. */
  readonly detail: string | null;
  /** The file from which they come, where that is none of the metadata files; or null. */
  readonly path: string | null;
  /** Why some may be lost, or null. */
  readonly lost: string | null;
}

/**
 * Finds the values.
 *
 * @param older What older copies tell.
 * @param applied The decision on the name, and what it is about.
 * @returns The values that the metadata file gets.
 * @throws {OperationError} A file cannot be read.
 */
export function findValues(older: OlderDatabases, applied: Applied): FoundValues {
  const { decision: { name, folder, fate }, metadata: { reading }, all } = applied;
  const isExchanged = applied.decision.findings
    .some((finding) => finding.name === "chromem-metadata-exchanged");
  // What stands here may be a copy of the file of another collection.
  const isCopied = fate === "restored" &&
    all.some((one) => one.reading !== reading && one.reading?.value.Name === reading?.value.Name);
  const own = isExchanged || isCopied ? null : reading;
  const other = all.find((one) =>
    one.reading !== reading && isWhole(one.reading) && one.reading?.value.Name === name
  );
  if (other?.reading !== undefined && other.reading !== null && isExchanged) {
    const detail = `its metadata stood in ${other.file?.path ?? other.folder.origin.name}`;
    return { metadata: other.reading.value.Metadata, detail, path: null, lost: null };
  }
  if (own !== null && isWhole(own)) {
    return { metadata: own.value.Metadata, detail: null, path: null, lost: null };
  }
  const copy = older.findMetadata(folder, name);
  if (copy !== null) {
    const detail = `its metadata comes from ${printable(copy.label)}`;
    return { metadata: copy.metadata.Metadata, detail, path: copy.path, lost: null };
  }
  const kept = findLeftover(applied, name);
  if (kept !== null) return kept;
  if (other?.reading !== undefined && other.reading !== null) {
    const detail = `its metadata stood in ${other.file?.path ?? other.folder.origin.name}`;
    return { metadata: other.reading.value.Metadata, detail, path: null, lost: null };
  }
  const left = own?.value.Metadata;
  const isLeft = left !== undefined && left.size > 0;
  return {
    metadata: left,
    detail: isLeft ? `of its metadata what the damaged file still holds is kept` : null,
    path: null,
    lost: isLeft
      ? "the metadata file was damaged, and no older copy has it whole"
      : "the metadata file was lost, and no older copy tells what it held besides the name",
  };
}

/** An earlier rescue may have left the metadata file under another name. */
function findLeftover(
  { metadata: { folder }, storePath }: Applied,
  name: string,
): FoundValues | null {
  for (const { path, sizeBytes } of folder.origin.leftovers) {
    if (!path.startsWith(`${folder.origin.name}/${METADATA_STEM}.`)) continue;
    const reading = readMetadata(storePath, { path, sizeBytes });
    if (!isWhole(reading) || reading.value.Name !== name) continue;
    const detail = `its metadata comes from ${path}`;
    return { metadata: reading.value.Metadata, detail, path, lost: null };
  }
  return null;
}

function isWhole(reading: CollectionMetadata["reading"]): boolean {
  return reading?.fault === null && reading.gzip === null;
}
