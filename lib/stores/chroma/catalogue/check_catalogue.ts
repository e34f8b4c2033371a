/**
 * Collections and segments against each other; check_owners.ts judges whose they are. The rules:
 *
 * - every collection has a usable name, once in its database, and an id that is a UUID;
 * - every collection has one METADATA and one VECTOR segment of a kind that a local store has;
 * - a collection with records has a number of dimensions;
 * - segments of other kinds are named and not looked at; those of no collection are left over.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import {
  type Catalogue,
  collectionLabel,
  type CollectionRow,
  type CollectionSegments,
  FOREIGN_SEGMENT_TYPES,
  isWhole,
  listCollections,
  LOCAL_SEGMENT_TYPES,
  type SegmentRow,
  type StoredText,
} from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import { checkOwners, labelOfFirst } from "./check_owners.ts";
import type { Engine } from "./migrations.ts";
import { LARGEST_DIMENSION } from "./stored_values.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

// deno-lint-ignore no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;

/** The two halves of a local collection, and the type of each. */
const HALVES = [
  ["METADATA", LOCAL_SEGMENT_TYPES.metadata],
  ["VECTOR", LOCAL_SEGMENT_TYPES.vector],
] as const;

/** Up to this many other letters, a type is a damaged one and not that of a later version. */
const MOST_DAMAGED_LETTERS = 3;

/** How many ids a finding names. */
const MOST_NAMED = 100;

/**
 * Judges tenants, databases, collections and segments.
 *
 * @param catalogue The catalogue.
 * @param engine The engine that it tells.
 * @returns What is wrong or left over.
 */
export function checkCatalogue(catalogue: Catalogue, engine: Engine): Finding[] {
  const undimensioned = new Set(catalogue.undimensionedCollections);
  const findings = checkOwners(catalogue);
  for (const subject of listCollections(catalogue)) {
    findings.push(...checkNames(subject.collection));
    findings.push(...checkDimension(subject.collection, undimensioned));
    if (isWhole(catalogue, "segments")) findings.push(...checkSegments(subject, engine));
  }
  return [...findings, ...checkDuplicateNames(catalogue), ...checkOrphanSegments(catalogue)];
}

function checkNames(collection: CollectionRow): Finding[] {
  const findings: Finding[] = [];
  const fault = nameFault(collection.name);
  if (fault !== null) {
    findings.push(createFinding("collection-name-invalid", {
      path: CATALOGUE_NAME,
      collection: collection.id,
      message: `The name of the collection ${printable(collection.id, 100)} ${fault}`,
    }));
  }
  if (!UUID.test(collection.id)) {
    findings.push(createFinding("sqlite-constraint-broken", {
      path: CATALOGUE_NAME,
      collection: collectionLabel(collection),
      message: `The id of the collection is ${printable(collection.id, 100)}, which is no UUID: ` +
        "the engine cannot open it",
    }));
  }
  return findings;
}

function nameFault({ storage, text }: StoredText): string | null {
  if (storage === "null") return "is NULL";
  if (storage !== "text") return `is of type ${storage}`;
  if (text === null) return "is not UTF-8";
  if (text === "") return "is empty";
  // No engine lets such a name in: letters, digits, dots, hyphens and underscores only.
  return CONTROL_CHARACTERS.test(text) ? `holds control characters: ${printable(text, 100)}` : null;
}

function checkDuplicateNames(catalogue: Catalogue): Finding[] {
  const byName = new Map<string, CollectionRow[]>();
  for (const collection of catalogue.collections) {
    if (collection.name.text === null) continue;
    const key = JSON.stringify([collection.databaseId, collection.name.text]);
    const same = byName.get(key);
    if (same === undefined) byName.set(key, [collection]);
    else same.push(collection);
  }
  return [...byName.values()].filter((same) => same.length > 1).map((same) =>
    createFinding("collection-name-duplicate", {
      path: CATALOGUE_NAME,
      collection: labelOfFirst(same),
      count: same.length,
      message: `${formatCount(same.length, "collection")} of one database have this name: ` +
        printable(same.map(({ id }) => id).join(", "), 200),
      detail: { collections: same.slice(0, MOST_NAMED).map(({ id }) => id) },
    })
  );
}

function checkDimension(
  collection: CollectionRow,
  undimensioned: ReadonlySet<string>,
): Finding[] {
  if (collection.dimension !== null) return [];
  const { storage, text } = collection.storedDimension;
  // NULL and 0 are right as long as nothing was added; another type no engine can read.
  const isReadable = storage === "null" ||
    (storage === "integer" && Math.abs(Number(text)) <= LARGEST_DIMENSION);
  if (isReadable && !undimensioned.has(collection.id)) return [];
  const value = storage === "null" ? "NULL" : `${storage} ${printable(text ?? "", 40)}`;
  return [createFinding("dimension-missing", {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    message: `The number of dimensions is ${value}` +
      (undimensioned.has(collection.id) ? ", but the collection has records" : ""),
  })];
}

function checkSegments(subject: CollectionSegments, engine: Engine): Finding[] {
  const { collection, segments } = subject;
  const findings = segments.flatMap((segment) => checkSegment(collection, segment, engine));
  // A collection with a foreign half is somebody else's altogether: nothing is missing from it.
  if (segments.some((segment) => isForeign(segment, engine))) return findings;
  for (const [scope, type] of HALVES) {
    const found = segments.filter((segment) => segment.scope === scope && segment.type === type);
    if (found.length === 1) continue;
    if (found.length > 1) findings.push(duplicateSegments(collection, scope, found));
    else findings.push(missingSegment(collection, scope, segments));
  }
  return findings;
}

function checkSegment(
  collection: CollectionRow,
  segment: SegmentRow,
  engine: Engine,
): Finding[] {
  const place = {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    segment: segment.id,
  };
  if (isForeign(segment, engine)) {
    return [createFinding("segment-type-unknown", {
      ...place,
      message: `The segment is of the type ${printable(segment.type, 100)}`,
    })];
  }
  if (UUID.test(segment.id)) return [];
  return [createFinding("sqlite-constraint-broken", {
    ...place,
    message: `The id of the ${printable(segment.scope, 20)} segment is ` +
      `${printable(segment.id, 100)}, which is no UUID: the engine cannot open the collection`,
  })];
}

/** Whether a segment is of a kind that no local store has, and not just a damaged local one. */
function isForeign({ type, scope }: SegmentRow, engine: Engine): boolean {
  if (FOREIGN_SEGMENT_TYPES.includes(type)) return true;
  const local = Object.values<string>(LOCAL_SEGMENT_TYPES);
  if (local.includes(type)) return false;
  if (engine.newerThanKnown) return true;
  const looksLikeType = /^urn:chroma:segment\/[a-z]+\/[a-z0-9-]+$/.test(type);
  const looksLikeScope = /^[A-Z]+$/.test(scope);
  return looksLikeType && looksLikeScope && !local.some((known) => isDamagedFrom(type, known));
}

function isDamagedFrom(text: string, original: string): boolean {
  if (text.length !== original.length) return false;
  let differing = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== original[i]) differing++;
  }
  return differing <= MOST_DAMAGED_LETTERS;
}

function missingSegment(
  collection: CollectionRow,
  scope: string,
  segments: readonly SegmentRow[],
): Finding {
  const others = segments.map((segment) =>
    `${printable(segment.scope, 20)} ${printable(segment.type, 80)}`
  );
  return createFinding("segment-row-missing", {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    message: `The collection has no usable ${scope} segment; its rows are: ` +
      (others.length === 0 ? "none" : others.join(", ")),
    detail: { scope, collectionId: collection.id },
  });
}

function duplicateSegments(
  collection: CollectionRow,
  scope: string,
  segments: readonly SegmentRow[],
): Finding {
  return createFinding("segment-row-duplicate", {
    path: CATALOGUE_NAME,
    collection: collectionLabel(collection),
    count: segments.length,
    message: `The collection has ${segments.length} ${scope} segments: ` +
      printable(segments.map(({ id }) => id).join(", "), 200),
    detail: { scope, segments: segments.slice(0, MOST_NAMED).map(({ id }) => id) },
  });
}

function checkOrphanSegments(catalogue: Catalogue): Finding[] {
  if (!isWhole(catalogue, "collections") || !isWhole(catalogue, "segments")) return [];
  const collections = new Set(catalogue.collections.map(({ id }) => id));
  const orphans = catalogue.segments.filter(({ collectionId }) =>
    collectionId === null || !collections.has(collectionId)
  );
  if (orphans.length === 0) return [];
  return [createFinding("segment-row-orphan", {
    path: CATALOGUE_NAME,
    segment: orphans.length === 1 ? orphans[0]?.id ?? null : null,
    count: orphans.length,
    message: `${formatCount(orphans.length, "row")} of segments for collections that are not there`,
    detail: { segments: orphans.slice(0, MOST_NAMED).map(({ id }) => id) },
  })];
}
