/**
 * The number of dimensions of a collection: what index and queue prove, where the catalogue says
 * nothing or something else.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import { collectionLabel, type CollectionSegments } from "../../catalogue/catalogue.ts";
import {
  type EditStatement,
  type PlannedEdit,
  type PlanningContext,
  type Refusal,
  statement,
} from "./catalogue_edit.ts";
import type { IndexEvidence } from "./catalogue_evidence.ts";

/** What proves a dimension. */
interface ProvenDimension {
  readonly dimension: number;
  readonly reason: string;
}

/**
 * Plans the dimension of a collection that has records and none.
 *
 * @param finding The finding `dimension-missing`.
 * @param context What is known.
 * @returns The dimension of its index, or of the vectors in the queue.
 */
export function planMissingDimension(finding: Finding, context: PlanningContext): PlannedEdit {
  const { evidence, catalogue, collections } = context;
  const undimensioned = collections.filter(({ collection }) =>
    collection.dimension === null && collectionLabel(collection) === finding.collection
  );
  const [first] = undimensioned;
  if (first === undefined) return { refused: "The collection is not there any more" };
  if (undimensioned.some(({ vector }) => vector === null)) {
    return { refused: "The collection has no VECTOR segment, whose index would tell it" };
  }
  const statements: EditStatement[] = [];
  let reason = "";
  for (const { collection, vector } of undimensioned) {
    const index = vector === null ? undefined : evidence.indexes.get(vector.id);
    const proven = findDimension(index, evidence.queueDimensions.get(collection.id));
    if (proven !== null) {
      statements.push(writeDimension(collection.id, proven.dimension));
      reason = `${proven.dimension}: ${proven.reason}`;
    } else if (!catalogue.undimensionedCollections.includes(collection.id)) {
      statements.push(writeDimension(collection.id, null));
      reason = "none, which is right as long as nothing was added";
    }
  }
  if (statements.length === 0) {
    return { refused: "Neither the index nor the queue holds a vector of the collection" };
  }
  return { statements, sentence: `Set the number of dimensions to ${reason}`, losses: [] };
}

/**
 * Plans which of catalogue and index is right about the dimension.
 *
 * @param finding The finding `dimension-mismatch`.
 * @param context What is known.
 * @returns The dimension of the index where that is proven to be the collection's; it is refused
 * where the index is somebody else's.
 */
export function planDimensionMismatch(finding: Finding, context: PlanningContext): PlannedEdit {
  const { evidence } = context;
  const [owner] = findOwners(finding, context);
  if (owner === undefined) return { refused: "The collection is not there any more" };
  const index = owner.vector === null ? undefined : evidence.indexes.get(owner.vector.id);
  const queued = evidence.queueDimensions.get(owner.collection.id);
  const proven = weigh(index, queued);
  if ("refused" in proven) return proven;
  const { dimension, reason } = proven;
  if (dimension === owner.collection.dimension) {
    return { refused: "The catalogue is right, and the index is not that of the collection" };
  }
  return {
    statements: [writeDimension(owner.collection.id, dimension)],
    sentence: `Set the number of dimensions to ${dimension}: ${reason}`,
    losses: [],
  };
}

function findOwners(
  { segment, collection: label }: Finding,
  { owners, collections }: PlanningContext,
): CollectionSegments[] {
  const owner = segment === null ? undefined : owners.get(segment);
  if (owner !== undefined) return [owner];
  return collections.filter(({ collection }) => collectionLabel(collection) === label);
}

/** Index and queue have to agree where both tell. */
function weigh(
  index: IndexEvidence | undefined,
  queued: number | undefined,
): ProvenDimension | Refusal {
  const dimension = index?.dimension ?? null;
  if (index === undefined || dimension === null) {
    return queued === undefined
      ? { refused: "Neither the index nor the queue holds a vector that proves it" }
      : { dimension: queued, reason: "the vectors in the queue have it" };
  }
  if (queued === dimension) {
    return { dimension, reason: "the index and the vectors in the queue have it" };
  }
  if (queued !== undefined) {
    return {
      refused: `The vectors in the queue have ${queued} dimensions: the index of ${dimension} is ` +
        "not that of the collection",
    };
  }
  const reason = provesOwner(index);
  return reason === null
    ? { refused: "Nothing proves that the index is that of the collection" }
    : { dimension, reason: `the index has it, and ${reason}` };
}

function findDimension(
  index: IndexEvidence | undefined,
  queued: number | undefined,
): ProvenDimension | null {
  if (index !== undefined && index.dimension !== null) {
    return { dimension: index.dimension, reason: "the index has it" };
  }
  if (queued !== undefined) {
    return { dimension: queued, reason: "the vectors in the queue have it" };
  }
  const inIdMap = index?.idMapDimension ?? null;
  return inIdMap === null ? null : { dimension: inIdMap, reason: "the id map has it" };
}

/** An index belongs to a collection when most of its ids are records of it. */
function provesOwner({ ids, knownIds }: IndexEvidence): string | null {
  if (ids === 0 || 2 * knownIds <= ids) return null;
  return `${knownIds} of its ${ids} ids are records of the collection`;
}

function writeDimension(collectionId: string, dimension: number | null): EditStatement {
  return statement("UPDATE collections SET dimension = ? WHERE id = ?", dimension, collectionId);
}
