import { assertEquals, assertThrows } from "@std/assert";
import { ByteCursor, toIndex } from "../../lib/base/bytes.ts";

Deno.test("ByteCursor reads little-endian values one after another", () => {
  const cursor = new ByteCursor(new Uint8Array([1, 2, 1, 255, 255, 255, 255, 4, 0, 0, 0]));
  assertEquals([cursor.u8(), cursor.u16(), cursor.i32(), cursor.u32()], [1, 258, -1, 4]);
  assertEquals(cursor.remaining, 0);
});

Deno.test("ByteCursor throws a RangeError when a read would pass the end", () => {
  const cursor = new ByteCursor(new Uint8Array(7), 0);
  assertThrows(() => cursor.u64(), RangeError, "Read of 8 bytes at 0 passes the end at 7");
  assertThrows(() => cursor.take(-1), RangeError);
  assertEquals(cursor.take(7).byteLength, 7);
});

Deno.test("ByteCursor reads from the part that it was given when that is a view", () => {
  const bytes = new Uint8Array([9, 9, 5, 0, 0, 0, 9]).subarray(2, 6);
  assertEquals(new ByteCursor(bytes).u32(), 5);
});

Deno.test("toIndex() gives null when the value is above 2^53 - 1", () => {
  assertEquals(toIndex(5n), 5);
  assertEquals(toIndex(BigInt(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER);
  assertEquals(toIndex(1n << 53n), null);
});
