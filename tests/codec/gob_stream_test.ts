import { assert, assertEquals, assertThrows } from "@std/assert";
import type { ByteSource } from "../../lib/codec/byte_source.ts";
import {
  encodeGob,
  type GobFault,
  isEntryOf,
  readGobEntries,
  streamedMap,
  structShape,
  text,
} from "../../lib/codec/gob.ts";
import { OperationError } from "../../lib/base/errors.ts";
import {
  COLLECTIONS,
  DOCUMENT,
  type Document,
  DOCUMENTS,
  EXPORT,
  holds,
  METADATA,
  readGoVectors,
  slowSource,
  STREAMED_EXPORT,
} from "./gob_vectors.ts";

/** What is seen of an export, in order. */
interface Seen {
  readonly lines: readonly string[];
  readonly documents: readonly { readonly document: Document; readonly isWhole: boolean }[];
  readonly fault: GobFault | null;
}

function look(source: ByteSource): Seen {
  const lines: string[] = [];
  const documents: { document: Document; isWhole: boolean }[] = [];
  const entries = readGobEntries(source, STREAMED_EXPORT);
  for (let step = entries.next();; step = entries.next()) {
    if (step.done === true) return { lines, documents, fault: step.value.fault };
    const entry = step.value;
    const mark = entry.isWhole ? "" : "…";
    lines.push(`${entry.kind} ${entry.keys.join(" > ")}${mark}`);
    if (isEntryOf(entry, COLLECTIONS) && entry.kind === "entry") lines.push(`${entry.value.Name}`);
    if (isEntryOf(entry, DOCUMENTS)) {
      documents.push({ document: entry.value, isWhole: entry.isWhole });
    }
  }
}

function makeDocument(id: string, size: number): Document {
  return {
    ID: id,
    Metadata: new Map([["key", "value"]]),
    Embedding: Float32Array.from({ length: size }, (_, index) => 1 / (index + 1)),
    Content: "text ".repeat(size),
  };
}

function makeExport(...documents: readonly Document[]): Uint8Array {
  const held = new Map(documents.map((document) => [document.ID ?? "", document]));
  const notes = { Name: "notes", Metadata: new Map(), Documents: held };
  const empty = { Name: "empty", Metadata: new Map(), Documents: new Map() };
  return encodeGob({ Collections: new Map([["n", notes], ["a", empty]]) }, EXPORT);
}

Deno.test("readGobEntries() hands out documents between the start and the end of their collection", () => {
  const one = makeDocument("one", 3);
  const two = makeDocument("two", 4);
  for (const mostBytes of [1, 7, 1 << 20]) {
    const seen = look(slowSource(makeExport(one, two), mostBytes));
    assertEquals(seen.lines, [
      "begin a…",
      "entry a",
      "empty",
      "begin n…",
      "entry n > one",
      "entry n > two",
      "entry n",
      "notes",
    ]);
    assertEquals(seen.documents.map(({ document }) => holds(document)), [one, two].map(holds));
    assertEquals(seen.fault, null);
  }
});

Deno.test("readGobEntries() decodes values when they are longer than the window", () => {
  const large = makeDocument("large", 90_000);
  const after = makeDocument("more", 2);
  const seen = look(slowSource(makeExport(large, after), 1 << 16));
  assertEquals(seen.fault, null);
  assertEquals(seen.documents.map(({ document }) => holds(document)), [large, after].map(holds));
});

Deno.test("readGobEntries() passes over fields when they are longer than the window", () => {
  const shape = structShape({
    Collections: streamedMap(structShape({ Documents: streamedMap(structShape({ ID: text })) })),
  });
  const gob = makeExport(makeDocument("large", 90_000), makeDocument("more", 2));
  const ids: string[] = [];
  for (const { keys, kind } of readGobEntries(slowSource(gob, 1 << 16), shape)) {
    if (kind === "entry") ids.push(keys.join(" > "));
  }
  assertEquals(ids, ["a", "n > large", "n > more", "n"]);
});

Deno.test("readGobEntries() hands out what stands before the end when an export is cut", () => {
  const documents = [makeDocument("one", 5), makeDocument("two", 5), makeDocument("zzz", 5)];
  const whole = makeExport(...documents);
  let before = 0;
  for (let size = 0; size < whole.length; size++) {
    const seen = look(slowSource(whole.subarray(0, size), 64));
    assertEquals(seen.fault?.kind, "truncated", `cut at ${size}`);
    const count = seen.documents.filter(({ isWhole }) => isWhole).length;
    assert(count >= before, `cut at ${size}`);
    before = count;
    for (const [index, { document, isWhole }] of seen.documents.entries()) {
      const expected = documents[index];
      assert(expected !== undefined);
      if (isWhole) assertEquals(holds(document), holds(expected));
      else assert(document.ID === undefined || document.ID === expected.ID);
    }
  }
  assertEquals(before, documents.length);
});

Deno.test("readGobEntries() ends with a fault when the value has another type", () => {
  const metadata = readGoVectors().vectors.find(({ name }) => name === "metadata");
  const seen = look(slowSource(metadata?.gob ?? new Uint8Array(0), 5));
  assertEquals([seen.lines, seen.fault?.kind], [[], "type-mismatch"]);
});

Deno.test("readGobEntries() gives the fields that are not streamed when it is through", () => {
  const gob = encodeGob({ Name: "n", Metadata: new Map([["k", "v"]]) }, METADATA);
  const step = readGobEntries(slowSource(gob, 3), METADATA).next();
  assert(step.done === true);
  assertEquals(step.value.value, { Name: "n", Metadata: new Map([["k", "v"]]) });
  assertEquals(step.value.endOffset, gob.length);
});

Deno.test("readGobEntries() asks for no memory when a length is not there", () => {
  const head = encodeGob({ Name: "n", Metadata: undefined }, METADATA).subarray(0, -7);
  // A message of 2 GiB with a name of 1 GiB, of which the source has a megabyte.
  const claims = [0xfc, 0x80, 0, 0, 0, 0xff, 0x80, 1, 0xfc, 0x40, 0, 0, 0];
  const gob = new Uint8Array(1 << 20);
  gob.set([...head, ...claims]);
  let mostAsked = 0;
  const counted: ByteSource = {
    sizeBytes: gob.length,
    readAt(offset, target) {
      mostAsked = Math.max(mostAsked, target.byteLength);
      return slowSource(gob, 1 << 20).readAt(offset, target);
    },
  };
  const step = readGobEntries(counted, METADATA).next();
  assert(step.done === true);
  assertEquals([step.value.fault?.kind, step.value.value.Name], ["truncated", undefined]);
  assert(mostAsked <= 1 << 18, `${mostAsked} bytes`);
});

Deno.test("readGobEntries() throws what the source throws", () => {
  const source: ByteSource = {
    sizeBytes: 100,
    readAt() {
      throw new OperationError("read-failed", "Cannot read");
    },
  };
  assertThrows(() => readGobEntries(source, DOCUMENT).next(), OperationError);
});
