import { assertEquals } from "@std/assert";
import {
  decodeGob,
  encodeGob,
  encodeGobText,
  GobEncoder,
  mapShape,
  structShape,
  text,
  textMap,
} from "../../lib/codec/gob.ts";
import { decodeGobText } from "../../lib/codec/gob/text.ts";
import { FuzzRandom } from "../fuzz/mutate.ts";
import { DOCUMENT, type Document, EXPORT, holds, METADATA, readGoVectors } from "./gob_vectors.ts";

const GO = readGoVectors();

Deno.test("GobEncoder.encode() writes the bytes that a Go program writes", () => {
  const encoder = new GobEncoder();
  for (const { name, shape, gob } of GO.vectors) {
    if (!name.startsWith(shape)) continue;
    const encoded = shape === "document"
      ? encoder.encode(decodeGob(gob, DOCUMENT).value, DOCUMENT)
      : encoder.encode(decodeGob(gob, METADATA).value, METADATA);
    assertEquals(encoded.toHex(), gob.toHex(), name);
  }
});

Deno.test("encodeGob() writes the bytes of a Go program that encodes nothing else", () => {
  for (
    const [name, shape] of [
      ["document", DOCUMENT],
      ["metadata", METADATA],
      ["export", EXPORT],
      ["export of nothing", EXPORT],
    ] as const
  ) {
    const gob = GO.alone[name] ?? new Uint8Array(0);
    assertEquals(encodeGob(decodeGob(gob, shape).value, shape).toHex(), gob.toHex(), name);
  }
});

Deno.test("encodeGob() writes the same bytes when pairs come in another order", () => {
  const pairs: [string, string][] = [["b", "1"], ["a", "2"], ["ü", "3"], ["", "4"]];
  const one = encodeGob({ Name: "n", Metadata: new Map(pairs) }, METADATA);
  const other = encodeGob({ Name: "n", Metadata: new Map(pairs.toReversed()) }, METADATA);
  assertEquals(one, other);
  assertEquals(decodeGob(one, METADATA).value.Metadata, new Map(pairs));
});

Deno.test("decodeGob() gives what encodeGob() was given", () => {
  for (let seed = 0; seed < 300; seed++) {
    const document = makeDocument(new FuzzRandom(seed));
    const gob = encodeGob(document, DOCUMENT);
    const { value, fault, endOffset } = decodeGob(gob, DOCUMENT);
    assertEquals([fault, endOffset], [null, gob.length], `seed ${seed}`);
    assertEquals(holds(value), holds(document), `seed ${seed}`);
    assertEquals(encodeGob(value, DOCUMENT), gob, `seed ${seed}`);
  }
});

Deno.test("decodeGob() gives what encodeGob() was given when structs are nested", () => {
  const shape = structShape({
    Groups: mapShape(structShape({ Title: text, Members: mapShape(textMap) }, "p.Group")),
  });
  const members = new Map([["x", new Map([["k", "v"]])], ["y", new Map()]]);
  const value = {
    Groups: new Map([
      ["a", { Title: "t", Members: members }],
      ["b", { Title: undefined, Members: new Map() }],
    ]),
  };
  assertEquals(decodeGob(encodeGob(value, shape), shape).value, value);
});

/** A document that has every length of an unsigned integer in it now and then. */
function makeDocument(random: FuzzRandom): Document {
  const count = random.pick([0, 1, 3, 24, 200]);
  const pairs = Array.from(
    { length: random.below(4) },
    (): [string, string] => [makeText(random), makeText(random)],
  );
  const bits = Uint32Array.from({ length: count }, () => makeFloatBits(random));
  return {
    ID: makeText(random) || undefined,
    Metadata: random.below(4) === 0 ? undefined : new Map(pairs),
    Embedding: count === 0 ? undefined : new Float32Array(bits.buffer),
    Content: makeText(random) || undefined,
  };
}

/** The bits of a float: zeros, the smallest ones, ordinary ones, infinities; one NaN. */
function makeFloatBits(random: FuzzRandom): number {
  const special = [0, 0x8000_0000, 1, 0x007f_ffff, 0x7f7f_ffff, 0x7f80_0000, 0xff80_0000];
  if (random.below(4) === 0) return random.pick([...special, 0x7fc0_0000]);
  const bits = (random.below(0x7f80) << 16 | random.below(0x1_0000)) >>> 0;
  return random.below(2) === 0 ? bits : (bits | 0x8000_0000) >>> 0;
}

function makeText(random: FuzzRandom): string {
  const pieces = [
    "a",
    "/",
    "é",
    "日本",
    "😀",
    "\u0000",
    "\udc80",
    "\udcff",
    "0123456789".repeat(9),
  ];
  const length = random.below(6);
  const text = Array.from({ length }, () => random.pick(pieces)).join("");
  // Bytes that stand side by side can be a character: the text is that of its bytes.
  const bytes = encodeGobText(text);
  return decodeGobText(bytes, 0, bytes.length);
}
