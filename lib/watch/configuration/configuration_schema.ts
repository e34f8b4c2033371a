/**
 * The JSON schema of a configuration, by which editors help to write one.
 *
 * @module
 */

import type { JsonValue } from "../../model/finding.ts";
import {
  COMMON_FIELDS,
  COMMON_SECTIONS,
  type Sections,
  STORE_SECTIONS,
} from "./configuration_fields.ts";
import type { Field, SchemaPart } from "./field.ts";
import { SCHEMA_FIELD_NAME } from "./parse_configuration.ts";

/** What of a field goes into the schema. */
type DescribedField = Pick<Field<unknown>, "name" | "description" | "initialText" | "schema">;

/**
 * Makes the schema (draft 2020-12) from the table of fields.
 *
 * @returns The schema.
 */
export function makeConfigurationSchema(): SchemaPart {
  return {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of vecfsck watch",
    type: "object",
    additionalProperties: false,
    properties: {
      [SCHEMA_FIELD_NAME]: { description: "Where this schema is, for editors.", type: "string" },
      stores: {
        description: "The stores, each as a path or with settings of its own; paths count from " +
          "the directory of this file.",
        type: "array",
        items: { anyOf: [{ type: "string", minLength: 1 }, { "$ref": "#/$defs/store" }] },
      },
      ...refer(STORE_SECTIONS),
      ...describeSections(COMMON_SECTIONS),
      ...describeFields(COMMON_FIELDS),
    },
    "$defs": {
      store: {
        description: "A store with settings of its own.",
        type: "object",
        additionalProperties: false,
        required: ["path"],
        properties: {
          path: { description: "Its directory.", type: "string", minLength: 1 },
          ...refer(STORE_SECTIONS),
        },
      },
      ...describeSections(STORE_SECTIONS),
    },
  };
}

function refer(sections: object): Record<string, SchemaPart> {
  return Object.fromEntries(
    Object.keys(sections).map((name) => [name, { "$ref": `#/$defs/${name}` }]),
  );
}

function describeSections<Plans>(sections: Sections<Plans>): Record<string, SchemaPart> {
  const entries: [string, { description: string; fields: object }][] = Object.entries(sections);
  return Object.fromEntries(entries.map(([name, { description, fields }]): [string, SchemaPart] => [
    name,
    {
      description: `${description}.`,
      type: "object",
      additionalProperties: false,
      properties: describeFields(fields),
    },
  ]));
}

function describeFields(fields: object): Record<string, JsonValue> {
  const described: DescribedField[] = Object.values(fields);
  return Object.fromEntries(described.map(({ name, description, initialText, schema }) => [
    name,
    { description: `${description}.`, ...schema, default: initialText },
  ]));
}
