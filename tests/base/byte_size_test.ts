import { assertEquals } from "@std/assert";
import { parseByteSize } from "../../lib/base/byte_size.ts";

Deno.test("parseByteSize() reads binary and decimal units, in any case, and bytes alone", () => {
  const sizes = ["512", "0", "7B", "2k", "1.5KiB", "3M", "3MiB", "3MB", "2gib", "2GB", "1T"];
  assertEquals(sizes.map(parseByteSize), [
    512,
    0,
    7,
    2048,
    1536,
    3 * 1024 ** 2,
    3 * 1024 ** 2,
    3_000_000,
    2 * 1024 ** 3,
    2_000_000_000,
    1024 ** 4,
  ]);
});

Deno.test("parseByteSize() gives null when the text is no size", () => {
  for (
    const text of ["", "GiB", "-1", "1.5.2M", ".5G", "1 GiB", "2PB", "0x10", "1e3", "9999999T"]
  ) {
    assertEquals(parseByteSize(text), null, text);
  }
});
