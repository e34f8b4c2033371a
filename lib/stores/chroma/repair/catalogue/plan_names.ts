/**
 * Names of collections, by the rules of every Chroma: 3 to 63 letters, digits, dots, hyphens and
 * underscores, a letter or digit at both ends, no two dots in a row, no IPv4 address, and each name
 * once in a database.
 *
 * @module
 */

import { formatCount } from "../../../../base/format.ts";
import { printable } from "../../../../base/printable.ts";
import type { Finding } from "../../../../model/finding.ts";
import type { Catalogue, CollectionRow } from "../../catalogue/catalogue.ts";
import { type PlannedEdit, type PlanningContext, rowLoss, statement } from "./catalogue_edit.ts";
import { firstFree, recoveredName } from "./plan_owners.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$/;
const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Room for a number behind a name. */
const LONGEST_STEM = 55;

/**
 * Plans the name of a collection that has none that can be used.
 *
 * @param finding The finding `collection-name-invalid`.
 * @param context What is known.
 * @returns What is left of its name where that is one; else a name made up of its id.
 */
export function planName(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue, evidence } = context;
  const collection = catalogue.collections.find(({ id }) => id === finding.collection);
  if (collection === undefined) return { refused: "The collection is not there any more" };
  const isTaken = isTakenBeside(catalogue, collection);
  const stored = evidence.names.get(collection.id) ?? collection.name.text ?? "";
  // deno-lint-ignore no-control-regex
  const left = stored.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "");
  const isKept = isName(left) && !isTaken(left);
  const name = isKept ? left : recoveredName(collection.id, isTaken);
  return {
    statements: [rename(collection, name)],
    sentence: `Name the collection ${printable(collection.id, 100)} ${name}`,
    losses: isKept ? [] : [
      rowLoss("collections", collection.id, `its name is not known; it is called ${name}`, name),
    ],
  };
}

/**
 * Plans names for collections that have the same.
 *
 * @param finding The finding `collection-name-duplicate`.
 * @param context What is known.
 * @returns Other names for all but the first, which is the one that the engine opens.
 */
export function planDuplicateNames(finding: Finding, context: PlanningContext): PlannedEdit {
  const { catalogue } = context;
  const [first] = catalogue.collections.filter(({ id }) => listIds(finding).includes(id));
  const same = catalogue.collections.filter((row) =>
    row.name.text === first?.name.text && row.databaseId === first?.databaseId
  );
  const given = new Set<string>();
  const renamed = same.slice(1).map((collection) => {
    const isTaken = isTakenBeside(catalogue, collection);
    const stem = (collection.name.text ?? "").slice(0, LONGEST_STEM);
    const name = firstFree(stem, (candidate) => isTaken(candidate) || given.has(candidate));
    given.add(name);
    return { collection, name };
  });
  const names = renamed.map(({ collection, name }) => `${collection.id} ${name}`);
  return {
    statements: renamed.map(({ collection, name }) => rename(collection, name)),
    sentence: `Rename ${formatCount(renamed.length, "collection")} that the engine could not ` +
      `reach: ${printable(names.join(", "))}`,
    losses: [],
  };
}

/** Whether every Chroma takes a name. */
export function isName(name: string): boolean {
  return NAME.test(name) && !name.includes("..") && !ADDRESS.test(name);
}

function listIds({ detail }: Finding): string[] {
  return Array.isArray(detail.collections) ? detail.collections.map(String) : [];
}

function isTakenBeside(
  { collections }: Catalogue,
  { id, databaseId }: CollectionRow,
): (name: string) => boolean {
  const names = new Set(
    collections.filter((other) => other.databaseId === databaseId && other.id !== id)
      .map((other) => other.name.text),
  );
  return (name) => names.has(name);
}

function rename({ id }: CollectionRow, name: string): ReturnType<typeof statement> {
  return statement("UPDATE collections SET name = ? WHERE id = ?", name, id);
}
