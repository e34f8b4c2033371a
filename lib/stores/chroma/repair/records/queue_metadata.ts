/**
 * The column `metadata` of a row of the queue: a JSON object of the metadata, with the document
 * under the key `chroma:document`. The Python era writes it as Python's `json.dumps` does, and NULL
 * where there is nothing; 1.x as `serde_json` does, and `{}` where there is nothing.
 *
 * @module
 */

import { OperationError } from "../../../../base/errors.ts";
import type { Engine } from "../../catalogue/migrations.ts";
import { NumberText, parseObjectOfTexts } from "../../contents/number_text.ts";
import { DOCUMENT_KEY } from "../../contents/record_facts.ts";

/** From which migration of metadb on an engine has lists. */
const FIRST_METADB_WITH_LISTS = 6;

/** What a line of JSON says of a record besides its vector. */
export interface LineText {
  /** The document, or null without one. */
  readonly document: string | null;
  /** The metadata; numbers as they are written, so that 1.0 stays a float. */
  readonly metadata: ReadonlyMap<string, LineValue>;
}

/** A value of the metadata of a line. */
export type LineValue = string | boolean | NumberText | readonly (string | boolean | NumberText)[];

/**
 * Reads the document and the metadata of a record from a line as `missing.jsonl` has them.
 *
 * @param line The line: a JSON object.
 * @returns What it says; values that are null are left out.
 * @throws {OperationError} It says something that no engine stores.
 */
export function parseLineText(line: string): LineText {
  const object = parseLine(line);
  const { document = null, metadata = null } = object ?? {};
  if (object === null || (document !== null && typeof document !== "string")) {
    throw createLineError("its document is no text");
  }
  if (metadata === null) return { document, metadata: new Map() };
  if (typeof metadata !== "object" || Array.isArray(metadata) || metadata instanceof NumberText) {
    throw createLineError("its metadata is no object");
  }
  const values = new Map<string, LineValue>();
  for (const [key, value] of Object.entries(metadata)) {
    if (key === DOCUMENT_KEY) throw createLineError(`its metadata has the key ${DOCUMENT_KEY}`);
    if (value !== null) values.set(key, requireValue(key, value));
  }
  return { document, metadata: values };
}

/**
 * Writes the column `metadata` of a row of the queue as the engine does.
 *
 * @param text The document and the metadata.
 * @param engine The engine that will read it.
 * @returns The text of the column, or null for NULL.
 * @throws {OperationError} The engine has no lists, and there is one.
 */
export function encodeQueueMetadata(
  { document, metadata }: LineText,
  { era, schema }: Pick<Engine, "era" | "schema">,
): string | null {
  const entries: [string, LineValue][] = [...metadata];
  if (document !== null) entries.push([DOCUMENT_KEY, document]);
  const list = entries.find(([, value]) => Array.isArray(value));
  if (list !== undefined && schema.metadb < FIRST_METADB_WITH_LISTS) {
    throw createLineError(`the value of ${list[0]} is a list, which this version has not`);
  }
  if (era === "rust") return encodeObject(entries, ",", ":");
  return entries.length === 0 ? null : toAscii(encodeObject(entries, ", ", ": "));
}

function encodeObject(
  entries: readonly [string, LineValue][],
  comma: string,
  colon: string,
): string {
  const encode = (value: LineValue): string => {
    if (value instanceof NumberText) return value.text;
    if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
    return `[${value.map(encode).join(comma)}]`;
  };
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}${colon}${encode(value)}`);
  return `{${members.join(comma)}}`;
}

/** Python escapes everything beyond ASCII. */
function toAscii(json: string): string {
  return json.replaceAll(
    /[\u007f-\uffff]/g,
    (character) =>
      character === "\u007f"
        ? character
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Numbers of a vector are many, and nothing of how they are written counts. */
function parseLine(line: string): Record<string, unknown> | null {
  // Inside of a text the quotes are escaped, so that only keys match.
  const cut = line.replace(/"embedding"\s*:\s*\[[^[\]"]*\]/g, '"embedding":null');
  const object = parseObjectOfTexts(cut);
  const metadata = object?.metadata;
  const isKey = typeof metadata === "object" && metadata !== null && "embedding" in metadata;
  return isKey ? parseObjectOfTexts(line) : object;
}

function requireValue(key: string, value: unknown): LineValue {
  if (isScalar(value)) return value;
  if (Array.isArray(value) && value.every(isScalar)) {
    const kinds = new Set(value.map((element) => typeof element));
    if (kinds.size <= 1) return value;
  }
  throw createLineError(`the value of ${key} is none that an engine stores`);
}

function isScalar(value: unknown): value is string | boolean | NumberText {
  return typeof value === "string" || typeof value === "boolean" || value instanceof NumberText;
}

function createLineError(reason: string): OperationError {
  return new OperationError("usage", `A record that was handed in cannot be used: ${reason}`, {
    hint: "Nothing was changed. Leave everything but `embedding` as vecfsck wrote it.",
  });
}
