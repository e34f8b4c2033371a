/**
 * What a row of the queue does to the metadata of a record: each key is set, or taken away by null.
 *
 * The types are those that the engines give what stands in the JSON, measured with 0.5.23 and 1.5.9:
 * a number without point and exponent that fits into 64 bits is an integer, any other a float; a
 * list that has a float is a list of floats; an empty list leaves nothing. The Python era passes over
 * lists, and writes NaN and Infinity, which are no JSON.
 *
 * @module
 */

import { NumberText, parseObjectOfTexts } from "./number_text.ts";
import { parseRustFloat } from "./rust_float.ts";
import { floatBytes, sliceOf, type ValueColumn, type ValueSlice } from "./record_facts.ts";

/** What a key is set to: a value, a list, or nothing, which takes it away. */
export type PatchValue =
  | { readonly kind: "value"; readonly value: ValueSlice }
  | { readonly kind: "list"; readonly elements: readonly ValueSlice[] }
  | { readonly kind: "none" };

const LARGEST_INTEGER = (1n << 63n) - 1n;

/** How NaN is written here so that JSON takes it; no engine writes a number like this. */
const NAN_TEXT = "-0e-987654321";

const encoder = new TextEncoder();

/**
 * Reads what a row of the queue does to the metadata of its record.
 *
 * @param json The column `metadata` of the row; null where it has none.
 * @param era Which half of Chroma's history applies it.
 * @returns The keys in order, each with what it is set to; null when it is no JSON object.
 */
export function parseMetadataPatch(
  json: string | null,
  era: "python" | "rust",
): Map<string, PatchValue> | null {
  const patch = new Map<string, PatchValue>();
  if (json === null || (json === "" && era === "python")) return patch;
  const object = parseObjectOfTexts(era === "python" ? withoutPythonNumbers(json) : json);
  if (object === null) return null;
  for (const [key, value] of Object.entries(object)) {
    const set = toPatchValue(value, era);
    if (set !== null) patch.set(key, set);
  }
  return patch;
}

/** Puts numbers that JSON does not have in a form that it has, outside of texts. */
function withoutPythonNumbers(json: string): string {
  if (!/NaN|Infinity/.test(json)) return json;
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|NaN|Infinity/g, (token) => {
    if (token === "NaN") return NAN_TEXT;
    return token === "Infinity" ? "1e999" : token;
  });
}

function toPatchValue(value: unknown, era: "python" | "rust"): PatchValue | null {
  if (value === null) return { kind: "none" };
  const scalar = toValue(value, era);
  if (scalar !== null) return { kind: "value", value: scalar };
  if (era === "python" || !Array.isArray(value)) return null;
  const elements = value.map((element) => toValue(element, era))
    .filter((element) => element !== null);
  if (elements.length === 0) return { kind: "none" };
  const hasFloat = elements.some(({ column }) => column === "float");
  return { kind: "list", elements: hasFloat ? value.map((item) => toFloat(item, era)) : elements };
}

function toValue(value: unknown, era: "python" | "rust"): ValueSlice | null {
  if (typeof value === "string") return makeValue("text", encoder.encode(value));
  if (typeof value === "boolean") return makeValue("boolean", encoder.encode(value ? "1" : "0"));
  if (!(value instanceof NumberText)) return null;
  const { text } = value;
  if (text === NAN_TEXT) return makeValue("nothing", new Uint8Array());
  if (!/^-?\d+$/.test(text)) return toFloat(value, era);
  const integer = BigInt(text);
  const fits = integer <= LARGEST_INTEGER && integer >= -LARGEST_INTEGER - 1n;
  return fits ? makeValue("integer", encoder.encode(String(integer))) : toFloat(value, era);
}

function toFloat(value: unknown, era: "python" | "rust"): ValueSlice {
  const text = value instanceof NumberText ? value.text : "";
  return makeValue("float", floatBytes(era === "rust" ? parseRustFloat(text) : Number(text)));
}

function makeValue(column: ValueColumn, bytes: Uint8Array): ValueSlice {
  return { column, ...sliceOf(bytes) };
}
