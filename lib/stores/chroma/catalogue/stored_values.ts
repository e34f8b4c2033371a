/**
 * Values as SQLite really stores them: any column can hold any storage class, text need not be
 * UTF-8, and integers go up to 2^63. The expressions here bring them over without loss, and the
 * decoders make of them what a check can judge.
 *
 * @module
 */

import type { SqliteError, SqlValue } from "../../../sqlite/database.ts";
import { requireDataError } from "../../../sqlite/machine_error.ts";
import type { MetadataValue, StorageClass, StoredText } from "./catalogue.ts";
import { CATALOGUE_NAME } from "../layout.ts";

/** Longer names and ids are read as no text at all; engines write far shorter ones. */
export const LONGEST_NAME_BYTES = 64 << 10;

/** Longer JSON is read as no text at all; engines write far less. */
export const LONGEST_JSON_BYTES = 16 << 20;

/** 1.x reads a dimension into 32 bits. */
export const LARGEST_DIMENSION = 0x7fff_ffff;

/**
 * Runs a query whose failure is told apart: damage goes to `onDamage`, the rest is thrown on.
 *
 * @param query The query.
 * @param onDamage Is told what SQLite found.
 * @returns What the query gives, or null after damage.
 * @throws {OperationError} The file is in use, or the machine failed to read it.
 */
export function tolerateDamage<T>(
  query: () => T,
  onDamage: (error: SqliteError) => void,
): T | null {
  try {
    return query();
  } catch (error) {
    onDamage(requireDataError(error, CATALOGUE_NAME));
    return null;
  }
}

const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LENIENT_UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Writes the SQL that gives the bytes of a column, whatever is stored there. Bytes, because SQLite
 * hands out text that is not UTF-8 as if it were, and many functions stop at a zero byte.
 *
 * @param column The column as it is written in SQL.
 * @param mostBytes What is longer reads as NULL.
 * @returns The expression.
 */
export function bytesExpression(column: string, mostBytes: number): string {
  return `CASE WHEN octet_length(${column}) <= ${mostBytes} THEN CAST(${column} AS BLOB) END`;
}

/** Writes the SQL that gives the bytes of a column with a name or an id. */
export function nameExpression(column: string): string {
  return bytesExpression(column, LONGEST_NAME_BYTES);
}

/**
 * Writes the SQL that {@linkcode decodeStored} takes: the storage class and the bytes.
 *
 * @param column The column as it is written in SQL.
 * @param mostBytes What is longer is read as no text.
 * @returns Two expressions.
 */
export function storedExpressions(column: string, mostBytes: number): string[] {
  return [`typeof(${column})`, bytesExpression(column, mostBytes)];
}

/**
 * Decodes what {@linkcode storedExpressions} gave.
 *
 * @param storage The storage class.
 * @param value The bytes.
 * @returns The value; numbers read as their decimal text.
 */
export function decodeStored(
  storage: SqlValue | undefined,
  value: SqlValue | undefined,
): StoredText {
  const storageClass = toStorageClass(storage);
  if (!(value instanceof Uint8Array) || storageClass === "blob") {
    return { storage: storageClass, text: null };
  }
  try {
    return { storage: storageClass, text: STRICT_UTF8.decode(value) };
  } catch {
    return { storage: storageClass, text: null };
  }
}

/** Decodes the bytes of a name or an id for people and for comparing; what is no UTF-8 shows. */
export function decodeLabel(value: SqlValue | undefined): string {
  return value instanceof Uint8Array ? LENIENT_UTF8.decode(value) : "";
}

/** Like {@linkcode decodeLabel}, with null for NULL. */
export function decodeOptional(value: SqlValue | undefined): string | null {
  return value instanceof Uint8Array ? LENIENT_UTF8.decode(value) : null;
}

/** Narrows what `typeof()` gave. */
export function toStorageClass(value: SqlValue | undefined): StorageClass {
  return value === "integer" || value === "real" || value === "text" || value === "blob"
    ? value
    : "null";
}

/** Narrows a decimal text to a whole number that can be counted with, or null. */
export function toSafeInteger(value: SqlValue | undefined): number | null {
  const number = typeof value === "string" ? Number(value) : NaN;
  return Number.isSafeInteger(number) ? number : null;
}

/** The number of dimensions that a column stands for; null when it is none that an index can have. */
export function toDimension(stored: StoredText): number | null {
  const dimension = stored.storage === "integer" ? toSafeInteger(stored.text) : null;
  return dimension !== null && dimension >= 1 && dimension <= LARGEST_DIMENSION ? dimension : null;
}

/** Narrows a decimal text to a whole number of any size, or null. */
export function toBigInt(value: SqlValue | undefined): bigint | null {
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : null;
}

/**
 * Puts a value of metadata together, in the order in which the engines look at its columns.
 *
 * @param text The bytes of `str_value`.
 * @param integer `int_value` as text.
 * @param float `float_value`.
 * @param boolean `bool_value` as text.
 * @returns The value; null when no column has one.
 */
export function toMetadataValue(
  text: SqlValue | undefined,
  integer: SqlValue | undefined,
  float: SqlValue | undefined,
  boolean: SqlValue | undefined,
): MetadataValue {
  if (text instanceof Uint8Array) return LENIENT_UTF8.decode(text);
  if (typeof integer === "string") return Number(integer);
  if (typeof float === "number") return float;
  return typeof boolean === "string" ? boolean !== "0" : null;
}
