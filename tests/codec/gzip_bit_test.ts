/**
 * Finding one flipped bit of a gzip file.
 */
import { assertEquals } from "@std/assert";
import { gzip } from "../../lib/codec/gzip.ts";
import { findFlippedGzipBit, gunzipWithoutBit } from "../../lib/codec/gzip_bit.ts";

const TEXT = new TextEncoder().encode("what was written, what was written, and what was read");
const LIMIT_BYTES = 1 << 16;

function flipped(...bits: number[]): Uint8Array<ArrayBuffer> {
  const file = gzip(TEXT);
  for (const bit of bits) file[bit >> 3] = (file[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return file;
}

Deno.test("findFlippedGzipBit() finds the bit in the header, the body and the checksum", () => {
  const bits = 8 * gzip(TEXT).byteLength;
  for (const bit of [3, 20, 90, 133, bits - 50, bits - 1]) {
    const file = flipped(bit);
    assertEquals(findFlippedGzipBit(file, LIMIT_BYTES), bit);
    assertEquals(file, flipped(bit));
    assertEquals(gunzipWithoutBit(file, bit), TEXT);
  }
});

Deno.test("findFlippedGzipBit() finds nothing in a file with two flipped bits, or a cut one", () => {
  assertEquals(findFlippedGzipBit(flipped(100, 200), LIMIT_BYTES), null);
  assertEquals(findFlippedGzipBit(gzip(TEXT).subarray(0, -9), LIMIT_BYTES), null);
  assertEquals(findFlippedGzipBit(new Uint8Array(0), LIMIT_BYTES), null);
});
