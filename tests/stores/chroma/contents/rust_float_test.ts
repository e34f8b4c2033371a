import { assertEquals } from "@std/assert";
import { parseRustFloat } from "../../../../lib/stores/chroma/contents/rust_float.ts";

Deno.test("parseRustFloat() gives what 1.5.9 puts into its tables", () => {
  // In the queue, and in embedding_metadata.float_value: one in eight loses its last bit.
  const measured: [string, number][] = [
    ["0.9504636963259353", 0.9504636963259352],
    ["0.14415961271963373", 0.1441596127196337],
    ["0.9486494471372439", 0.948649447137244],
    ["0.40311298644712923", 0.4031129864471292],
    ["0.20345524067614962", 0.2034552406761496],
    ["0.5", 0.5],
    ["1.5e300", 1.5e300],
  ];
  for (const [text, value] of measured) assertEquals(parseRustFloat(text), value);
});

Deno.test("parseRustFloat() reads every form of a number", () => {
  assertEquals(parseRustFloat("-2.5"), -2.5);
  assertEquals(parseRustFloat("2.5E+2"), 250);
  assertEquals(parseRustFloat("25e-1"), 2.5);
  assertEquals(parseRustFloat("-0.0"), -0);
  assertEquals(parseRustFloat("0e5"), 0);
  assertEquals(parseRustFloat("18446744073709551616"), 2 ** 64);
  assertEquals(parseRustFloat("184467440737095516150000"), 1.8446744073709552e23);
  assertEquals(parseRustFloat("1e-320"), 1e-320);
  assertEquals(parseRustFloat("1e-400"), 0);
  assertEquals(parseRustFloat("none"), NaN);
});

Deno.test("parseRustFloat() takes no digits beyond 64 bits", () => {
  assertEquals(parseRustFloat("0.12345678901234567890123"), 12345678901234567890 / 1e20);
});
