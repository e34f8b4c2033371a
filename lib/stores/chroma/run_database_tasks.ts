/**
 * Checking the database: the full text in one part, all other tables in another, so that they can
 * run side by side over connections of their own.
 *
 * @module
 */

import type { Finding } from "../../model/finding.ts";
import type { TaskResult } from "../../model/store.ts";
import type { StoreDatabase } from "../../sqlite/database.ts";
import { requireDataError } from "../../sqlite/machine_error.ts";
import { openLocation } from "../../sqlite/reading.ts";
import { checkOrphans } from "./records/check_orphans.ts";
import { checkPendingRows, checkQueue } from "./records/check_queue.ts";
import { CATALOGUE_NAME } from "./layout.ts";
import { readRecordCounts } from "./records/orphans.ts";
import { readFulltextComparison } from "./database/read_fulltext.ts";
import { readFulltextIntegrity, readOrdinaryIntegrity } from "./database/read_integrity.ts";
import { readPendingRows, readQueueSummary } from "./records/read_queue.ts";
import type { FulltextTask, TablesPayload, TablesTask, TaskFacts } from "./tasks.ts";

/**
 * Checks the full-text index.
 *
 * @param task Where the database is.
 * @returns Facts for the conclusion.
 * @throws {OperationError} The database cannot be read, or is in use.
 */
export function runFulltextTask({ payload, sizeBytes }: FulltextTask): TaskResult {
  using database = openLocation(payload.location);
  const facts: TaskFacts = { integrity: readFulltextIntegrity(database, payload.header) };
  return { findings: [], checkedBytes: { [CATALOGUE_NAME]: sizeBytes }, facts };
}

/**
 * Checks the ordinary tables, the documents against the full text, the queue, and orphans.
 *
 * @param task Where the database is, and what the catalogue says.
 * @returns What was found, and facts for the conclusion.
 * @throws {OperationError} The database cannot be read, or is in use.
 */
export function runTablesTask({ payload, sizeBytes }: TablesTask): TaskResult {
  using database = openLocation(payload.location);
  const facts: TaskFacts = {
    integrity: readOrdinaryIntegrity(database, payload.header),
    fulltext: readFulltextComparison(database),
  };
  return {
    findings: [...findInQueue(database, payload), ...findOrphans(database, payload)],
    // The full text's task looks at the rest of the file.
    checkedBytes: { [CATALOGUE_NAME]: sizeBytes },
    facts,
  };
}

function findInQueue(database: StoreDatabase, payload: TablesPayload): Finding[] {
  const { catalogue, engine, positions } = payload;
  if (catalogue === null || engine === null || !catalogue.tables.has("embeddings_queue")) return [];
  return noneOnDamage(() => [
    ...checkQueue(catalogue, engine, readQueueSummary(database, positions)),
    ...checkPendingRows(catalogue, readPendingRows(database, positions, engine)),
  ]);
}

function findOrphans(database: StoreDatabase, { catalogue }: TablesPayload): Finding[] {
  if (catalogue === null) return [];
  return noneOnDamage(() => checkOrphans(catalogue, readRecordCounts(database, catalogue)));
}

/** Damage that keeps a table from being read is named by the integrity check. */
function noneOnDamage(find: () => Finding[]): Finding[] {
  try {
    return find();
  } catch (error) {
    requireDataError(error, CATALOGUE_NAME);
    return [];
  }
}
