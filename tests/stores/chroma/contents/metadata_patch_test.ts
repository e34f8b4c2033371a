import { assertEquals } from "@std/assert";
import { parseMetadataPatch } from "../../../../lib/stores/chroma/contents/metadata_patch.ts";
import type { ValueSlice } from "../../../../lib/stores/chroma/contents/record_facts.ts";

/** A value in a form to be read: its column and its bytes as text, or as a number. */
function describe({ column, bytes, start, end }: ValueSlice): string {
  const part = bytes.slice(start, end);
  const text = column === "float"
    ? new DataView(part.buffer).getFloat64(0, true)
    : new TextDecoder().decode(part);
  return `${column} ${text}`;
}

function patchOf(json: string, era: "python" | "rust" = "rust"): Record<string, unknown> | null {
  const patch = parseMetadataPatch(json, era);
  if (patch === null) return null;
  return Object.fromEntries(Array.from(patch, ([key, change]) => {
    if (change.kind === "none") return [key, null];
    if (change.kind === "value") return [key, describe(change.value)];
    return [key, change.elements.map(describe)];
  }));
}

Deno.test("parseMetadataPatch() tells types as the engines do", () => {
  assertEquals(
    patchOf('{"a":1,"b":1.0,"c":true,"d":"1","e":null,"f":9007199254740993,"g":-5,"h":1e3}'),
    {
      a: "integer 1",
      b: "float 1",
      c: "boolean 1",
      d: "text 1",
      e: null,
      f: "integer 9007199254740993",
      g: "integer -5",
      h: "float 1000",
    },
  );
});

Deno.test("parseMetadataPatch() makes floats of integers beyond 64 bits", () => {
  assertEquals(patchOf('{"a":9223372036854775807,"b":9223372036854775808}'), {
    a: "integer 9223372036854775807",
    b: "float 9223372036854776000",
  });
});

Deno.test("parseMetadataPatch() reads lists for 1.x alone", () => {
  const json = '{"a":[1,2],"b":[1,0.5],"c":["x","x"],"d":[],"e":[true]}';
  assertEquals(patchOf(json), {
    a: ["integer 1", "integer 2"],
    b: ["float 1", "float 0.5"],
    c: ["text x", "text x"],
    d: null,
    e: ["boolean 1"],
  });
  assertEquals(patchOf(json, "python"), {});
});

Deno.test("parseMetadataPatch() reads the numbers that only Python writes", () => {
  const json = '{"a":NaN,"b":-Infinity,"c":"NaN, \\"Infinity\\"","d":Infinity}';
  assertEquals(patchOf(json, "python"), {
    a: "nothing ",
    b: "float -Infinity",
    c: 'text NaN, "Infinity"',
    d: "float Infinity",
  });
  assertEquals(patchOf(json), null);
});

Deno.test("parseMetadataPatch() reads floats as the engine of the era does", () => {
  const json = '{"a":0.9504636963259353}';
  assertEquals(patchOf(json, "rust"), { a: "float 0.9504636963259352" });
  assertEquals(patchOf(json, "python"), { a: "float 0.9504636963259353" });
});

Deno.test("parseMetadataPatch() keeps keys that JavaScript has a meaning for", () => {
  assertEquals(Array.from(parseMetadataPatch('{"__proto__":1,"7":2}', "rust")?.keys() ?? []), [
    "7",
    "__proto__",
  ]);
});

Deno.test("parseMetadataPatch() gives null for what is no object", () => {
  for (const json of ["", "[1]", "1", "{", '{"a":1}x', '"text"']) {
    assertEquals(patchOf(json), null, json);
  }
  assertEquals(patchOf("", "python"), {});
});
