import { assert, assertEquals } from "@std/assert";
import { decodeGob, salvageGob } from "../../lib/codec/gob.ts";
import { DOCUMENT, holds, METADATA, readGoVectors } from "./gob_vectors.ts";

const VECTOR = readGoVectors().vectors.find(({ name }) => name === "document");
assert(VECTOR !== undefined);
const { gob, held } = VECTOR;

Deno.test("salvageGob() finds the value when the descriptions of types are damaged", () => {
  // Three descriptions, each behind its length.
  const prefixEnd = 0x47 + 0x22 + 0x18;
  let refused = 0;
  for (let bit = 0; bit < 8 * prefixEnd; bit++) {
    const offset = bit >> 3;
    const damaged = gob.with(offset, (gob[offset] ?? 0) ^ (1 << (bit & 7)));
    if (decodeGob(damaged, DOCUMENT).fault === null) continue;
    refused++;
    const value = salvageGob(damaged, DOCUMENT);
    assert(value !== null, `bit ${bit}`);
    assertEquals(holds(value), held, `bit ${bit}`);
  }
  assert(refused > 400, `${refused} refused`);
});

Deno.test("salvageGob() finds the value when bytes before it are lost or inserted", () => {
  for (const start of [1, 10, 100]) {
    const value = salvageGob(gob.subarray(start), DOCUMENT);
    assertEquals(value === null ? null : holds(value), held);
    const longer = Uint8Array.from([...gob.subarray(0, start), 7, 7, 7, ...gob.subarray(start)]);
    const other = salvageGob(longer, DOCUMENT);
    assertEquals(other === null ? null : holds(other), held);
  }
});

Deno.test("salvageGob() finds nothing when the value does not fit to the last byte", () => {
  for (let size = 0; size < gob.length; size++) {
    assertEquals(salvageGob(gob.subarray(0, size), DOCUMENT), null, `cut at ${size}`);
  }
  assertEquals(salvageGob(Uint8Array.from([...gob, 0]), DOCUMENT), null);
  assertEquals(salvageGob(gob, METADATA), null);
});

Deno.test("salvageGob() finds nothing in bytes that are no gob", () => {
  for (const byte of [0, 3, 0x7f, 0x80, 0xf8, 0xfc, 0xff]) {
    assertEquals(salvageGob(new Uint8Array(5000).fill(byte), DOCUMENT), null);
  }
});
