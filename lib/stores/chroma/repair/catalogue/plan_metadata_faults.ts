/**
 * Values of `collection_metadata` and `segment_metadata` that no engine can read.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import type { Finding } from "../../../../model/finding.ts";
import { type PlannedEdit, type PlanningContext, rowLoss, statement } from "./catalogue_edit.ts";

/**
 * Plans the end of such values: of a row that holds another value as well, that one stays.
 *
 * @param finding The finding `settings-value-unreadable`.
 * @param context What is known.
 * @returns The removal of the values.
 */
export function planMetadataFaults(
  { detail }: Finding,
  { catalogue }: PlanningContext,
): PlannedEdit {
  const faults = catalogue.metadataFaults.filter(({ table }) => table === detail.table);
  return {
    statements: faults.map(({ table, rowId, columns, hasOther }) => {
      const change = hasOther
        ? `UPDATE ${table} SET ${columns.map((column) => `${column} = NULL`).join(", ")}`
        : `DELETE FROM ${table}`;
      return statement(`${change} WHERE rowid = CAST(? AS INTEGER)`, rowId);
    }),
    sentence: `Remove ${formatCount(faults.length, "value")} of ${detail.table} that no engine ` +
      "can read",
    losses: faults.filter(({ hasOther }) => !hasOther).map(({ table, owner, key }) =>
      rowLoss(table, `${owner} ${key}`, "its value is of a kind that no engine reads", null)
    ),
  };
}
