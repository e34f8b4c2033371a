/**
 * Reading the configuration of a watch from JSON that anybody may have written.
 *
 * @module
 */

import { dirname, resolve } from "@std/path";
import { OperationError } from "../../base/errors.ts";
import { FieldError, JsonFields } from "../../base/json_fields.ts";
import { findNearest } from "../../base/nearest.ts";
import { printable } from "../../base/printable.ts";
import { COMMON_FIELDS, COMMON_SECTIONS, STORE_SECTIONS } from "./configuration_fields.ts";
import { type Field, FieldProblem, fromDirectory, isPath } from "./field.ts";
import type { StoreSettings, WatchSettings } from "./watch_configuration.ts";

/** The field by which editors find the schema. */
export const SCHEMA_FIELD_NAME = "$schema";

/** More stores than one process should look after are more likely a mistake. */
const MOST_STORES = 1000;

/** A field of any section, where only its name and its reading matter. */
type AnyField = Pick<Field<unknown>, "name" | "read">;

/** Fields by the names that they have in a program. */
type AnyFields = Readonly<Record<string, AnyField>>;

/** Sections by name. */
type AnySections = Readonly<Record<string, { readonly fields: AnyFields }>>;

/**
 * Reads a configuration.
 *
 * @param text What the file holds.
 * @param path The file, for messages; paths in it count from its directory.
 * @returns What it says.
 * @throws {OperationError} With the code `usage`: it cannot be used; the error names the field.
 */
export function parseConfiguration(text: string, path: string): WatchSettings {
  try {
    const value: unknown = JSON.parse(text);
    return readFile(JsonFields.of(value), dirname(resolve(path)));
  } catch (error) {
    const problem = explain(error);
    if (problem === null) throw error;
    throw new OperationError("usage", `${path}: ${printable(problem)}`, {
      path,
      hint: "docs/watch.md describes every field; with the field $schema an editor checks them.",
      cause: error,
    });
  }
}

function explain(error: unknown): string | null {
  if (error instanceof FieldError) return error.message;
  return error instanceof SyntaxError ? `no JSON: ${error.message}` : null;
}

function readFile(json: JsonFields, directory: string): WatchSettings {
  const sections: AnySections = { ...STORE_SECTIONS, ...COMMON_SECTIONS };
  const names = Object.values(COMMON_FIELDS).map(({ name }) => name);
  refuseUnknown(json, [...Object.keys(sections), ...names, "stores", SCHEMA_FIELD_NAME]);
  return {
    ...readSections(json, sections, directory),
    ...readFields(json, COMMON_FIELDS, directory),
    ...(json.names().includes("stores") ? { stores: readStores(json, directory) } : {}),
  };
}

function readStores(json: JsonFields, directory: string): StoreSettings[] {
  const value = json.anything("stores");
  if (!Array.isArray(value)) throw json.wrong("stores", "is no list");
  if (value.length > MOST_STORES) throw json.wrong("stores", `has more than ${MOST_STORES}`);
  const stores = value.map((store: unknown, index) =>
    readStore(store, json.placeOf(`stores[${index}]`), directory)
  );
  const paths = stores.map(({ path }) => path);
  const again = paths.findIndex((path, index) => paths.indexOf(path) < index);
  if (again < 0) return stores;
  const first = paths.indexOf(paths[again] ?? "");
  throw json.wrong(`stores[${again}]`, `is the same store as stores[${first}]`);
}

function readStore(value: unknown, place: string, directory: string): StoreSettings {
  if (typeof value === "string") return { path: readPath(value, place, directory) };
  const json = JsonFields.of(value, place);
  refuseUnknown(json, [...Object.keys(STORE_SECTIONS), "path"]);
  const path = readPath(json.text("path"), json.placeOf("path"), directory);
  const sections: Omit<StoreSettings, "path"> = readSections(json, STORE_SECTIONS, directory);
  return { ...sections, path };
}

function readPath(text: string, place: string, directory: string): string {
  if (!isPath(text)) throw new FieldError(place, "is no path");
  return resolve(fromDirectory(text, directory));
}

/** Reads the sections that are there. The table knows what each holds, and the compiler does not. */
function readSections<Read>(json: JsonFields, sections: AnySections, directory: string): Read {
  const there = Object.entries(sections).filter(([name]) => json.names().includes(name));
  return Object.fromEntries(there.map(([name, { fields }]) => {
    const section = json.object(name);
    refuseUnknown(section, Object.values(fields).map((field) => field.name));
    return [name, readFields(section, fields, directory)];
  })) as Read;
}

function readFields<Read>(json: JsonFields, fields: AnyFields, directory: string): Read {
  const there = Object.entries(fields).filter(([, { name }]) => json.names().includes(name));
  return Object.fromEntries(there.map(([property, field]) => {
    try {
      return [property, field.read(json.anything(field.name), directory)];
    } catch (error) {
      if (error instanceof FieldProblem) throw json.wrong(field.name, error.message);
      throw error;
    }
  })) as Read;
}

/** A field that is misspelt would be passed over, and nobody would know why nothing happens. */
function refuseUnknown(json: JsonFields, known: readonly string[]): void {
  const name = json.names().find((candidate) => !known.includes(candidate));
  if (name === undefined) return;
  const nearest = findNearest(name, known);
  const guess = nearest === null ? `; there are ${known.join(", ")}` : `; did you mean ${nearest}?`;
  throw json.wrong(name.slice(0, 100), `is no field of a configuration${guess}`);
}
