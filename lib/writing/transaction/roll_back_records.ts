/**
 * Putting records back through the server that serves the store.
 *
 * Everything is planned first: what a client cannot make what it was, such as a collection that was
 * removed, keeps anything from being done, so that the store is not left half the one and half the
 * other. What is interrupted can be done again, for it goes by what is different then.
 *
 * @module
 */

import { join } from "@std/path";
import { FILES_DIRECTORY_NAME } from "../../backup/manifest.ts";
import { OperationError, toOperationError } from "../../base/errors.ts";
import { formatCount } from "../../base/format.ts";
import { requireStore } from "../../stores/registry.ts";
import { planRecords, type RecordsPlan, type RecordsRequest } from "./plan_records.ts";
import { putRecordsBack } from "./put_records_back.ts";
import type { RecordsClient } from "./records_client.ts";
import { NOTHING_DONE, type RollbackRequest } from "./roll_back.ts";
import type { RecordCounts, RollbackOutcome, Unrestored } from "./transaction_options.ts";

/**
 * Puts the records of a store back.
 *
 * @param request What is taken back.
 * @param client The client of the server that serves the store.
 * @returns What was done. Where it was begun and not ended, that is no exception.
 * @throws {OperationError} It was not begun.
 */
export async function rollBackRecords(
  { store, backup, options: { fs }, requireSound }: RollbackRequest,
  client: RecordsClient,
): Promise<RollbackOutcome> {
  const { directory, manifest } = backup;
  const request: RecordsRequest = {
    store: requireStore(store),
    copy: requireStore(join(directory, FILES_DIRECTORY_NAME)),
    then: manifest.collections,
    client,
    fs,
  };
  using plan = await planRecords(request);
  const { obstacles } = plan;
  if (obstacles.length > 0) {
    const rollbackFailure = createObstacleError(obstacles, directory);
    const facts = { rollbackFailure, backup: directory, unrestored: obstacles };
    return { ...NOTHING_DONE, ...facts, state: "written" };
  }
  const records = countRecords(plan);
  try {
    const unrestored = await putBack(request, plan);
    await requireSound?.();
    // Whoever reads a vector gets it rounded; of what else did not come back, the copy is the only one.
    const isExact = unrestored.every(({ problem }) => problem === ROUNDED);
    const facts = { rolledBack: "records", records, unrestored } as const;
    return { ...NOTHING_DONE, ...facts, state: "rolledBack", backup: isExact ? null : directory };
  } catch (error) {
    const rollbackFailure = toOperationError(error, store);
    const facts = { rolledBack: "records", rollbackFailure, backup: directory } as const;
    return { ...NOTHING_DONE, ...facts, state: "partly" };
  }
}

/** Puts everything back, and makes sure that it is; what is still different once more, as a whole. */
async function putBack(request: RecordsRequest, plan: RecordsPlan): Promise<Unrestored[]> {
  const known = await carryOut(request, plan, false);
  using second = await planRecords(request);
  if (isDone(second, known)) return listUnrestored(second);
  const knownThen = await carryOut(request, second, true);
  using third = await planRecords(request);
  if (isDone(third, knownThen)) return listUnrestored(third);
  const counts = countRecords(third);
  const left = counts.removed + counts.changed + counts.added;
  throw new OperationError(
    "write-failed",
    `${formatCount(left, "record")} did not come back as before`,
    {
      hint: "Look at the server's log. Stop it and use `vecfsck restore` with the backup; or try " +
        "again with recoverTransaction().",
    },
  );
}

/** Records by collection that are known not to come back to the last bit. */
type Inexact = ReadonlyMap<string, ReadonlySet<string>>;

async function carryOut(
  { client }: RecordsRequest,
  { newCollections, changed }: RecordsPlan,
  removesFirst: boolean,
): Promise<Inexact> {
  for (const name of newCollections) await client.deleteCollection({ name });
  const inexact = new Map<string, ReadonlySet<string>>();
  for (const collection of changed) {
    const ids = await putRecordsBack({ ...collection, removesFirst });
    inexact.set(collection.name, new Set(ids));
  }
  return inexact;
}

/** Whether nothing is different but what cannot be otherwise. */
function isDone({ newCollections, changed, obstacles }: RecordsPlan, known: Inexact): boolean {
  return newCollections.length === 0 && obstacles.length === 0 &&
    changed.every(({ name, changes: { added, removed, changed } }) =>
      added.length === 0 && removed.size === 0 &&
      changed.keys().every((id) => known.get(name)?.has(id))
    );
}

function listUnrestored({ changed }: RecordsPlan): Unrestored[] {
  return changed.flatMap(({ name, changes: { changed, rounded } }) => [
    { collection: name, problem: RETYPED, ids: [...changed.keys()] },
    { collection: name, problem: ROUNDED, ids: rounded },
  ]).filter(({ ids }) => ids.length > 0);
}

/** What is wrong with records that came back as far as a client can bring them. */
const RETYPED = "numbers in the metadata came back in another type, for instance 3.0 as 3";
const ROUNDED = "the last bits of the vectors are others, for they were normalised once more";

function countRecords({ changed }: RecordsPlan): RecordCounts {
  const counts = { removed: 0, changed: 0, added: 0 };
  for (const { changes } of changed) {
    counts.removed += changes.added.length;
    counts.changed += changes.changed.size;
    counts.added += changes.removed.size;
  }
  return counts;
}

function createObstacleError(obstacles: readonly Unrestored[], backup: string): OperationError {
  const [first] = obstacles;
  const more = obstacles.length > 1 ? `, and ${obstacles.length - 1} more` : "";
  return new OperationError(
    "unsupported",
    `A client cannot put back the collection "${first?.collection}": ${first?.problem}${more}`,
    { hint: `Stop the server, then \`vecfsck restore\` with the backup ${backup}.` },
  );
}
