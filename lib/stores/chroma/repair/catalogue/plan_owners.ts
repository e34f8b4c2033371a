/**
 * Tenants and databases that something refers to. A tenant is nothing but its id. Of a database the
 * name is lost with the row, but for the one that every store has.
 *
 * @module
 */

import { printable } from "../../../../base/printable.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { Catalogue, DatabaseRow } from "../../catalogue/catalogue.ts";
import { DEFAULT_DATABASE, DEFAULT_TENANT } from "../../catalogue/check_owners.ts";
import { isUuid } from "../../layout.ts";
import { type PlannedEdit, type PlanningContext, rowLoss, statement } from "./catalogue_edit.ts";

/** A garbled id need not be text any more: of those there is one at the most. */
export const HAS_ID = "CAST(id AS BLOB) = CAST(? AS BLOB) OR typeof(id) <> 'text'";

const SHORT_ID_LENGTH = 8;

/**
 * Plans the row of a tenant.
 *
 * @param finding The finding `tenant-missing`.
 * @param context What is known.
 * @returns The row; where it is the default database whose reference is garbled, that is corrected.
 */
export function planTenant({ detail }: Finding, { catalogue }: PlanningContext): PlannedEdit {
  const tenant = String(detail.tenant);
  const { name } = DEFAULT_DATABASE;
  const owners = catalogue.databases.filter((row) => row.name === name)
    .map(({ tenantId }) => tenantId);
  // Every store has that database, and it is of that tenant.
  if (owners.includes(tenant) && !owners.includes(DEFAULT_TENANT)) {
    return {
      statements: [statement(
        "UPDATE databases SET tenant_id = ? WHERE tenant_id = ? AND name = ?",
        DEFAULT_TENANT,
        tenant,
        name,
      )],
      sentence: `Give the database ${name} back to the tenant ${DEFAULT_TENANT}`,
      losses: [],
    };
  }
  return {
    statements: [statement("INSERT OR IGNORE INTO tenants (id) VALUES (?)", tenant)],
    sentence: `Put back the tenant ${printable(tenant, 100)}`,
    losses: [],
  };
}

/**
 * Plans the row of a database.
 *
 * @param finding The finding `database-missing`.
 * @param context What is known.
 * @returns The row; under a name made up of its id where the name is not known.
 */
export function planDatabase({ detail }: Finding, { catalogue }: PlanningContext): PlannedEdit {
  const id = String(detail.database);
  if (id === DEFAULT_DATABASE.id && catalogue.databases.some((row) => row.id === id)) {
    return nameDefaultDatabase();
  }
  const garbled = findGarbled(catalogue, id);
  if (garbled !== null) {
    const { name } = id === DEFAULT_DATABASE.id ? DEFAULT_DATABASE : garbled;
    return {
      statements: [
        statement(`UPDATE databases SET id = ?, name = ? WHERE ${HAS_ID}`, id, name, garbled.id),
      ],
      sentence: `Give the database ${printable(name, 100)} its id ${printable(id, 100)} back, ` +
        "which collections name",
      losses: [],
    };
  }
  const tenant = DEFAULT_TENANT;
  const isTaken = (name: string): boolean =>
    catalogue.databases.some((row) => row.tenantId === tenant && row.name === name);
  const isDefault = id === DEFAULT_DATABASE.id && !isTaken(DEFAULT_DATABASE.name);
  const name = isDefault ? DEFAULT_DATABASE.name : recoveredName(id, isTaken);
  const insert = statement(
    "INSERT INTO databases (id, name, tenant_id) VALUES (?, ?, ?)",
    id,
    name,
    tenant,
  );
  if (isDefault) {
    return { statements: [insert], sentence: `Put back the database ${name}`, losses: [] };
  }
  return {
    statements: [insert],
    sentence: `Put back the database ${printable(id, 100)} as ${name} of the tenant ${tenant}`,
    losses: [
      rowLoss("databases", id, `its name is not known; it is called ${name} of ${tenant}`, null),
    ],
  };
}

function nameDefaultDatabase(): PlannedEdit {
  const { id, name } = DEFAULT_DATABASE;
  return {
    statements: [statement(
      "UPDATE databases SET name = ?, tenant_id = ? WHERE id = ?",
      name,
      DEFAULT_TENANT,
      id,
    )],
    sentence: `Name the database with the id of the default one ${name} of ${DEFAULT_TENANT} again`,
    losses: [],
  };
}

/** The row of a database that nothing names, because its id is garbled: the only one there is. */
function findGarbled({ databases, collections }: Catalogue, missing: string): DatabaseRow | null {
  const named = new Set(collections.map(({ databaseId }) => databaseId));
  const unnamed = databases.filter(({ id, name }) =>
    !named.has(id) &&
    (!isUuid(id) || (missing === DEFAULT_DATABASE.id && name === DEFAULT_DATABASE.name))
  );
  const known = new Set(databases.map(({ id }) => id));
  const lost = new Set([...named].filter((id) => id !== null && !known.has(id)));
  return unnamed.length === 1 && lost.size === 1 ? unnamed[0] ?? null : null;
}

/**
 * Makes a name for what has lost its own.
 *
 * @param id Its id.
 * @param isTaken Whether something else has a name.
 * @returns A name that Chroma takes.
 */
export function recoveredName(id: string, isTaken: (name: string) => boolean): string {
  const short = id.toLowerCase().replaceAll(/[^a-z0-9]/g, "").slice(0, SHORT_ID_LENGTH) || "0";
  return firstFree(`recovered-${short}`, isTaken);
}

/**
 * Finds a name that nothing else has: the name itself, or the name with a number behind it.
 *
 * @param name The name.
 * @param isTaken Whether something else has a name.
 * @returns The first that is free.
 */
export function firstFree(name: string, isTaken: (name: string) => boolean): string {
  let free = name;
  for (let number = 2; isTaken(free); number++) free = `${name}-${number}`;
  return free;
}
