/**
 * Tenants and databases. The rules:
 *
 * - the default tenant is there, and every tenant and database that is referred to;
 * - the default database has its name and its tenant.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import { type Catalogue, collectionLabel, type CollectionRow, isWhole } from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";

/** Chroma makes it with the tables, has no way to delete it, and asks for it at every start. */
export const DEFAULT_TENANT = "default_tenant";

/** The same of the database that every client opens who names none. */
export const DEFAULT_DATABASE = {
  id: "00000000-0000-0000-0000-000000000000",
  name: "default_database",
} as const;

/** How many collections a finding names. */
const MOST_NAMED = 100;

/**
 * Judges tenants and databases.
 *
 * @param catalogue The catalogue.
 * @returns What is wrong.
 */
export function checkOwners(catalogue: Catalogue): Finding[] {
  return [...checkTenants(catalogue), ...checkDatabases(catalogue)];
}

function checkTenants(catalogue: Catalogue): Finding[] {
  if (!isWhole(catalogue, "tenants")) return [];
  const tenants = new Set(catalogue.tenants);
  const referring = new Map<string, number>([[DEFAULT_TENANT, 0]]);
  for (const { tenantId } of catalogue.databases) {
    referring.set(tenantId, (referring.get(tenantId) ?? 0) + 1);
  }
  return [...referring].filter(([tenant]) => !tenants.has(tenant)).map(([tenant, count]) =>
    createFinding("tenant-missing", {
      path: CATALOGUE_NAME,
      message: `The tenant ${printable(tenant, 100)} of ${formatCount(count, "database")} ` +
        "is missing",
      detail: { tenant },
    })
  );
}

function checkDatabases(catalogue: Catalogue): Finding[] {
  if (!isWhole(catalogue, "databases")) return [];
  const databases = new Set(catalogue.databases.map(({ id }) => id));
  const lost = new Map<string, CollectionRow[]>();
  for (const collection of catalogue.collections) {
    const { databaseId } = collection;
    if (databaseId === null || databases.has(databaseId)) continue;
    const same = lost.get(databaseId);
    if (same === undefined) lost.set(databaseId, [collection]);
    else same.push(collection);
  }
  return [...checkDefaultDatabase(catalogue), ...listLostDatabases(lost)];
}

/** No engine gives the database with that id another name or another tenant. */
function checkDefaultDatabase({ databases }: Catalogue): Finding[] {
  const row = databases.find(({ id }) => id === DEFAULT_DATABASE.id);
  if (row === undefined) return [];
  if (row.name === DEFAULT_DATABASE.name && row.tenantId === DEFAULT_TENANT) return [];
  return [createFinding("database-missing", {
    path: CATALOGUE_NAME,
    message: `The database ${DEFAULT_DATABASE.name} of ${DEFAULT_TENANT} stands there as ` +
      `${printable(row.name, 100)} of ${printable(row.tenantId, 100)}`,
    detail: { database: row.id, name: row.name, tenant: row.tenantId },
  })];
}

function listLostDatabases(lost: ReadonlyMap<string, readonly CollectionRow[]>): Finding[] {
  return [...lost].map(([databaseId, collections]) =>
    createFinding("database-missing", {
      path: CATALOGUE_NAME,
      collection: collections.length === 1 ? labelOfFirst(collections) : null,
      count: collections.length,
      message: `The database ${printable(databaseId, 100)} of ` +
        `${formatCount(collections.length, "collection")} is missing`,
      detail: {
        database: databaseId,
        collections: collections.slice(0, MOST_NAMED).map(collectionLabel),
      },
    })
  );
}

/**
 * Names the first of some collections.
 *
 * @param collections The collections.
 * @returns Its label; null when there is none.
 */
export function labelOfFirst(collections: readonly CollectionRow[]): string | null {
  const [first] = collections;
  return first === undefined ? null : collectionLabel(first);
}
