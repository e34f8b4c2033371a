import { assertEquals, assertNotEquals } from "@std/assert";
import { FactSet, Hash128 } from "../../lib/base/hash128.ts";

const encoder = new TextEncoder();

function hashOf(text: string): string {
  return String(new Hash128().addBytes(encoder.encode(text)));
}

Deno.test("Hash128.addBytes() is MurmurHash3_x86_128", () => {
  assertEquals(hashOf(""), "00000000000000000000000000000000");
  assertEquals(
    hashOf("The quick brown fox jumps over the lazy dog"),
    "2f1583c3ecee2c675d7bf66ce5e91d2c",
  );
  assertEquals(
    String(new Hash128().set(123, 123, 123, 123).addBytes(encoder.encode("hello"))),
    referenceOf(encoder.encode("hello"), 123),
  );
});

Deno.test("Hash128 gives one hash for words and for their bytes, of any length", () => {
  const bytes = crypto.getRandomValues(new Uint8Array(4 * 37));
  for (let count = 0; count <= 37; count++) {
    assertEquals(
      String(new Hash128().addWords(new Uint32Array(bytes.buffer), 0, count)),
      String(new Hash128().addBytes(bytes, 0, 4 * count)),
    );
  }
});

Deno.test("Hash128.addBytes() takes a part wherever it stands, and nothing beside it", () => {
  const bytes = encoder.encode("before, a text of any length, behind");
  for (let end = 8; end < 30; end++) {
    const part = bytes.slice(8, end);
    assertEquals(
      String(new Hash128().addBytes(bytes, 8, end)),
      String(new Hash128().addBytes(part)),
    );
  }
});

Deno.test("Hash128.continueFrom() tells what follows by the tag", () => {
  const id = new Hash128().addBytes(encoder.encode("id"));
  const one = String(new Hash128().continueFrom(id, 1).addBytes(encoder.encode("x")));
  const two = String(new Hash128().continueFrom(id, 2).addBytes(encoder.encode("x")));
  assertNotEquals(one, two);
});

Deno.test("FactSet.hash depends on the facts and on how often each is there, not on their order", () => {
  const setOf = (...texts: string[]): string => {
    const facts = new FactSet();
    for (const text of texts) facts.add(new Hash128().addBytes(encoder.encode(text)));
    return String(facts.hash);
  };
  assertEquals(setOf("a", "b", "c"), setOf("c", "a", "b"));
  assertNotEquals(setOf("a", "b"), setOf("a", "b", "b"));
  assertNotEquals(setOf("a", "b"), setOf("a", "c"));
  assertNotEquals(setOf(), setOf(""));
});

/** The algorithm as its author writes it, with bigint arithmetic. */
function referenceOf(bytes: Uint8Array, seed: number): string {
  const mask = 0xffff_ffffn;
  const [c1, c2, c3, c4] = [0x239b961bn, 0xab0e9789n, 0x38b34ae5n, 0xa1e38b93n];
  const rotate = (word: bigint, by: bigint): bigint => (word << by | word >> 32n - by) & mask;
  const word = (index: number): bigint => {
    let value = 0n;
    for (let byte = 0; byte < 4; byte++) {
      value |= BigInt(bytes[index + byte] ?? 0) << BigInt(8 * byte);
    }
    return value;
  };
  // Fewer than sixteen bytes: the tail alone.
  let [h1, h2, h3, h4] = Array<bigint>(4).fill(BigInt(seed));
  h4 = (h4 ?? 0n) ^ rotate(word(12) * c4 & mask, 18n) * c1 & mask;
  h3 = (h3 ?? 0n) ^ rotate(word(8) * c3 & mask, 17n) * c4 & mask;
  h2 = (h2 ?? 0n) ^ rotate(word(4) * c2 & mask, 16n) * c3 & mask;
  h1 = (h1 ?? 0n) ^ rotate(word(0) * c1 & mask, 15n) * c2 & mask;
  let lanes = [h1, h2, h3, h4].map((lane) => lane ^ BigInt(bytes.byteLength));
  const mix = (): void => {
    const first = lanes.reduce((sum, lane) => sum + lane & mask, 0n);
    lanes = lanes.map((lane, index) => index === 0 ? first : lane + first & mask);
  };
  mix();
  lanes = lanes.map((lane) => {
    let mixed = lane ^ lane >> 16n;
    mixed = mixed * 0x85ebca6bn & mask;
    mixed ^= mixed >> 13n;
    mixed = mixed * 0xc2b2ae35n & mask;
    return mixed ^ mixed >> 16n;
  });
  mix();
  return lanes.map((lane) => lane.toString(16).padStart(8, "0")).join("");
}
