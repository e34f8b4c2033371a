/**
 * Rows of `segments`: the two halves of a collection.
 *
 * Which id a lost row had is proven by numbers in the queue, or by ids that both halves share; an
 * index whose id is guessed wrongly gives records each other's vectors. So where several may be
 * meant, none is taken. A new id is made up only where no data can be meant.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import { printable } from "../../../../base/printable.ts";
import type { Finding } from "../../../../model/finding.ts";
import {
  type Catalogue,
  type CollectionRow,
  type CollectionSegments,
  hasColumn,
  LOCAL_SEGMENT_TYPES,
  type SegmentRow,
} from "../../catalogue/catalogue.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { isUuid } from "../../layout.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  statement,
} from "./catalogue_edit.ts";
import type { SegmentCandidate } from "./catalogue_evidence.ts";
import { copySettings } from "./plan_lost_settings.ts";
import { HAS_ID } from "./plan_owners.ts";

/** From which share of common ids two halves belong together, and up to which they do not. */
const SAME_COLLECTION = 0.9;
const OTHER_COLLECTION = 0.1;

/** What proves that a candidate is a collection's, the strongest first. */
const PROOFS:
  readonly (readonly [(one: SegmentCandidate, collection: string) => boolean, string])[] = [
    [({ writers }, id) => writers.length === 1 && writers[0] === id, "the queue has its writes"],
    [({ overlaps }, id) => (overlaps.get(id) ?? 0) >= SAME_COLLECTION, "both halves have its ids"],
    [isMarked, "its watermark is the number of a write of the collection"],
  ];

/** A number alone does not prove whose data it is that may be there. */
function isMarked(
  { markedBy, writers, contents, overlaps }: SegmentCandidate,
  id: string,
): boolean {
  return markedBy === id && writers.length === 0 && (contents === 0 || overlaps.has(id));
}

/** A half of a collection. */
interface Half {
  readonly scope: "METADATA" | "VECTOR";
  readonly type: string;
  readonly what: string;
}

const HALVES: Readonly<Record<string, Half>> = {
  METADATA: { scope: "METADATA", type: LOCAL_SEGMENT_TYPES.metadata, what: "records" },
  VECTOR: { scope: "VECTOR", type: LOCAL_SEGMENT_TYPES.vector, what: "index" },
};

/**
 * Plans a row that is missing.
 *
 * @param finding The finding `segment-row-missing`.
 * @param context What is known.
 * @returns The row.
 */
export function planMissingSegment(finding: Finding, context: PlanningContext): PlannedEdit {
  const half = HALVES[String(finding.detail.scope)];
  const entry = context.collections.find(({ collection }) =>
    collection.id === finding.detail.collectionId
  );
  if (half === undefined || entry === undefined) {
    return { refused: "The collection is not there any more" };
  }
  if (!isUuid(entry.collection.id)) return planCollectionId(entry.collection, context);
  return planDamagedRow(entry, half) ?? planLostRow(entry, half, context);
}

/** A collection whose id is garbled lacks its segments: they name the id that it had. */
function planCollectionId({ id }: CollectionRow, { catalogue }: PlanningContext): PlannedEdit {
  const known = new Set(catalogue.collections.map((row) => row.id));
  const named = catalogue.segments.flatMap(({ collectionId }) =>
    collectionId !== null && isUuid(collectionId) && !known.has(collectionId) ? [collectionId] : []
  );
  const garbled = catalogue.collections.filter((row) => !isUuid(row.id));
  const [meant, ...others] = new Set(named);
  if (meant === undefined || others.length > 0 || garbled.length > 1) {
    return { refused: "Nothing tells which id the collection had" };
  }
  return {
    statements: [
      statement(`UPDATE collections SET id = ? WHERE ${HAS_ID}`, meant, id),
    ],
    sentence: `Give the collection its id ${meant} back, which its segments name`,
    losses: [],
  };
}

/** A row whose type or scope is garbled is still that of the half that has no other. */
function planDamagedRow(entry: CollectionSegments, half: Half): PlannedEdit | null {
  const odd = entry.segments.filter((segment) => !isHalf(segment));
  const [row, ...others] = odd.filter(({ scope, type }) =>
    scope === half.scope || type === half.type || odd.length === 1
  );
  if (row === undefined || others.length > 0) return null;
  return {
    statements: [
      statement(
        "UPDATE segments SET type = ?, scope = ? WHERE id = ?",
        half.type,
        half.scope,
        row.id,
      ),
    ],
    sentence: `Write type and scope of the ${half.scope} segment ${row.id} again`,
    losses: [],
  };
}

function isHalf({ scope, type }: SegmentRow): boolean {
  return HALVES[scope]?.type === type;
}

function planLostRow(
  entry: CollectionSegments,
  half: Half,
  context: PlanningContext,
): PlannedEdit {
  const { evidence } = context;
  const candidates = half.scope === "VECTOR"
    ? evidence.vectorCandidates
    : evidence.metadataCandidates;
  if (half.scope === "VECTOR" && entry.metadata === null) {
    return { refused: "Its records are not known, by which its index could be told" };
  }
  const open = candidates.filter((candidate) => isOpen(candidate, entry, context));
  for (const [isProven, reason] of PROOFS) {
    const [match, ...others] = open.filter((one) => isProven(one, entry.collection.id));
    if (others.length > 0) {
      return { refused: `${others.length + 1} segments may be its ${half.what}` };
    }
    if (match !== undefined) return putBack(entry, half, match, reason, context);
  }
  const doubtful = open.filter(({ contents, writers }) => contents > 0 && writers.length === 0);
  if (doubtful.length > 0) {
    const ids = doubtful.map(({ id }) => id).join(", ");
    return {
      refused: `Nothing proves whether ${printable(ids, 200)} holds the ${half.what} of the ` +
        "collection",
    };
  }
  return makeNew(entry, half, context);
}

/** Whether a candidate may hold data of a collection, as far as nothing speaks against it. */
function isOpen(
  { overlaps, dimension }: SegmentCandidate,
  { collection }: CollectionSegments,
  { evidence }: PlanningContext,
): boolean {
  const overlap = overlaps.get(collection.id);
  // Ids count for more than the catalogue's dimension, which may be what is damaged.
  if (overlap !== undefined) return overlap > OTHER_COLLECTION;
  if (collection.dimension === null) return evidence.queuedCollections.has(collection.id);
  return dimension === null || dimension === collection.dimension;
}

function putBack(
  { collection }: CollectionSegments,
  half: Half,
  { id, hasRow, contents }: SegmentCandidate,
  reason: string,
  { catalogue }: PlanningContext,
): PlannedEdit {
  const write = hasRow
    ? statement(
      "UPDATE segments SET collection = ?, type = ?, scope = ? WHERE id = ?",
      collection.id,
      half.type,
      half.scope,
      id,
    )
    : insertSegment(catalogue, id, half, collection.id);
  const held = formatCount(contents, half.scope === "VECTOR" ? "vector" : "record");
  return {
    statements: [write],
    sentence: `Put back the ${half.scope} segment ${id} with ${held}: ${reason}`,
    losses: [],
  };
}

function makeNew(
  entry: CollectionSegments,
  half: Half,
  { catalogue, engine, newId }: PlanningContext,
): PlannedEdit {
  const id = newId();
  const settings = half.scope === "VECTOR" && needsSettings(engine)
    ? [copySettings(catalogue, entry.collection.id, id)]
    : [];
  return {
    statements: [insertSegment(catalogue, id, half, entry.collection.id), ...settings],
    sentence: `Make a new ${half.scope} segment ${id}: no ${half.what} of the collection ` +
      `${half.scope === "VECTOR" ? "is" : "are"} there, and the engine fills it from the queue`,
    losses: [],
  };
}

/** Before 1.0 the settings of an index stand with its segment and nowhere else that counts. */
function needsSettings({ era }: Engine): boolean {
  return era === "python";
}

function insertSegment(
  catalogue: Catalogue,
  id: string,
  { type, scope }: Half,
  collectionId: string,
): EditStatement {
  if (!hasColumn(catalogue, "segments", "topic")) {
    return statement(
      "INSERT INTO segments (id, type, scope, collection) VALUES (?, ?, ?, ?)",
      id,
      type,
      scope,
      collectionId,
    );
  }
  const topic = catalogue.collections.find((row) => row.id === collectionId)?.topic ??
    `persistent://default/default/${collectionId}`;
  return statement(
    "INSERT INTO segments (id, type, scope, topic, collection) VALUES (?, ?, ?, ?, ?)",
    id,
    type,
    scope,
    topic,
    collectionId,
  );
}
