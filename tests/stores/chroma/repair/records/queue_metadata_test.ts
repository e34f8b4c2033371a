import { assertEquals, assertThrows } from "@std/assert";
import { OperationError } from "../../../../../lib/base/errors.ts";
import type { Engine } from "../../../../../lib/stores/chroma/catalogue/migrations.ts";
import {
  encodeQueueMetadata,
  parseLineText,
} from "../../../../../lib/stores/chroma/repair/records/queue_metadata.ts";

function engineOf(era: "python" | "rust", metadb: number): Pick<Engine, "era" | "schema"> {
  return { era, schema: { sysdb: 9, metadb, embeddings_queue: 2 } };
}

const RUST = engineOf("rust", 6);
const PYTHON = engineOf("python", 4);

Deno.test("encodeQueueMetadata() writes what 1.x writes", () => {
  const text = parseLineText(
    '{"id":"a","document":"für \\"x\\"","metadata":{"n":1,"f":1.0,"big":9007199254740993,"b":true,' +
      '"list":[1.5,2.0],"gone":null},"embedding":[1,2,3]}',
  );
  assertEquals(
    encodeQueueMetadata(text, RUST),
    '{"n":1,"f":1.0,"big":9007199254740993,"b":true,"list":[1.5,2.0],' +
      '"chroma:document":"für \\"x\\""}',
  );
});

Deno.test("encodeQueueMetadata() writes what Python's json.dumps writes", () => {
  const text = parseLineText('{"document":"für 😀","metadata":{"page":3,"score":17.0}}');
  assertEquals(
    encodeQueueMetadata(text, PYTHON),
    '{"page": 3, "score": 17.0, "chroma:document": "f\\u00fcr \\ud83d\\ude00"}',
  );
});

Deno.test("encodeQueueMetadata() writes nothing as each era does", () => {
  const text = parseLineText('{"id":"a","document":null,"metadata":null,"embedding":null}');
  assertEquals(encodeQueueMetadata(text, RUST), "{}");
  assertEquals(encodeQueueMetadata(text, PYTHON), null);
});

Deno.test("encodeQueueMetadata() refuses a list where the version has none", () => {
  const text = parseLineText('{"metadata":{"tags":["a","b"]}}');
  assertThrows(() => encodeQueueMetadata(text, engineOf("rust", 5)), OperationError, "tags");
  assertEquals(encodeQueueMetadata(text, RUST), '{"tags":["a","b"]}');
});

Deno.test("parseLineText() keeps a metadata key of the name embedding", () => {
  for (const vector of ["[0.5,0.25]", "null"]) {
    const line = `{"metadata":{"embedding":[1,2]},"embedding":${vector}}`;
    assertEquals(encodeQueueMetadata(parseLineText(line), RUST), '{"embedding":[1,2]}');
  }
});

Deno.test("parseLineText() is not fooled by a document that looks like a line", () => {
  const document = '"embedding":[1,2]';
  const line = JSON.stringify({ document, metadata: null, embedding: [1, 2] });
  assertEquals(parseLineText(line).document, document);
});

for (
  const [what, line] of [
    ["no JSON", "{"],
    ["a list", "[1]"],
    ["a document that is no text", '{"document":1}'],
    ["metadata that is a list", '{"metadata":[1]}'],
    ["an object as a value", '{"metadata":{"a":{"b":1}}}'],
    ["a list of several types", '{"metadata":{"a":[1,"b"]}}'],
    ["the document among the metadata", '{"metadata":{"chroma:document":"a"}}'],
  ] as const
) {
  Deno.test(`parseLineText() refuses ${what}`, () => {
    const error = assertThrows(() => parseLineText(line), OperationError);
    assertEquals(error.code, "usage");
  });
}
