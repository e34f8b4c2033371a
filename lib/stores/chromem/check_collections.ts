/**
 * The collections against each other. A folder is named after the hash of the name of its collection,
 * so each can be held against the other. The rules:
 *
 * - a folder with documents has a metadata file, and that holds a name;
 * - the hash of the name is the name of the folder. Where it is that of another folder, the metadata
 *   file is that of the other one if that does not hold the name, unless ids and metadata of the
 *   documents say that it is the folder that was renamed; if the other one does hold the name, only
 *   where the documents say so;
 * - no two folders hold collections of one name;
 * - a collection has documents.
 *
 * @module
 */

import { formatCount } from "../../base/format.ts";
import { printable } from "../../base/printable.ts";
import { createFinding, type Finding, type JsonValue } from "../../model/finding.ts";
import { checkGobFile, type GobPlace } from "./check_gob_file.ts";
import { METADATA_STEM } from "./layout.ts";
import { hashName } from "./name_hash.ts";
import type { NameMatch, NameMatches } from "./names/name_matches.ts";
import type { Collection } from "./read_collections.ts";
import { shorten } from "./shorten.ts";

/** What documents tell of the collections that they belong to. */
export interface NameEvidence {
  /** Names that fit folders without one. */
  readonly matches: NameMatches;
  /** Folders of which ids and metadata of the documents of another folder tell, by that folder. */
  readonly toldBy: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The place of a collection in findings. */
export function placeOf({ folder, name }: Collection): GobPlace & { segment: string } {
  const label = name === null ? null : shorten(name);
  return { path: folder.name, collection: label, segment: folder.name };
}

/** Lists the folders of collections whose name is lost. */
export function listNameless(collections: readonly Collection[]): string[] {
  return collections.filter(({ name, failure }) => name === null && failure === null)
    .map(({ folder }) => folder.name);
}

/** Lists the folders of which documents may tell something: without a name, or with a doubtful one. */
export function listDoubtful(collections: readonly Collection[]): string[] {
  const folders = new Set(collections.map(({ folder }) => folder.name));
  const doubtful = collections.flatMap(({ folder, name, isVisible }) => {
    const owner = name === null || !isVisible ? folder.name : hashName(name);
    return owner !== folder.name && folders.has(owner) ? [folder.name, owner] : [];
  });
  return [...new Set([...listNameless(collections), ...doubtful])].sort();
}

/**
 * Judges the collections.
 *
 * @param collections All of them.
 * @param evidence What documents and lists of names tell.
 * @returns What is wrong or unusual.
 */
export function checkCollections(
  collections: readonly Collection[],
  evidence: NameEvidence,
): Finding[] {
  const exchanged = new Set(listExchanged(collections, evidence));
  const loadable = collections.filter((one) => one.isVisible && !exchanged.has(one));
  const byName = Map.groupBy(loadable, ({ name }) => name);
  return collections.flatMap((collection) => [
    ...checkMetadata(collection, evidence.matches.matchesOf(collection.folder.name)),
    ...(exchanged.has(collection) ? nameExchanged(collection, evidence) : []),
    ...checkName(collection, byName.get(collection.name) ?? []),
    ...checkEmpty(collection, evidence.matches.matchesOf(collection.folder.name)),
  ]);
}

/** Lists the collections whose metadata file is that of another folder. */
export function listExchanged(
  collections: readonly Collection[],
  { toldBy }: Pick<NameEvidence, "toldBy">,
): Collection[] {
  const byFolder = new Map(collections.map((one) => [one.folder.name, one]));
  return collections.filter((collection) => {
    const { folder, isVisible, name } = collection;
    const owner = name === null || !isVisible ? folder.name : hashName(name);
    const other = byFolder.get(owner);
    if (owner === folder.name || other === undefined) return false;
    const circle = circleOf(collection, byFolder);
    const told = circle.map((one) => whatIsTold(one, toldBy)).find((kind) => kind !== "nothing");
    if (told === "folder") return false;
    return !isSettled(other) || told === "metadata";
  });
}

/** The collections whose names went round, of which one that tells something decides for all. */
function circleOf(
  start: Collection,
  byFolder: ReadonlyMap<string, Collection>,
): readonly Collection[] {
  const circle = [start];
  for (let next = ownerOf(start, byFolder); next !== start; next = ownerOf(next, byFolder)) {
    if (next === undefined || circle.includes(next)) return [start];
    circle.push(next);
  }
  return circle;
}

/** The collection in whose folder a name belongs. */
function ownerOf(
  { isVisible, name }: Collection,
  byFolder: ReadonlyMap<string, Collection>,
): Collection | undefined {
  return isVisible && name !== null ? byFolder.get(hashName(name)) : undefined;
}

/** Whether documents say that the folder was renamed, or that the metadata file is another's. */
function whatIsTold(
  { folder, name }: Collection,
  toldBy: NameEvidence["toldBy"],
): "folder" | "metadata" | "nothing" {
  const told = toldBy.get(folder.name);
  if (told?.has(hashName(name ?? ""))) return "folder";
  return told?.has(folder.name) ? "metadata" : "nothing";
}

/** Whether a folder is named after the hash of the name that stands in it. */
function isSettled({ isVisible, name, folder }: Collection): boolean {
  return isVisible && name !== null && hashName(name) === folder.name;
}

function checkMetadata(collection: Collection, matches: readonly NameMatch[]): Finding[] {
  const { folder, file, special, reading, documents } = collection;
  const place = placeOf(collection);
  const told = describeMatches(matches);
  const detail = detailOf(matches);
  if (file === null) {
    const files = folder.files.length;
    if (special !== null || files === 0) return [];
    return [createFinding("chromem-metadata-missing", {
      ...place,
      message: `${METADATA_STEM}${collection.extension} is missing beside ${
        formatCount(files, "document")
      }${told}`,
      detail: { documents: files, ...detail },
    })];
  }
  if (reading === null) return [];
  const at = { ...place, path: file.path };
  if (reading.fault === null && (reading.value.Name ?? "") === "") {
    return [createFinding("chromem-name-empty", {
      ...at,
      message: `The metadata file has no name beside ${formatCount(documents, "document")}${told}`,
      detail: { documents, ...detail },
    })];
  }
  const held = reading.value.Name ?? null;
  const rescued = reading.fault === null || held === null
    ? null
    : `the name in it is ${shorten(held)}`;
  return checkGobFile(reading, at, rescued).map((finding) =>
    matches.length === 0 ? finding : {
      ...finding,
      message: `${finding.message}${told}`,
      detail: { ...finding.detail, ...detail },
    }
  );
}

/** Tells the names that fit a folder, as the end of a sentence. */
function describeMatches(matches: readonly NameMatch[]): string {
  const [first, ...others] = matches;
  if (first === undefined) return "";
  const known = `${printable(shorten(first.name), 80)} (${printable(first.source, 120)})`;
  if (others.length === 0) return `; the folder is the hash of the name ${known}`;
  return `; the folder is the hash of ${formatCount(matches.length, "name")}, first of ${known}`;
}

function detailOf(matches: readonly NameMatch[]): Record<string, JsonValue> {
  if (matches.length === 0) return {};
  return { names: matches.map(({ name, source }) => ({ name: shorten(name), source })) };
}

function nameExchanged(collection: Collection, { matches, toldBy }: NameEvidence): Finding[] {
  const { name, file, folder } = collection;
  if (name === null || file === null) return [];
  const owner = hashName(name);
  const isTold = toldBy.get(folder.name)?.has(folder.name) === true;
  const fitting = matches.matchesOf(folder.name);
  const told = isTold ? "; the documents tell of this one" : "";
  return [createFinding("chromem-metadata-exchanged", {
    ...placeOf(collection),
    path: file.path,
    message: `The name ${printable(shorten(name), 80)} belongs to the folder ${owner}${told}` +
      describeMatches(fitting),
    detail: { owner, isToldByDocuments: isTold, ...detailOf(fitting) },
  })];
}

/** Judges a name; `sharers` are the collections that chromem-go loads under it, in their order. */
function checkName(collection: Collection, sharers: readonly Collection[]): Finding[] {
  const { folder, name } = collection;
  if (name === null || !sharers.includes(collection)) return [];
  const place = placeOf(collection);
  const label = printable(shorten(name), 80);
  const loaded = sharers.at(-1)?.folder.name ?? folder.name;
  if (loaded !== folder.name) {
    return [createFinding("chromem-collection-shadowed", {
      ...place,
      count: Math.max(1, collection.documents),
      message: `The folder ${loaded} holds a collection of the name ${label} too, and is loaded ` +
        "in its place",
      detail: { loaded, folders: sharers.map((other) => other.folder.name) },
    })];
  }
  const expected = hashName(name);
  if (expected === folder.name || sharers.some(isSettled)) return [];
  return [createFinding("chromem-folder-misnamed", {
    ...place,
    message: `The hash of the name ${label} is ${expected}`,
    detail: { expected },
  })];
}

function checkEmpty(collection: Collection, matches: readonly NameMatch[]): Finding[] {
  const { folder, file, name } = collection;
  if (folder.files.length + folder.special.length === 0) {
    return [createFinding("chromem-folder-empty", {
      ...placeOf(collection),
      message: `There is no gob file in it${describeMatches(matches)}`,
      detail: detailOf(matches),
    })];
  }
  if (name === null || folder.special.length > 0) return [];
  if (folder.files.some((other) => other !== file)) return [];
  return [createFinding("chromem-collection-empty", {
    ...placeOf(collection),
    message: "There is no file of a document",
  })];
}
