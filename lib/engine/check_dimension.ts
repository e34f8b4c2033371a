/**
 * Whether a collection takes vectors with so many numbers, before anything is written to it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatNumber } from "../base/format.ts";
import type { CollectionDimensions, DimensionCount } from "../model/dimensions.ts";
import { formatByName, requireStore } from "../stores/registry.ts";

export type { CollectionDimensions, DimensionCount };

/** Whether a collection takes vectors with so many numbers. */
export interface DimensionCheck extends CollectionDimensions {
  /** The number that was asked about. */
  readonly dimension: number;
  /** Whether all places that say anything say the same. */
  readonly isConsistent: boolean;
  /** Whether it takes such vectors: everything agrees with the number, or it never had a vector. */
  readonly fits: boolean;
  /** Why not, as a sentence without a final period; null when it does. */
  readonly problem: string | null;
}

/**
 * Says whether a collection takes vectors of a dimension: by the catalogue, by the header of the
 * index, and by the vectors that wait in the queue; for chromem-go by every document, for nothing
 * else tells it. Chroma refuses a vector that does not fit, and chromem-go takes it, and from then on
 * answers no query. An index that disagrees with the catalogue can kill the engine.
 *
 * @example
 * ```ts
 * import { checkDimension, detectStore } from "@vecfsck/vecfsck";
 *
 * async function requireFit(store: string, collection: string, vector: number[]): Promise<void> {
 *   const { fits, problem } = await checkDimension(store, collection, vector.length);
 *   if (!fits) throw new Error(problem ?? "it does not fit");
 * }
 * if (detectStore(".") !== null) await requireFit(".", "documents", [0.25, 0.5]);
 * ```
 *
 * @param path The store's directory.
 * @param collection The name of the collection; or its id (for chromem-go its folder), where two have
 * one name.
 * @param dimension How many numbers the vectors have.
 * @returns What every place says, and whether it fits.
 * @throws {OperationError} There is no store or no such collection in it, two have that name, or the
 * store cannot be read or is in use.
 */
export async function checkDimension(
  path: string,
  collection: string,
  dimension: number,
): Promise<DimensionCheck> {
  if (!Number.isSafeInteger(dimension) || dimension < 1) {
    throw new OperationError("usage", `No vector has ${dimension} dimensions`);
  }
  const store = requireStore(path);
  const found = await formatByName(store.format).readDimensions(store, collection);
  const [dimensions, ...others] = found;
  if (dimensions === undefined || others.length > 0) {
    throw new OperationError("usage", `${found.length} collections have the name ${collection}`, {
      path: store.path,
      hint: `Name one by its id: ${found.map(({ id }) => id).join(", ")}.`,
    });
  }
  return judge(dimensions, dimension);
}

function judge(dimensions: CollectionDimensions, dimension: number): DimensionCheck {
  const said = listSaid(dimensions);
  const isConsistent = new Set(said.map(({ said }) => said)).size <= 1;
  const fits = said.every(({ said }) => said === dimension);
  const list = said.map(({ who, said }) => `${who} ${formatNumber(said)}`).join(", ");
  const problem = fits
    ? null
    : `The vectors would have ${formatNumber(dimension)} dimensions, and there are: ${list}`;
  return { ...dimensions, dimension, isConsistent, fits, problem };
}

/** What each place says, for people. */
function listSaid(
  { declared, index, counted }: CollectionDimensions,
): { readonly who: string; readonly said: number }[] {
  return [
    ...(declared === null ? [] : [{ who: "in the catalogue", said: declared }]),
    ...(index === null ? [] : [{ who: "in the index", said: index }]),
    ...counted.map(({ dimension, vectors }) => ({
      who: `in ${formatNumber(vectors)} ${vectors === 1 ? "vector" : "vectors"}`,
      said: dimension,
    })),
  ];
}
