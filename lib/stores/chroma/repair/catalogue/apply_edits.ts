/**
 * Carrying corrections of the catalogue out.
 *
 * @module
 */

import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { tolerateDamage } from "../../catalogue/stored_values.ts";
import type { CatalogueEdit } from "./catalogue_edit.ts";
import type { RefusedFinding } from "./plan_catalogue_edits.ts";

/** What became of edits. */
export interface AppliedEdits {
  /** Those that were carried out. */
  readonly applied: readonly CatalogueEdit[];
  /** Those that SQLite refuses, which have changed nothing. */
  readonly refused: readonly RefusedFinding[];
}

/**
 * Applies edits in one transaction, each of them whole or not at all.
 *
 * @param database The private copy of the database.
 * @param edits The edits, in order.
 * @returns What became of them.
 * @throws {OperationError} The machine failed to write.
 */
export function applyEdits(
  database: StoreDatabase,
  edits: readonly CatalogueEdit[],
): AppliedEdits {
  const applied: CatalogueEdit[] = [];
  const refused: RefusedFinding[] = [];
  database.execute("BEGIN IMMEDIATE");
  for (const edit of edits) {
    database.execute("SAVEPOINT edit");
    const done = tolerateDamage(() => applyEdit(database, edit), ({ message }) => {
      database.execute("ROLLBACK TO edit");
      refused.push({ finding: edit.finding, refused: `SQLite says: ${message}` });
    });
    database.execute("RELEASE edit");
    if (done !== null) applied.push(done);
  }
  database.execute("COMMIT");
  return { applied, refused };
}

function applyEdit(database: StoreDatabase, edit: CatalogueEdit): CatalogueEdit {
  for (const { sql, parameters } of edit.statements) database.prepare(sql)(...parameters);
  return edit;
}
