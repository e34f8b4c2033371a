import { assertEquals } from "@std/assert";
import { floatJson, metadataJson } from "../../../../lib/stores/chroma/contents/metadata_json.ts";
import { parseMetadataPatch } from "../../../../lib/stores/chroma/contents/metadata_patch.ts";
import {
  applyMetadataPatch,
  type RecordMetadata,
} from "../../../../lib/stores/chroma/contents/pending_operations.ts";

/** The metadata that an engine makes of JSON. */
function metadataOf(json: string): RecordMetadata {
  return applyMetadataPatch(new Map(), parseMetadataPatch(json, "rust") ?? new Map());
}

Deno.test("floatJson() writes floats as floats when they are whole", () => {
  const cases: [number, string | null][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-12345678901234, "-12345678901234.0"],
    [1e20, "100000000000000000000.0"],
    [1e21, "1e+21"],
    [0.1, "0.1"],
    [5e-324, "5e-324"],
    [Infinity, "1e999"],
    [-Infinity, "-1e999"],
    [NaN, null],
  ];
  for (const [value, json] of cases) assertEquals(floatJson(value), json);
});

Deno.test("metadataJson() gives back the JSON that an engine was given", () => {
  const cases = [
    '{"a":1}',
    '{"a":1152921504606846977}',
    '{"a":-9223372036854775808}',
    '{"a":1.0}',
    '{"a":true,"b":false}',
    '{"a":"x","\\"k\\n":"\\u001b\\\\"}',
    '{"l":["a","b"],"i":[1,2],"f":[1.0,2.5],"t":[true,false]}',
  ];
  for (const json of cases) assertEquals(metadataJson(metadataOf(json)), json);
});

Deno.test("metadataJson() gives null when nothing is left", () => {
  assertEquals(metadataJson(new Map()), null);
  assertEquals(metadataJson(metadataOf('{"a":null}')), null);
});
