/**
 * Files of vectors that are handed in: what is taken, and which line is refused for what.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { OperationError } from "../../../../../lib/base/errors.ts";
import { localFs } from "../../../../../lib/fs/platform.ts";
import { HandedInVectors } from "../../../../../lib/stores/chroma/repair/index/handed_in_vectors.ts";
import type { NamedCollection } from "../../../../../lib/stores/handed_in_lines.ts";
import { scratchDirectory } from "../../../../support/fixtures.ts";

const NOTES: NamedCollection = { name: "notes", dimension: 3 };
const OTHER: NamedCollection = { name: "other", dimension: null };

async function write(text: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const path = join(await scratchDirectory(), "vectors.jsonl");
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  return path;
}

async function read(
  text: string | Uint8Array<ArrayBuffer>,
  collections: readonly NamedCollection[] = [NOTES, OTHER],
): Promise<HandedInVectors> {
  return HandedInVectors.read(await write(text), collections, localFs);
}

function readVector(handedIn: HandedInVectors, collection: string, id: string): number[] {
  const dimension = handedIn.dimensionOf(collection) ?? 0;
  return [...handedIn.readVector(collection, id, new Float32Array(dimension))];
}

Deno.test("HandedInVectors.read() takes lines as missing.jsonl has them", async () => {
  const handedIn = await read(
    '{"collection":"notes","id":"a","document":"ä","metadata":{"n":1.0},"embedding":[1,2,3]}\n' +
      "\n" +
      '{"collection":"other","id":"a","embedding":[0.5,-0.5]}\r\n' +
      '{"collection":"notes","id":"b","embedding":[4,5,6]}',
  );
  assertEquals(handedIn.idsOf("notes"), ["a", "b"]);
  assertEquals(handedIn.idsOf("other"), ["a"]);
  assertEquals(handedIn.idsOf("none"), []);
  assertEquals(readVector(handedIn, "notes", "a"), [1, 2, 3]);
  assertEquals(readVector(handedIn, "notes", "b"), [4, 5, 6]);
  assertEquals(readVector(handedIn, "other", "a"), [0.5, -0.5]);
  assertEquals(handedIn.readText("notes", "a").document, "ä");
});

Deno.test("HandedInVectors.read() leaves out lines without an embedding", async () => {
  const handedIn = await read(
    '{"collection":"notes","id":"a","embedding":null}\n{"collection":"notes","id":"b"}\n' +
      '{"collection":"notes","id":"c","embedding":[1,2,3]}\n',
  );
  assertEquals(handedIn.idsOf("notes"), ["c"]);
  assertEquals(handedIn.emptyLines, 2);
});

Deno.test("HandedInVectors.read() needs no collection when the store has only one", async () => {
  const handedIn = await read('{"id":"a","embedding":[1,2,3]}', [NOTES]);
  assertEquals(handedIn.idsOf("notes"), ["a"]);
});

Deno.test("HandedInVectors.read() passes over a line of which nobody knows the record", async () => {
  const lines = [
    '{"collection":null,"id":null,"document":"lost","metadata":null,"embedding":[1,2,3]}',
    '{"collection":"notes","id":"a","embedding":[1,2,3]}',
  ];
  const handedIn = await read(lines.join("\n"));
  assertEquals([handedIn.idsOf("notes"), handedIn.emptyLines], [["a"], 1]);
});

Deno.test("HandedInVectors.read() reads lines across the borders of its chunks", async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `${index} ${"x".repeat(60_000)}`);
  const lines = ids.map((id, index) =>
    JSON.stringify({ collection: "notes", id, embedding: [index, 0, 1] })
  );
  const handedIn = await read(`${lines.join("\n")}\n`);
  assertEquals(handedIn.idsOf("notes"), ids);
  for (const [index, id] of ids.entries()) {
    assertEquals(readVector(handedIn, "notes", id), [index, 0, 1]);
  }
});

Deno.test("HandedInVectors.read() reads a line that is longer than a chunk", async () => {
  const text = JSON.stringify({ id: "a", document: "x".repeat(3 << 20), embedding: [1, 2, 3] });
  const handedIn = await read(text, [NOTES]);
  assertEquals(readVector(handedIn, "notes", "a"), [1, 2, 3]);
});

const GOOD = '{"collection":"notes","id":"good","embedding":[1,2,3]}\n';

const REFUSED: readonly (readonly [line: string, reason: string])[] = [
  ["{", "it is no JSON object"],
  ["[1,2,3]", "it is no JSON object"],
  ['{"collection":"notes","embedding":[1,2,3]}', "it has no id"],
  ['{"collection":"notes","id":"","embedding":[1,2,3]}', "it has no id"],
  ['{"collection":"notes","id":7,"embedding":[1,2,3]}', "it has no id"],
  ['{"collection":"notes","id":"\\ud800","embedding":[1,2,3]}', "its id is no Unicode text"],
  ['{"id":"a","embedding":[1,2,3]}', "it names no collection, and the store has not just one"],
  [
    '{"collection":"nots","id":"a","embedding":[1,2,3]}',
    "the store has no collection nots with an index",
  ],
  ['{"collection":"notes","id":"a","embedding":[]}', "its embedding is no list of numbers"],
  ['{"collection":"notes","id":"a","embedding":"AAA="}', "its embedding is no list of numbers"],
  [
    '{"collection":"notes","id":"a","embedding":[1,null,3]}',
    "its embedding has what is no finite number",
  ],
  [
    '{"collection":"notes","id":"a","embedding":[1,1e39,3]}',
    "its embedding has what is no finite number",
  ],
  [
    '{"collection":"notes","id":"a","embedding":[1,2]}',
    "its embedding has 2 dimensions, and the collection has 3",
  ],
  ['{"collection":"notes","id":"good","embedding":[1,2,3]}', "line 1 has the same id already"],
];

for (const [line, reason] of REFUSED) {
  Deno.test(`HandedInVectors.read() refuses ${line}`, async () => {
    const path = await write(`${GOOD}\n${line}\n`);
    const error = assertThrows(
      () => HandedInVectors.read(path, [NOTES, OTHER], localFs),
      OperationError,
      `Line 3 of ${path} cannot be used: ${reason}`,
    );
    assertEquals(error.code, "usage");
    assertEquals(error.path, path);
  });
}

Deno.test("HandedInVectors.read() refuses what is not UTF-8", async () => {
  const bytes = new Uint8Array([...new TextEncoder().encode(GOOD), 0x22, 0xff, 0x22]);
  const path = await write(bytes);
  assertThrows(
    () => HandedInVectors.read(path, [NOTES], localFs),
    OperationError,
    "Line 2 of",
  );
});

Deno.test("HandedInVectors.read() refuses a name that two collections have", async () => {
  const path = await write(GOOD);
  assertThrows(
    () => HandedInVectors.read(path, [NOTES, NOTES], localFs),
    OperationError,
    "the store has more than one collection notes",
  );
});

Deno.test("HandedInVectors.read() holds vectors of a collection without a dimension to one", async () => {
  const path = await write(
    '{"collection":"other","id":"a","embedding":[1,2]}\n' +
      '{"collection":"other","id":"b","embedding":[1,2,3]}\n',
  );
  assertThrows(
    () => HandedInVectors.read(path, [NOTES, OTHER], localFs),
    OperationError,
    "its embedding has 3 dimensions, and the collection has 2",
  );
});

Deno.test("HandedInVectors.checkText() names the line whose metadata no engine stores", async () => {
  const handedIn = await read(
    `${GOOD}{"collection":"notes","id":"a","metadata":{"k":{"x":1}},"embedding":[1,2,3]}\n`,
  );
  const error = assertThrows(
    () => handedIn.checkText("notes", "a", () => {}),
    OperationError,
    "Line 2 of",
  );
  assert(error.message.includes("the value of k"));
});

Deno.test("HandedInVectors.readVector() throws when the file has changed", async () => {
  const path = await write(GOOD);
  const handedIn = HandedInVectors.read(path, [NOTES], localFs);
  await Deno.writeTextFile(path, "x".repeat(GOOD.length));
  assertThrows(
    () => handedIn.readVector("notes", "good", new Float32Array(3)),
    OperationError,
    "has changed",
  );
});
