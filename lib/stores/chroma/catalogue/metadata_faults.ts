/**
 * Values of `collection_metadata` and `segment_metadata` that the engine cannot read. SQLite keeps
 * whatever it is given in a column, so a flipped bit in the head of a row, or a program that writes
 * by itself, leaves a text where a number belongs.
 *
 * Measured: 1.5.9 then ends every call that lists collections with a panic, and 0.5.23 refuses to
 * open the collection of a number that is a text.
 *
 * @module
 */

import { formatCount } from "../../../base/format.ts";
import { printable } from "../../../base/printable.ts";
import { createFinding, type Finding } from "../../../model/finding.ts";
import type { SqlValue } from "../../../sqlite/database.ts";
import { CATALOGUE_NAME } from "../layout.ts";
import type { Catalogue, MetadataFault, MetadataTable } from "./catalogue.ts";
import {
  decodeLabel,
  decodeStored,
  LONGEST_JSON_BYTES,
  LONGEST_NAME_BYTES,
  nameExpression,
  storedExpressions,
} from "./stored_values.ts";
import type { TableReader } from "./table_reader.ts";

/** The tables, each with the column that says whose a value is. */
const METADATA_TABLES: Readonly<Record<MetadataTable, string>> = {
  collection_metadata: "collection_id",
  segment_metadata: "segment_id",
};

/** How SQLite may store what stands in a column, besides NULL. */
const STORAGES: Readonly<Record<string, readonly string[]>> = {
  int_value: ["integer"],
  float_value: ["real", "integer"],
  bool_value: ["integer"],
};

/** How many of them are held. */
const MOST_FAULTS = 10_000;

/** How many a finding names. */
const MOST_NAMED = 100;

/**
 * Reads the values that the engine cannot read.
 *
 * @param reader What reads tables.
 * @param table One of the two tables.
 * @returns Them, in the order of the rows.
 */
export function readMetadataFaults(reader: TableReader, table: MetadataTable): MetadataFault[] {
  const faults: MetadataFault[] = [];
  const owner = METADATA_TABLES[table];
  const numbers = Object.keys(STORAGES);
  reader.select(table, [owner, "key", "str_value", ...numbers], {
    expressions: (column) => [
      "CAST(rowid AS TEXT)",
      nameExpression(column(owner)),
      ...storedExpressions(column("key"), LONGEST_NAME_BYTES),
      ...storedExpressions(column("str_value"), LONGEST_JSON_BYTES),
      ...numbers.map((name) => `typeof(${column(name)})`),
    ],
    // Whether text is UTF-8 is looked at where it is not plain ASCII.
    where: (column) =>
      [
        ...["key", "str_value"].map((name) =>
          `typeof(${column(name)}) = 'blob' OR ${column(name)} GLOB '*[^ -~]*'`
        ),
        ...numbers.map((name) =>
          `typeof(${column(name)}) NOT IN ('null', ${
            (STORAGES[name] ?? []).map((storage) => `'${storage}'`).join(", ")
          })`
        ),
      ].join(" OR "),
    most: MOST_FAULTS,
    onRow: (row) => {
      const fault = toFault(table, row, numbers);
      if (fault.columns.length > 0) faults.push(fault);
    },
  });
  return faults;
}

function toFault(
  table: MetadataTable,
  [rowId, owner, keyStorage, key, textStorage, text, ...storages]: SqlValue[],
  numbers: readonly string[],
): MetadataFault {
  const isBad = (storage: SqlValue | undefined, value: SqlValue | undefined): boolean =>
    storage !== "null" && decodeStored(storage, value).text === null;
  const wrong = numbers.filter((name, index) => {
    const storage = String(storages[index]);
    return storage !== "null" && STORAGES[name]?.includes(storage) !== true;
  });
  const held = (textStorage === "null" ? 0 : 1) +
    storages.filter((storage) => storage !== "null").length;
  const columns = [
    ...(isBad(keyStorage, key) || keyStorage === "null" ? ["key"] : []),
    ...(isBad(textStorage, text) ? ["str_value"] : []),
    ...wrong,
  ];
  return {
    table,
    rowId: String(rowId),
    owner: decodeLabel(owner),
    key: decodeLabel(key),
    columns,
    hasOther: !columns.includes("key") && held > columns.length,
  };
}

/**
 * Judges them.
 *
 * @param catalogue The catalogue.
 * @returns A finding for each table that has any.
 */
export function checkMetadataFaults({ metadataFaults }: Catalogue): Finding[] {
  const tables = [...new Set(metadataFaults.map(({ table }) => table))];
  return tables.flatMap((table) => {
    const faults = metadataFaults.filter((fault) => fault.table === table);
    const [first] = faults;
    if (first === undefined) return [];
    const count = formatCount(faults.length, "value");
    return [createFinding("settings-value-unreadable", {
      path: CATALOGUE_NAME,
      count: faults.length,
      message: `${count} of ${table} cannot be read; the first is "${printable(first.key, 100)}" ` +
        `of ${printable(first.owner, 100)}, in ${first.columns.join(" and ")}`,
      detail: {
        table,
        values: faults.slice(0, MOST_NAMED).map(({ owner, key, columns }) => ({
          owner,
          key,
          columns,
        })),
      },
    })];
  });
}
