/**
 * Metadata as JSON that loses nothing: whole floats keep their point, integers all 64 bits.
 *
 * | value                        | JSON                                                              |
 * | ---------------------------- | ----------------------------------------------------------------- |
 * | text, truth value            | the same                                                          |
 * | integer                      | its digits, all of them                                           |
 * | float                        | with a point or an exponent, also where it is whole: `1.0`        |
 * | infinity                     | `1e999`, which readers of JSON take for infinity                  |
 * | NaN, and what no engine      | the key is left out, as engines leave it out                      |
 * | writes                       |                                                                   |
 * | list                         | an array                                                          |
 *
 * @module
 */

import type { RecordMetadata } from "./pending_operations.ts";
import type { Slice, ValueSlice } from "./record_facts.ts";

const decoder = new TextDecoder();

/** The most texts of keys that are kept; hostile stores have as many keys as records. */
const MOST_KEYS = 4096;

/** Beyond this a number is written with an exponent, which says that it is a float. */
const LARGEST_PLAIN = 1e21;

/**
 * Writes a float so that it is known for one.
 *
 * @param value The float.
 * @returns The JSON; null for NaN.
 */
export function floatJson(value: number): string | null {
  if (Number.isNaN(value)) return null;
  if (!Number.isFinite(value)) return value > 0 ? "1e999" : "-1e999";
  if (Object.is(value, -0)) return "-0.0";
  return Number.isInteger(value) && Math.abs(value) < LARGEST_PLAIN ? `${value}.0` : String(value);
}

/**
 * Writes a value as JSON.
 *
 * @param value The value.
 * @returns The JSON; null for what engines leave out.
 */
export function valueJson({ column, bytes, start, end }: ValueSlice): string | null {
  if (column === "nothing" || column === "other") return null;
  if (column === "float") {
    return floatJson(new DataView(bytes.buffer, bytes.byteOffset + start, 8).getFloat64(0, true));
  }
  const text = decoder.decode(bytes.subarray(start, end));
  if (column === "text") return JSON.stringify(text);
  if (column === "boolean") return text === "0" ? "false" : "true";
  return text;
}

/** Keys as JSON has them; there are few, and every record has them. */
export class KeyTexts {
  readonly #texts = new Map<string, string>();

  /** Reads a key. */
  read({ bytes, start, end }: Slice): { readonly key: string; readonly json: string } {
    const key = decoder.decode(bytes.subarray(start, end));
    let json = this.#texts.get(key);
    if (json === undefined) {
      json = JSON.stringify(key);
      if (this.#texts.size < MOST_KEYS) this.#texts.set(key, json);
    }
    return { key, json };
  }
}

/**
 * Writes the metadata of a record as JSON.
 *
 * @param metadata The metadata.
 * @returns A JSON object; null where it is empty.
 */
export function metadataJson(metadata: RecordMetadata): string | null {
  const members: string[] = [];
  for (const [key, { values, elements }] of metadata) {
    const [value] = values;
    const json = value === undefined ? listJson(elements.map(valueJson)) : valueJson(value);
    if (json !== null) members.push(`${JSON.stringify(key)}:${json}`);
  }
  return members.length === 0 ? null : `{${members.join()}}`;
}

/**
 * Writes a list as JSON.
 *
 * @param elements Its elements as JSON; what engines leave out is null.
 * @returns A JSON array; null where nothing is left.
 */
export function listJson(elements: readonly (string | null)[]): string | null {
  const left = elements.filter((element) => element !== null);
  return left.length === 0 ? null : `[${left.join()}]`;
}
