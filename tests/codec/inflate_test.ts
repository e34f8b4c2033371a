import { assert, assertEquals } from "@std/assert";
import { deflateRawSync } from "node:zlib";
import { inflateSound } from "../../lib/codec/inflate.ts";
import { FuzzRandom } from "../fuzz/mutate.ts";

const LIMIT_BYTES = 1 << 20;

function makeBytes(random: FuzzRandom, sizeBytes: number, values: number): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, () => random.below(values));
}

Deno.test("inflateSound() gives what was deflated, with blocks of every kind", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = new FuzzRandom(seed);
    const bytes = makeBytes(random, random.pick([0, 1, 100, 40_000]), random.pick([1, 2, 16, 256]));
    // Strategy 2 has no copies, 4 only fixed codes; level 0 stores.
    const options = { level: seed % 10, strategy: random.pick([0, 2, 4]) };
    const deflated = deflateRawSync(bytes, options);
    const behind = Uint8Array.from([...deflated, 1, 2, 3]);
    const inflated = inflateSound(behind, LIMIT_BYTES);
    assertEquals(inflated.fault, null, `seed ${seed}`);
    assertEquals(inflated.usedBytes, deflated.length, `seed ${seed}`);
    assert(inflated.bytes.every((byte, index) => byte === bytes[index]), `seed ${seed}`);
    assertEquals(inflated.bytes.length, bytes.length, `seed ${seed}`);
  }
});

Deno.test("inflateSound() gives the bytes before the end when they are cut", () => {
  const bytes = makeBytes(new FuzzRandom(1), 3000, 20);
  const deflated = deflateRawSync(bytes);
  let before = 0;
  for (let size = 0; size < deflated.length; size++) {
    const inflated = inflateSound(deflated.subarray(0, size), LIMIT_BYTES);
    assertEquals([inflated.fault, inflated.usedBytes], ["truncated", size]);
    assert(inflated.bytes.length >= before);
    before = inflated.bytes.length;
    assertEquals(inflated.bytes, bytes.slice(0, before));
  }
  assert(before >= bytes.length - 2);
});

Deno.test("inflateSound() gives the bytes before the damage when a block is malformed", () => {
  const bytes = makeBytes(new FuzzRandom(2), 2000, 256);
  const stored = deflateRawSync(bytes, { level: 0 });
  // The first block is made one that is not the last, and a block of the reserved type follows.
  const broken = Uint8Array.from([...stored, 0b111]);
  broken[0] = 0;
  const inflated = inflateSound(broken, LIMIT_BYTES);
  assertEquals([inflated.fault, inflated.bytes.length], ["malformed", 2000]);
});

Deno.test("inflateSound() refuses codes and copies that no compressor writes", () => {
  for (
    const bits of [
      // A stored block whose length is not the complement of its complement.
      [0b1, 0x01, 0x00, 0xff, 0xff],
      // Fixed codes; the first symbol is a copy from before the start: length 3, distance 1.
      [0b011, 0b0000_0010],
      // Own codes: 31 distance codes.
      [0b1111_0101, 0xff, 0xff, 0xff, 0xff, 0xff],
      // Own codes: no code for the lengths of codes.
      [0b0000_0101, 0, 0, 0, 0, 0, 0, 0],
    ]
  ) {
    const inflated = inflateSound(Uint8Array.from(bits), LIMIT_BYTES);
    assertEquals([inflated.fault, inflated.bytes.length], ["malformed", 0]);
  }
});

Deno.test("inflateSound() stops at the limit", () => {
  const deflated = deflateRawSync(new Uint8Array(1 << 22));
  const inflated = inflateSound(deflated, 1000);
  assertEquals([inflated.fault, inflated.bytes.length], ["too-large", 1000]);
  assertEquals(inflateSound(deflateRawSync(new Uint8Array(1000)), 1000).fault, null);
});
