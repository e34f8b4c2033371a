/**
 * Reading tables of a database that may be damaged or of another version: a table that is missing or
 * damaged takes nothing else with it, and a column that is not there reads as NULL.
 *
 * @module
 */

import type { SqlValue, StoreDatabase } from "../../../sqlite/database.ts";
import type { Catalogue, CatalogueColumn, UnreadableTable } from "./catalogue.ts";
import { tolerateDamage } from "./stored_values.ts";

/** How one table is read. */
export interface Selection {
  /** The result columns, given how a column is written in SQL. */
  readonly expressions: (column: (name: string) => string) => string[];
  /** The condition, likewise. */
  readonly where?: (column: (name: string) => string) => string;
  /** How many rows are held. */
  readonly most: number;
  /** Takes a row. */
  readonly onRow: (row: SqlValue[]) => void;
}

/** What there is in a database, by name. */
export type DatabaseShape = Pick<Catalogue, "tables" | "indexes" | "virtualTables" | "triggers">;

/** Reads tables, and notes which of them could not be read, or not to their end. */
export class TableReader {
  readonly #database: StoreDatabase;
  readonly #tables = new Map<string, CatalogueColumn[]>();
  readonly #unreadable: UnreadableTable[] = [];
  readonly #capped: string[] = [];

  /** Takes the open database; nothing is read so far. */
  constructor(database: StoreDatabase) {
    this.#database = database;
  }

  /** What could not be read. */
  get unreadable(): readonly UnreadableTable[] {
    return this.#unreadable;
  }

  /** The tables that have more rows than are held. */
  get capped(): readonly string[] {
    return this.#capped;
  }

  /**
   * Reads which tables there are: first of all, for the others are read by it.
   *
   * @param mostTriggers How many triggers are held.
   * @returns What there is.
   */
  readShape(mostTriggers: number): DatabaseShape {
    const indexes = new Set<string>();
    const virtualTables = new Set<string>();
    const triggers: string[] = [];
    this.each("sqlite_master", "SELECT type, name, sql FROM sqlite_master", [], (row) => {
      const [type, name, sql] = row;
      if (typeof name !== "string") return;
      if (type === "index") indexes.add(name);
      if (type === "trigger" && triggers.length < mostTriggers) triggers.push(name);
      if (type !== "table") return;
      // The columns of a virtual table are its module's business, and asking for them loads it.
      const isVirtual = typeof sql === "string" && /^\s*CREATE\s+VIRTUAL/i.test(sql);
      if (isVirtual) virtualTables.add(name);
      this.#tables.set(name, isVirtual ? [] : this.#readColumns(name));
    });
    return { tables: this.#tables, indexes, virtualTables, triggers };
  }

  #readColumns(table: string): CatalogueColumn[] {
    const sql = 'SELECT name, type, "notnull" FROM pragma_table_info(?)';
    const rows = this.try(table, () => this.#database.rows(sql, table)) ?? [];
    return rows.map(([name, type, notNull]) => ({
      name: String(name),
      type: String(type).toUpperCase(),
      notNull: notNull === 1,
    }));
  }

  /** Whether there is a table. */
  hasTable(table: string): boolean {
    return this.#tables.has(table);
  }

  /** Whether a table is there and has a column. */
  hasColumn(table: string, column: string): boolean {
    return this.#tables.get(table)?.some(({ name }) => name === column) ?? false;
  }

  /**
   * Reads the rows of one table; a column that is not there reads as NULL. Nothing is read of a table
   * without any of them.
   *
   * @param table The table.
   * @param columns The columns that are wanted.
   * @param selection What is made of them, and who takes the rows.
   */
  select(table: string, columns: readonly string[], selection: Selection): void {
    const present = new Set(this.#tables.get(table)?.map(({ name }) => name));
    if (!this.#tables.has(table) || !columns.some((column) => present.has(column))) return;
    const column = (name: string): string => present.has(name) ? `"${name}"` : "NULL";
    const where = selection.where === undefined ? "" : ` WHERE ${selection.where(column)}`;
    const sql = `SELECT ${
      selection.expressions(column).join(", ")
    } FROM "${table}"${where} LIMIT ?`;
    let count = 0;
    this.each(table, sql, [selection.most + 1], (row) => {
      count++;
      if (count <= selection.most) selection.onRow(row);
    });
    if (count > selection.most) this.#capped.push(table);
  }

  /**
   * Reads the rows of a query, and those before the damage where there is some.
   *
   * @param table The table for which damage is noted.
   * @param sql The query.
   * @param parameters Its parameters.
   * @param onRow Takes a row.
   */
  each(
    table: string,
    sql: string,
    parameters: readonly SqlValue[],
    onRow: (row: SqlValue[]) => void,
  ): void {
    // All at once, for that is the one way in which the runtime tells of damage on the way.
    const rows = this.try(table, () => this.#database.rows(sql, ...parameters));
    if (rows !== null) {
      for (const row of rows) onRow(row);
      return;
    }
    // Row by row comes what stands before the damage; that it ends there has been noted.
    tolerateDamage(() => {
      for (const row of this.#database.rowsBeforeDamage(sql, ...parameters)) onRow(row);
    }, () => {});
  }

  /**
   * Does something in which damage is noted and not thrown.
   *
   * @param table The table for which it is noted, once.
   * @param query What is done.
   * @returns Its result, or null.
   */
  try<T>(table: string, query: () => T): T | null {
    return tolerateDamage(query, ({ message, resultCode }) => {
      if (this.#unreadable.some((failure) => failure.table === table)) return;
      this.#unreadable.push({ table, message, resultCode });
    });
  }
}
