/**
 * The stage of the indexes: what becomes of every VECTOR segment whose files are damaged, or that
 * lacks vectors of records.
 *
 * For each of them all vectors are saved that any place still holds: the segment's own directory, the
 * queue, directories that were moved aside, older copies of the store, and the file that was handed
 * in. From these the index comes back, built by vecfsck or by the engine (`choose_strategy.ts`). What
 * no place holds is named, and the records leave the store into a file, unless they are to stay.
 *
 * @module
 */

import { readLayout } from "../../layout.ts";
import { openCatalogue } from "../../opened_catalogue.ts";
import type { PreparedStep, RepairContext } from "../repair_context.ts";
import { HandedInVectors } from "./handed_in_vectors.ts";
import { prepareSegment } from "./prepare_segment.ts";
import { chooseWanted, listIndexes, type StoreIndex } from "./wanted_segments.ts";

/**
 * Plans the steps that bring indexes back.
 *
 * @param context The store as the stages before have left it.
 * @returns The steps, one index behind another.
 * @throws {OperationError} A file cannot be read, or the file that was handed in cannot be used.
 */
export function prepareIndexStage(context: RepairContext): Promise<readonly PreparedStep[]> {
  return Promise.resolve().then(() => prepareSteps(context));
}

function prepareSteps(context: RepairContext): readonly PreparedStep[] {
  context.working.settle();
  const layout = readLayout(context.working.path);
  const opened = openCatalogue(layout);
  if (opened === null) return [];
  // Steps that were prepared read by other connections: this one ends here.
  using _reading = opened.reading;
  const indexes = listIndexes(layout, opened);
  const handedIn = readHandedIn(context, indexes);
  const steps: PreparedStep[] = [];
  try {
    for (const wanted of chooseWanted(indexes, context, handedIn)) {
      context.request.signal?.throwIfAborted();
      steps.push(...prepareSegment(wanted, context, handedIn));
    }
  } catch (error) {
    for (const step of steps) step[Symbol.dispose]?.();
    throw error;
  }
  return steps;
}

function readHandedIn(
  { request: { vectorsPath, fs } }: RepairContext,
  indexes: readonly StoreIndex[],
): HandedInVectors | null {
  if (vectorsPath === null) return null;
  const collections = indexes.map(({ name, collection }) => ({
    name,
    dimension: collection.dimension,
  }));
  return HandedInVectors.read(vectorsPath, collections, fs);
}
