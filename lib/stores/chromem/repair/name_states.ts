/**
 * Gathering what tells the names of collections: their metadata files, names that fit the folder by
 * its hash, and older copies.
 *
 * @module
 */

import { decodeGob, type GobTypeSummary, salvageGob } from "../../../codec/gob.ts";
import type { Finding, JsonValue } from "../../../model/finding.ts";
import type { ChromemFindingName } from "../../../model/finding_names.ts";
import { isFolderName, METADATA_STEM } from "../layout.ts";
import { hashName } from "../name_hash.ts";
import { NameMatches } from "../names/name_matches.ts";
import { offerKnownNames } from "../names/offer_known_names.ts";
import {
  type FileSize,
  type MetadataReading,
  readGobBytes,
  readMetadata,
} from "../read_gob_file.ts";
import { METADATA_SHAPE } from "../shapes.ts";
import type { ChromemRepair } from "./chromem_repair.ts";
import type { NameState } from "./decide_names.ts";
import type { FlippedBits } from "./flipped_bits.ts";
import type { WorkingFile, WorkingFolder } from "./working_database.ts";
import { listDocuments, loadDocument } from "./working_documents.ts";

const OF_FOLDERS: readonly ChromemFindingName[] = [
  "chromem-metadata-missing",
  "chromem-folder-misnamed",
  "chromem-collection-shadowed",
];

const OF_FILES: readonly ChromemFindingName[] = [
  "chromem-name-empty",
  "chromem-metadata-exchanged",
];

/** The metadata file of a collection. */
export interface CollectionMetadata {
  /** The folder. */
  readonly folder: WorkingFolder;
  /** The file, or null. */
  readonly file: WorkingFile | null;
  /** What it holds; null where there is no file that can be read. */
  readonly reading: MetadataReading | null;
  /** The findings about the name that are answered. */
  readonly findings: readonly Finding[];
}

/**
 * Reads the metadata files of all collections.
 *
 * @param repair What the stage is given.
 * @returns What they hold.
 * @throws {OperationError} A file cannot be read.
 */
export function readAllMetadata(
  { database, findings, flipped }: ChromemRepair,
): CollectionMetadata[] {
  return database.folders.filter(({ isCollection }) => isCollection).map((folder) => {
    const file = folder.files.get(METADATA_STEM + database.extension) ?? null;
    return {
      folder,
      file,
      reading: file === null ? null : readCurrent(flipped, database.path, file),
      findings: [
        ...findings.at(folder.origin.name, OF_FOLDERS),
        ...(file === null ? [] : findings.at(file.path, OF_FILES)),
        ...(file === null ? [] : findings.undecodable(file.path)),
      ],
    };
  });
}

/** Reads a metadata file as the steps so far leave it. */
function readCurrent(
  flipped: FlippedBits,
  storePath: string,
  { origin, source }: WorkingFile,
): MetadataReading | null {
  if (source.kind === "metadata") return { ...WHOLE, value: source.metadata };
  const isFile = source.kind === "store" && origin?.isSpecial !== true;
  return isFile ? readWhole(flipped, storePath, source) : null;
}

const WHOLE = {
  type: null,
  fault: null,
  gzip: null,
  isGzip: false,
  sizeBytes: 0,
  trailingBytes: 0,
  endOffset: 0,
} as const;

/** Reads a metadata file, where one bit of it was flipped as it was before. */
function readWhole(flipped: FlippedBits, storePath: string, file: FileSize): MetadataReading {
  const reading = readMetadata(storePath, file);
  const { gzip, fault } = reading;
  const isDocument = reading.type !== null && !isMetadataType(reading.type);
  if (isDocument) return { ...reading, value: { Name: undefined, Metadata: undefined } };
  const isCompressed = gzip !== null || (fault !== null && file.path.endsWith(".gz"));
  const isCut = gzip?.kind === "truncated" || gzip?.kind === "too-large";
  const bytes = isCompressed && !isCut ? flipped.correct(file) : null;
  if (bytes !== null) {
    const { value, fault } = decodeGob(bytes, METADATA_SHAPE);
    return fault === null ? { ...reading, value, fault, gzip: null } : reading;
  }
  if (gzip !== null || fault === null) return reading;
  const value = salvageGob(readGobBytes(storePath, file).bytes, METADATA_SHAPE);
  return value === null ? reading : { ...reading, value, fault: null };
}

/** A document decodes as a metadata file too, for both have a field of one name. */
function isMetadataType({ fields }: GobTypeSummary): boolean {
  return !fields.some((name) => ["ID", "Embedding", "Content"].includes(name));
}

/**
 * Gathers what tells the names.
 *
 * @param repair What the stage is given.
 * @param all The metadata files.
 * @returns What is known of each name.
 * @throws {OperationError} A document cannot be read.
 */
export function gatherNames(
  repair: ChromemRepair,
  all: readonly CollectionMetadata[],
): NameState[] {
  // Of folders that share a name the one that is loaded has no finding, and may be the wrong one.
  const wanted = all.filter(({ findings, reading, folder }) =>
    findings.length > 0 || hashName(reading?.value.Name ?? "") !== folder.name
  );
  const matches = new NameMatches(wanted.map(({ folder }) => folder.name));
  offerKnownNames(matches, repair.store, repair.request.names);
  repair.older.offerNames(matches);
  for (const { folder: { origin }, reading, findings } of all) {
    const isWhole = reading?.fault === null;
    const source = isWhole
      ? `the metadata file of ${origin.name}`
      : `what is left of the metadata file of ${origin.name}`;
    matches.offer(reading?.value.Name ?? "", source);
    for (const { name, source } of findings.flatMap(listNamed)) matches.offer(name, source);
  }
  const read = new Map(
    wanted.map((one) => [one, readDocuments(repair, one, matches)]),
  );
  return all.map((one) => {
    const { folder, reading, findings } = one;
    return {
      folder: folder.name,
      name: reading?.value.Name ?? "",
      isNameWhole: isNameWhole(reading),
      findings,
      matches: matches.matchesOf(folder.name),
      older: findOlder(repair, folder),
      ...(read.get(one) ?? { told: null, hasDocuments: true }),
    };
  });
}

/** Names that the check has found to fit. */
function listNamed({ detail }: Finding): { readonly name: string; readonly source: string }[] {
  const { names } = detail;
  if (!Array.isArray(names)) return [];
  return names.flatMap((each: JsonValue) => {
    if (typeof each !== "object" || each === null || !("name" in each)) return [];
    const { name, source } = each;
    return typeof name === "string" && typeof source === "string" ? [{ name, source }] : [];
  });
}

/** Reads what the documents of a folder tell of names. */
function readDocuments(
  { database, older }: ChromemRepair,
  { folder, reading }: CollectionMetadata,
  matches: NameMatches,
): Pick<NameState, "told" | "hasDocuments"> {
  const own = folder.name;
  const owner = hashName(reading?.value.Name ?? "");
  const tellers = new NameMatches([own, owner]);
  const names: string[] = [];
  let hasDocuments = false;
  for (const [name, file] of listDocuments(database, folder)) {
    if (file.origin?.isSpecial === true) continue;
    names.push(name);
    const { ID: id = "", Metadata: metadata = new Map() } = loadDocument(database, file);
    hasDocuments ||= id !== "";
    matches.offerDocument(id, metadata);
    tellers.offerDocument(id, metadata);
  }
  const isTold = (place: string): boolean => tellers.matchesOf(place).length > 0;
  const told = isTold(own) === isTold(owner)
    ? older.findFolder([own, owner], names)
    : isTold(own)
    ? own
    : owner;
  return { told, hasDocuments };
}

/** A file that breaks off behind the name holds all of the name. */
function isNameWhole(reading: MetadataReading | null): boolean {
  if (reading === null) return false;
  const { fault, gzip } = reading;
  return fault === null || (fault.kind === "truncated" && gzip?.kind !== "checksum");
}

/** A folder that is named after no hash is told by its name alone. */
function findOlder(
  { older }: ChromemRepair,
  { origin: { name: folder } }: WorkingFolder,
): NameState["older"] {
  if (isFolderName(folder)) return null;
  const found = older.findMetadata(folder, null);
  const name = found?.metadata.Name ?? "";
  if (found === null || name === "" || hashName(name) === folder) return null;
  return { name, source: found.label };
}
