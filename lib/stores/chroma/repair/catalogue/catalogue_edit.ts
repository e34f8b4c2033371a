/**
 * A correction of the catalogue as plain data: which finding it answers, the statements, and what
 * people are told of it. Planning makes edits, and nothing but `apply_edits.ts` carries them out.
 *
 * @module
 */

import type { Finding } from "../../../../model/finding.ts";
import type { RepairLoss } from "../../../../model/repair.ts";
import type { SqlValue } from "../../../../sqlite/database.ts";
import type { Catalogue, CollectionSegments } from "../../catalogue/catalogue.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import type { CatalogueEvidence } from "./catalogue_evidence.ts";

/** One statement of an edit. */
export interface EditStatement {
  /** The SQL, with `?` for values. */
  readonly sql: string;
  /** The values. */
  readonly parameters: readonly SqlValue[];
}

/** One correction. */
export interface CatalogueEdit {
  /** What it answers. */
  readonly finding: Finding;
  /** The collection that it is about, or null. */
  readonly collectionId: string | null;
  /** The statements, in order. */
  readonly statements: readonly EditStatement[];
  /** What is done and what says so, for people: one clause without a final period. */
  readonly sentence: string;
  /** What is lost, because nothing tells it any more. */
  readonly losses: readonly RepairLoss[];
}

/** What an edit is planned from. */
export interface PlanningContext {
  /** What the database says. */
  readonly catalogue: Catalogue;
  /** The collections with their segments. */
  readonly collections: readonly CollectionSegments[];
  /** The same by their METADATA and VECTOR segments. */
  readonly owners: ReadonlyMap<string, CollectionSegments>;
  /** The engine that it tells. */
  readonly engine: Engine;
  /** What else was read. */
  readonly evidence: CatalogueEvidence;
  /** Gives an id that no row has. */
  readonly newId: () => string;
}

/** Why nothing is done about a finding, for people: one clause without a final period. */
export interface Refusal {
  /** The reason. */
  readonly refused: string;
}

/** What planning makes of a finding: what to do, or why nothing. */
export type PlannedEdit = Omit<CatalogueEdit, "finding" | "collectionId"> | Refusal;

/** Plans what answers a finding. */
export type EditPlanner = (finding: Finding, context: PlanningContext) => PlannedEdit;

/**
 * Makes a statement.
 *
 * @param sql The SQL.
 * @param parameters The values of its `?`.
 * @returns The statement.
 */
export function statement(sql: string, ...parameters: SqlValue[]): EditStatement {
  return { sql, parameters };
}

/**
 * Makes the loss of something that stood in one row.
 *
 * @param table The table.
 * @param id What tells the row.
 * @param reason What is not known any more, for people: one clause.
 * @param collection The collection, or null.
 * @returns The loss.
 */
export function rowLoss(
  table: string,
  id: string,
  reason: string,
  collection: string | null,
): RepairLoss {
  return { kind: "row", outcome: "kept", reason, collection, table, count: 1, ids: [id] };
}

/**
 * Lists collections by their segments.
 *
 * @param collections The collections.
 * @returns The collection of each METADATA and each VECTOR segment.
 */
export function listOwners(
  collections: readonly CollectionSegments[],
): Map<string, CollectionSegments> {
  return new Map(
    collections.flatMap((entry) =>
      [entry.metadata, entry.vector].flatMap((segment) =>
        segment === null ? [] : [[segment.id, entry] as const]
      )
    ),
  );
}

/** Whether planning has refused. */
export function isRefusal(planned: PlannedEdit): planned is Refusal {
  return "refused" in planned;
}
