/**
 * One flipped bit of a text, and of an embedding.
 */
import { assert, assertEquals } from "@std/assert";
import { encodeGobText } from "../../../../lib/codec/gob.ts";
import { decodeGobText } from "../../../../lib/codec/gob/text.ts";
import { hashName } from "../../../../lib/stores/chromem/name_hash.ts";
import { correctBit } from "../../../../lib/stores/chromem/repair/correct_bit.ts";
import { correctVectorBit } from "../../../../lib/stores/chromem/repair/correct_vector_bit.ts";
import { normaliseVector, toUnitVector } from "../../../../lib/stores/chromem/repair/gob_files.ts";

const NAME = "日本語 notes";

Deno.test("correctBit() finds the text whatever bit was flipped, also where it is no UTF-8 then", () => {
  const bytes = encodeGobText(NAME);
  for (let bit = 0; bit < 8 * bytes.byteLength; bit += 5) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const text = decodeGobText(flipped, 0, flipped.byteLength);
    assertEquals(correctBit(text, hashName(NAME)), NAME);
  }
});

Deno.test("correctBit() finds nothing for a text that is another one, or longer than any name", () => {
  assertEquals(correctBit("something else", hashName(NAME)), null);
  assertEquals(correctBit("x".repeat(257), hashName("x".repeat(257))), null);
});

function unit(dimension: number): Float32Array<ArrayBuffer> {
  const vector = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index + 1));
  return normaliseVector(vector) ?? vector;
}

function flip(vector: Float32Array, index: number, bit: number): Float32Array<ArrayBuffer> {
  const flipped = Float32Array.from(vector);
  const bits = new Uint32Array(flipped.buffer);
  bits[index] = (bits[index] ?? 0) ^ (1 << bit);
  return flipped;
}

Deno.test("correctVectorBit() finds the bit that took the length away", () => {
  const vector = unit(24);
  for (const bit of [22, 23, 25, 30]) {
    assertEquals(correctVectorBit(flip(vector, 7, bit)), vector);
  }
});

Deno.test("correctVectorBit() finds nothing where more than one bit was flipped", () => {
  assertEquals(correctVectorBit(flip(flip(unit(24), 3, 24), 9, 25)), null);
  assertEquals(correctVectorBit(unit(24).map((value, index) => index < 12 ? value : 0)), null);
  assertEquals(correctVectorBit(new Float32Array(24).fill(NaN)), null);
});

Deno.test("normaliseVector() gives the length 1 in single precision, and in double where it must", () => {
  assertEquals(normaliseVector(Float32Array.of(3, 4)), Float32Array.of(3 / 5, 4 / 5));
  for (const scale of [1e30, 1e-30]) {
    const vector = normaliseVector(Float32Array.of(3 * scale, 4 * scale));
    assert(vector !== null && Math.abs(Math.hypot(...vector) - 1) < 1e-6);
  }
  assertEquals(normaliseVector(new Float32Array(3)), null);
  assertEquals(normaliseVector(Float32Array.of(1, NaN)), null);
});

Deno.test("toUnitVector() leaves a vector of length 1 as it is", () => {
  const vector = unit(8);
  assert(toUnitVector(vector) === vector);
  assertEquals(toUnitVector(Float32Array.of(0, 2)), Float32Array.of(0, 1));
  assertEquals(toUnitVector(new Float32Array(2)), null);
});
