import { assert, assertEquals } from "@std/assert";
import {
  decodeGob,
  encodeGobText,
  float32s,
  type GobFaultKind,
  mapShape,
  structShape,
  text,
  textMap,
} from "../../lib/codec/gob.ts";
import { decodeHeld, digestOf, DOCUMENT, METADATA, readGoVectors } from "./gob_vectors.ts";

const GO = readGoVectors();

/** A message: its length and its bytes. */
function message(...bytes: readonly (number | readonly number[])[]): number[] {
  const body = bytes.flat();
  return [...unsigned(body.length), ...body];
}

function unsigned(value: number): number[] {
  return value <= 0x7f ? [value] : value <= 0xff ? [0xff, value] : [0xfe, value >> 8, value & 0xff];
}

function signed(value: number): number[] {
  return unsigned(value < 0 ? 2 * ~value + 1 : 2 * value);
}

function string(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

/** The description of a struct type. */
function describe(id: number, ...fields: readonly (readonly [string, number])[]): number[] {
  const list = fields.map(([name, type]) => [1, ...string(name), 1, ...signed(type), 0]);
  return message(
    signed(-id),
    [3, 1, 2, ...signed(id), 0],
    fields.length === 0 ? [] : [1, ...unsigned(fields.length), ...list.flat()],
    [0, 0],
  );
}

/** The description of a slice (2) or of a map (4) of the types with these ids. */
function describeParts(id: number, kind: 2 | 4, ...parts: readonly number[]): number[] {
  return message(
    signed(-id),
    [kind, 1, 2, ...signed(id), 0],
    parts.flatMap((part) => [1, ...signed(part)]),
    [0, 0],
  );
}

const STRING = 6;
const FLOAT = 4;
const INTERFACE = 8;
const LONGEST_UNSIGNED = [0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const ID_ONLY = describe(64, ["ID", STRING]);

function decodeDocument(...bytes: readonly (readonly number[])[]) {
  return decodeGob(Uint8Array.from(bytes.flat()), DOCUMENT);
}

function assertFault(
  { fault }: ReturnType<typeof decodeDocument>,
  kind: GobFaultKind,
  offset: number,
): void {
  assertEquals([fault?.kind, fault?.offset], [kind, offset]);
}

Deno.test("decodeGob() decodes what Go wrote", () => {
  for (const { name, shape, gob, held } of GO.vectors) {
    assertEquals(decodeHeld(gob, shape), { ...held, fault: null }, name);
  }
});

Deno.test("decodeGob() takes, refuses and reads what Go does of damaged gobs", () => {
  for (const { vector, gob, digest, place } of GO.damages) {
    const decoded = decodeHeld(gob, vector.shape);
    const actual = decoded.fault === null ? digestOf(decoded) : "";
    assertEquals(actual, digest, `damage ${place} of ${vector.name}: ${decoded.fault?.message}`);
  }
});

Deno.test("decodeGob() keeps what stands before the end when a gob is cut", () => {
  const vector = GO.vectors.find(({ name }) => name === "document");
  assert(vector !== undefined);
  const whole = decodeGob(vector.gob, DOCUMENT).value;
  for (let size = 0; size < vector.gob.length; size++) {
    const { value, fault } = decodeGob(vector.gob.subarray(0, size), DOCUMENT);
    assertEquals(fault?.kind, "truncated", `cut at ${size}`);
    assert(value.ID === undefined || value.ID === whole.ID);
    assert(value.Content === undefined || value.Content === whole.Content);
    const floats = value.Embedding ?? new Float32Array(0);
    assertEquals(floats, whole.Embedding?.slice(0, floats.length));
    for (const [key, part] of value.Metadata ?? []) assertEquals(part, whole.Metadata?.get(key));
  }
  const last = decodeGob(vector.gob.subarray(0, -1), DOCUMENT).value;
  assertEquals([last.ID, last.Embedding?.length], [whole.ID, whole.Embedding?.length]);
});

Deno.test("decodeGob() tells the type, and where the value ends, when bytes follow it", () => {
  const value = message(signed(64), [1, ...string("a"), 0]);
  const gob = [...describe(64, ["ID", STRING], ["More", STRING]), ...value];
  const result = decodeDocument(gob, [1, 2, 3]);
  assertEquals(result.type, { name: "", fields: ["ID", "More"] });
  assertEquals(result.endOffset, gob.length);
  assertEquals([result.value.ID, result.fault], ["a", null]);
});

Deno.test("decodeGob() decodes gobs of other types when a shape had other ones before", () => {
  const first = decodeDocument(ID_ONLY, message(signed(64), [1, ...string("a"), 0]));
  const longer = decodeDocument(
    ID_ONLY,
    describe(65, ["Content", STRING]),
    message(signed(65), [1, ...string("b"), 0]),
  );
  const again = decodeDocument(ID_ONLY, message(signed(64), [1, ...string("c"), 0]));
  assertEquals([first.value.ID, longer.value.Content, again.value.ID], ["a", "b", "c"]);
  assertEquals([longer.value.ID, longer.fault], [undefined, null]);
});

Deno.test("decodeGob() refuses a second description of a type when it comes later", () => {
  const gob = [...ID_ONLY, ...ID_ONLY, ...message(signed(64), [0])];
  assertFault(decodeDocument(gob), "malformed", ID_ONLY.length + 1);
});

Deno.test("decodeGob() refuses a type when none of its fields is wanted", () => {
  const gob = describe(64, ["Collections", STRING]);
  const result = decodeDocument(gob, message(signed(64), [0]));
  assertEquals(result.fault?.kind, "type-mismatch");
  const empty = decodeDocument(describe(64), message(signed(64), [0]));
  assertEquals(empty.fault, null);
});

Deno.test("decodeGob() refuses a field when it is of another type", () => {
  for (
    const types of [
      describe(64, ["ID", FLOAT]),
      describe(64, ["Metadata", STRING]),
      [...describe(64, ["Embedding", 65]), ...describeParts(65, 2, STRING)],
      [...describe(64, ["Metadata", 65]), ...describeParts(65, 4, STRING, FLOAT)],
    ]
  ) {
    const result = decodeDocument(types, message(signed(64), [0]));
    assertEquals(result.fault?.kind, "type-mismatch");
  }
});

Deno.test("decodeGob() refuses a length when it exceeds the message", () => {
  const at = ID_ONLY.length + 4;
  const huge = [0xfc, 0x40, 0, 0, 0];
  assertFault(decodeDocument(ID_ONLY, message(signed(64), [1, ...huge, 0])), "malformed", at);
  const floats = [...describe(64, ["Embedding", 65]), ...describeParts(65, 2, FLOAT)];
  const vector = decodeDocument(floats, message(signed(64), [1, ...huge, 0, 0, 0]));
  assertEquals(vector.fault?.kind, "malformed");
});

Deno.test("decodeGob() tells what a map claims when Go would make room for it and be killed", () => {
  const types = [...describe(64, ["Metadata", 65]), ...describeParts(65, 4, STRING, STRING)];
  const at = types.length + 4;
  const million = message(signed(64), [1, 0xfd, 0x10, 0, 0, ...string("k"), ...string("v"), 0, 0]);
  const { value, fault } = decodeDocument(types, million);
  assertEquals(fault, {
    kind: "too-large",
    offset: at,
    message: "A map claims 1,048,576 entries where 6 bytes are left",
    claimedEntries: 1 << 20,
  });
  assertEquals(value.Metadata, new Map([["k", "v"], ["", ""]]));
  // Go is not harmed by fewer, and does not look at a message that is cut.
  const fewer = message(signed(64), [1, 0xfd, 0x0f, 0xff, 0xff, ...string("k"), ...string("v")]);
  assertEquals(decodeDocument(types, fewer).fault?.kind, "malformed");
  const cut = decodeDocument(types, million.slice(0, -1));
  assertEquals([cut.fault?.kind, cut.fault?.claimedEntries], ["truncated", undefined]);
});

Deno.test("decodeGob() refuses a map when it has more entries than can be kept", () => {
  const types = [...describe(64, ["Metadata", 65]), ...describeParts(65, 4, STRING, STRING)];
  const count = (1 << 20) + 1;
  const body = new Uint8Array(5 * count);
  for (let index = 0; index < count; index++) {
    body.set([3, index & 0x7f, (index >> 7) & 0x7f, index >> 14, 0], 5 * index);
  }
  const head = [...signed(64), 1, 0xfd, count >> 16, (count >> 8) & 0xff, count & 0xff];
  const size = head.length + body.length;
  const gob = new Uint8Array(types.length + 4 + size);
  gob.set([...types, 0xfd, size >> 16, (size >> 8) & 0xff, size & 0xff, ...head]);
  gob.set(body, types.length + 4 + head.length);
  const { fault } = decodeGob(gob, DOCUMENT);
  assertEquals([fault?.kind, fault?.claimedEntries], ["too-large", undefined]);
});

Deno.test("decodeGob() refuses a message when it is longer than the gob, and reads what is there", () => {
  const result = decodeDocument(ID_ONLY, [0xfc, 0x40, 0, 0, 0], signed(64), [1, ...string("a"), 0]);
  assertEquals([result.value.ID, result.fault?.kind], ["a", "truncated"]);
  assertFault(decodeDocument(ID_ONLY, LONGEST_UNSIGNED), "malformed", ID_ONLY.length);
});

Deno.test("decodeGob() takes a negative number of pairs as none, as Go does", () => {
  const types = [...describe(64, ["Metadata", 65]), ...describeParts(65, 4, STRING, STRING)];
  const result = decodeDocument(types, message(signed(64), [1, ...LONGEST_UNSIGNED, 0]));
  assertEquals([result.fault, result.value.Metadata], [null, new Map()]);
});

Deno.test("decodeGob() adds to a map when two fields have its name, as Go does", () => {
  const types = [
    ...describe(64, ["Metadata", 65], ["Metadata", 65]),
    ...describeParts(65, 4, STRING, STRING),
  ];
  const pair = (key: string) => [1, 1, ...string(key), ...string("v")];
  const result = decodeDocument(types, message(signed(64), pair("a"), pair("b"), [0]));
  assertEquals(result.value.Metadata, new Map([["a", "v"], ["b", "v"]]));
});

Deno.test("decodeGob() ends when a skipped map claims more empty structs than there are bytes", () => {
  const types = [
    ...describe(64, ["ID", STRING], ["Unknown", 65]),
    ...describeParts(65, 4, 66, 66),
    ...describe(66),
  ];
  const huge = [0xf8, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
  const result = decodeDocument(types, message(signed(64), [1, ...string("a"), 1, ...huge]));
  assertEquals([result.value.ID, result.fault], ["a", null]);
});

Deno.test("decodeGob() refuses skipped values when they are nested without end", () => {
  const types = [...describe(64, ["ID", STRING], ["Unknown", 65]), ...describeParts(65, 2, 65)];
  const nest = (depth: number) => [
    ...message(signed(64), [1, ...string("a"), 1], Array.from({ length: depth }, () => 1), [0]),
  ];
  assertEquals(decodeDocument(types, nest(1000)).fault, null);
  const deep = [0xfd, 3, 0, 0];
  const body = Array.from({ length: 3 << 16 }, () => 1);
  const result = decodeDocument(types, deep, signed(64), [1, ...string("a"), 1], body);
  assertEquals([result.value.ID, result.fault?.kind], ["a", "too-large"]);
});

Deno.test("decodeGob() refuses types when they are nested too deeply or not described", () => {
  const chain = (length: number) => [
    ...describe(64, ["ID", STRING], ["Unknown", 65]),
    ...Array.from({ length }, (_, step) => describeParts(65 + step, 2, 66 + step)).flat(),
  ];
  const value = message(signed(64), [1, ...string("a"), 0]);
  const end = (id: number) => describeParts(id, 2, STRING);
  assertEquals(decodeDocument(chain(500), end(565), value).fault, null);
  assertEquals(decodeDocument(chain(10_000), end(10_065), value).fault?.kind, "malformed");
  assertEquals(decodeDocument(chain(3), value).fault?.message, "Type 68 is not described");
});

Deno.test("decodeGob() refuses descriptions when they take more room than any program has", () => {
  const name = "x".repeat(60_000);
  const types = Array.from({ length: 20 }, (_, index) => describe(65 + index, [name, STRING]));
  const result = decodeDocument(types.flat(), ID_ONLY, message(signed(64), [0]));
  assertEquals(result.fault?.kind, "too-large");
});

Deno.test("decodeGob() passes over an interface value when its types come in a message of their own", () => {
  const types = describe(64, ["ID", STRING], ["Any", INTERFACE], ["Content", STRING]);
  const result = decodeDocument(
    types,
    message(signed(64), [1, ...string("a"), 1, ...string("point")]),
    describe(65, ["X", 2]),
    message(signed(65), [1, 0], [1, ...string("c"), 0]),
  );
  assertEquals([result.value.ID, result.value.Content, result.fault], ["a", "c", null]);
  const cut = decodeDocument(types, message(signed(64), [1, ...string("a"), 1, ...string("p")]));
  assertEquals([cut.value.ID, cut.fault?.kind], ["a", "truncated"]);
});

Deno.test("decodeGob() keeps texts apart when their bytes are not UTF-8", () => {
  const bytes = [0x61, 0xff, 0xc3, 0xa9, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98];
  const gob = message(signed(64), [1, ...unsigned(bytes.length), ...bytes, 0]);
  const { ID = "" } = decodeDocument(ID_ONLY, gob).value;
  assertEquals(encodeGobText(ID), Uint8Array.from(bytes));
  assert(!ID.isWellFormed());
  assertEquals(ID.replaceAll(/[\udc80-\udcff]/g, "?"), "a?é??????");
});

Deno.test("decodeGob() decodes a field that every object has when the gob names one", () => {
  const gob = [...describe(64, ["constructor", STRING], ["ID", STRING], ["__proto__", STRING])];
  const value = message(signed(64), [1, ...string("x"), 1, ...string("a"), 1, ...string("y"), 0]);
  assertEquals(decodeDocument(gob, value).value, { ...decodeDocument([]).value, ID: "a" });
});

Deno.test("decodeGob() finds only the field in common when a metadata file is read as a document", () => {
  const metadata = GO.vectors.find(({ name }) => name === "metadata");
  const { value, type, fault } = decodeGob(metadata?.gob ?? new Uint8Array(0), DOCUMENT);
  assertEquals([value.ID, value.Metadata?.get("key"), fault], [undefined, "value", null]);
  assertEquals(type?.fields, ["Name", "Metadata"]);
});

Deno.test("decodeGob() decodes nested maps of structs when they are asked for", () => {
  const shape = structShape({ Notes: mapShape(structShape({ Text: text, Tags: textMap })) });
  const types = [
    ...describe(64, ["Notes", 65]),
    ...describeParts(65, 4, STRING, 66),
    ...describe(66, ["Text", STRING], ["Tags", 67]),
    ...describeParts(67, 4, STRING, STRING),
  ];
  const entry = (key: string, value: string) => [...string(key), 1, ...string(value), 0];
  const gob = [...types, ...message(signed(64), [1, 2], entry("a", "x"), entry("b", "y"), [0])];
  const { value } = decodeGob(Uint8Array.from(gob), shape);
  assertEquals([...value.Notes ?? []].map(([key, note]) => [key, note.Text]), [
    ["a", "x"],
    ["b", "y"],
  ]);
});

Deno.test("decodeGob() refuses a float when 32 bits cannot hold it, and keeps those before", () => {
  const types = [...describe(64, ["Embedding", 65]), ...describeParts(65, 2, FLOAT)];
  // 1, then 1e39 as Go writes it.
  const floats = [2, 0xfe, 0xf0, 0x3f, 0xf8, 0x54, 0x48, 0x12, 0x44, 0x02, 0x8b, 0x07, 0x48];
  const gob = Uint8Array.from([...types, ...message(signed(64), [1], floats, [0])]);
  const { value, fault } = decodeGob(gob, structShape({ Embedding: float32s }));
  assertEquals([value.Embedding, fault?.kind], [Float32Array.of(1), "malformed"]);
  assertEquals(fault?.message, "A float is out of range for 32 bits");
});

Deno.test("decodeGob() decodes the metadata of a collection when it has a name in many scripts", () => {
  const vector = GO.vectors.find(({ name }) => name === "metadata that is nil");
  const { value } = decodeGob(vector?.gob ?? new Uint8Array(0), METADATA);
  assertEquals(value, { Name: "日本語 notes", Metadata: undefined });
});
