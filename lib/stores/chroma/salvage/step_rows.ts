/**
 * Reading a table by its integer key past damaged pages: where SQLite stops, the next key that it
 * can read is looked for and reading goes on there.
 *
 * In a torn copy a page can stand in the place of another, so that keys are out of order. Reading
 * goes on behind the longest run of keys that ascend; rows beside it are given all the same, marked.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import { keepAscending } from "./ascending.ts";
import { tolerateDamage } from "../catalogue/stored_values.ts";

const ROWS_PER_PAGE = 4096;

/** A table with more holes than this is not read by stepping. */
const MOST_GAPS = 4096;

const FARTHEST_STEP = 2 ** 31;

const LARGEST_KEY = Number.MAX_SAFE_INTEGER;

/** A table, and what of it is read. */
export interface SteppedTable {
  /** Its name. */
  readonly table: string;
  /** Its INTEGER PRIMARY KEY, which is the first value of every row. */
  readonly key: string;
  /** The expressions that follow the key in a row. */
  readonly expressions: readonly string[];
  /** A condition, in SQL. */
  readonly where: string;
  /** The values of the `?` in the condition. */
  readonly parameters: readonly SqlValue[];
}

/**
 * Reads the rows of a table in the order of the key.
 *
 * @param database The database.
 * @param table What is read.
 * @param onDamage Is told of every place where SQLite stopped.
 * @yields The rows as they stand in the table; a key out of order may come twice.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function* stepRows(
  database: StoreDatabase,
  table: SteppedTable,
  onDamage: () => void,
): Generator<SteppedRow, void, undefined> {
  const sql = selectSql(table);
  let after = 0;
  for (let gaps = 0; gaps <= MOST_GAPS;) {
    const { rows, isDamaged } = readPage(database, sql, table, after);
    const start = after;
    const ascending = findAscending(rows, after);
    for (const [at, row] of rows.entries()) {
      const isInOrder = ascending[at] === 1;
      if (isInOrder) after = row[0];
      else onDamage();
      yield { key: row[0], values: row.slice(1), isInOrder };
    }
    if (!isDamaged && (rows.length < ROWS_PER_PAGE || after === start)) return;
    if (!isDamaged) continue;
    onDamage();
    gaps++;
    const next = findReadable(database, sql, table, after);
    if (next === null) return;
    after = next;
  }
}

/** A row of a table. */
export interface SteppedRow {
  /** The value of the key. */
  readonly key: number;
  /** The values of the expressions. */
  readonly values: readonly SqlValue[];
  /** Whether its key lies between those before and behind it. */
  readonly isInOrder: boolean;
}

/** Some rows behind a key. */
interface RowPage {
  readonly rows: [number, ...SqlValue[]][];
  /** Whether SQLite stopped at damage. */
  readonly isDamaged: boolean;
}

function selectSql({ table, key, expressions, where }: SteppedTable): string {
  const columns = [`CAST(${key} AS REAL)`, ...expressions].join(", ");
  // NOT INDEXED: by the key, and never through an index that may be damaged or in another order.
  return `SELECT ${columns} FROM ${table} NOT INDEXED WHERE ${key} > ? AND (${where}) ` +
    `ORDER BY ${key} LIMIT ?`;
}

function readPage(
  database: StoreDatabase,
  sql: string,
  { parameters }: SteppedTable,
  after: number,
): RowPage {
  const all = tolerateDamage(
    () => database.rows(sql, after, ...parameters, ROWS_PER_PAGE),
    () => {},
  );
  const isDamaged = all === null;
  const rows = all ?? [];
  if (isDamaged) {
    tolerateDamage(() => {
      for (const row of database.rowsBeforeDamage(sql, after, ...parameters, ROWS_PER_PAGE)) {
        rows.push(row);
      }
    }, () => {});
  }
  const keyed = rows.filter((row): row is [number, ...SqlValue[]] => typeof row[0] === "number");
  return { rows: keyed, isDamaged };
}

/** Marks the rows of the longest run of ascending keys behind a key. */
function findAscending(rows: readonly [number, ...SqlValue[]][], after: number): Uint8Array {
  if (isAscending(rows, after)) return new Uint8Array(rows.length).fill(1);
  return keepAscending(
    rows.map(([key]) => key),
    (key) => key > after && key <= LARGEST_KEY,
  );
}

function isAscending(rows: readonly [number, ...SqlValue[]][], after: number): boolean {
  let previous = after;
  for (const [at, [key]] of rows.entries()) {
    const isLast = at === rows.length - 1;
    // The last one has no next one to be held against; torn keys are mostly huge.
    const isFar = isLast && at > 0 && key - previous > FARTHEST_STEP;
    if (key <= previous || key > LARGEST_KEY || isFar) return false;
    previous = key;
  }
  return true;
}

/** Finds a key behind which SQLite can read again, close to the first; null when there is none. */
function findReadable(
  database: StoreDatabase,
  sql: string,
  { parameters }: SteppedTable,
  after: number,
): number | null {
  const canRead = (key: number): boolean =>
    tolerateDamage(() => database.rows(sql, key, ...parameters, 1), () => {}) !== null;
  let unreadable = after;
  let readable = after + 1;
  for (let step = 1; !canRead(readable); step *= 2) {
    unreadable = readable;
    readable += step;
    if (readable > LARGEST_KEY) return null;
  }
  while (readable - unreadable > 1) {
    const middle = Math.floor((unreadable + readable) / 2);
    if (canRead(middle)) readable = middle;
    else unreadable = middle;
  }
  return readable;
}
