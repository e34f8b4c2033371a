import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../lib/base/seeded_random.ts";
import { LONGEST_FLOAT_TEXT, writeFloat } from "../../lib/export/float_text.ts";

const decoder = new TextDecoder();
const target = new Uint8Array(LONGEST_FLOAT_TEXT + 2).fill(0x23);

function textOf(value: number): string {
  const end = writeFloat(value, target, 1);
  assert(end - 1 <= LONGEST_FLOAT_TEXT);
  return decoder.decode(target.subarray(1, end));
}

Deno.test("writeFloat() gives every float back when it is read when bits are any", () => {
  const random = new SeededRandom(20_261_121);
  const floats = new Float32Array(1);
  const words = new Uint32Array(floats.buffer);
  for (let round = 0; round < 300_000; round++) {
    words[0] = random.below(2 ** 32);
    // Every second one is of the size that numbers of a vector have.
    if (round % 2 === 0) floats[0] = (random.below(2 ** 32) / 2 ** 31 - 1) * 10 ** (round % 5 - 3);
    const [value = 0] = floats;
    if (!Number.isFinite(value)) continue;
    const text = textOf(value);
    assert(Object.is(Math.fround(Number(text)), value), `${value} ${text}`);
    assert(/^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(text) && /[.e]/.test(text), text);
    const digits = text.replace(/e.*$/, "").replace(/[-.]/g, "").replace(/^0+|0+$/g, "");
    assert(digits.length <= 9, text);
  }
});

Deno.test("writeFloat() writes few digits when few are enough", () => {
  const cases: [number, string][] = [
    [0, "0.0"],
    [-0, "-0.0"],
    [1, "1.0"],
    [-0.5, "-0.5"],
    [0.1, "0.1"],
    [1 / 3, "0.33333334"],
    [1234567, "1234567.0"],
    [9999999, "9999999.0"],
    [1e7, "10000000.0"],
    [16777216, "16777216.0"],
    [1e-5, "0.00001"],
    [1e-6, "0.000001"],
    [1e-10, "1e-10"],
    [3.4028234663852886e38, "3.4028235e+38"],
    [1.401298464324817e-45, "1e-45"],
  ];
  for (const [value, text] of cases) assertEquals(textOf(Math.fround(value)), text);
});

Deno.test("writeFloat() writes what JSON takes when a number is none", () => {
  assertEquals([NaN, Infinity, -Infinity].map(textOf), ["null", "1e999", "-1e999"]);
});
