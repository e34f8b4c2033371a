import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { isNormalised, judgeVector } from "../../../lib/stores/chromem/judge_vector.ts";

/** What chromem-go writes: `normalizeVector` in vector.go, one rounding after each step. */
function normalise(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum = Math.fround(sum + Math.fround(value * value));
  const length = Math.fround(Math.sqrt(sum));
  return vector.map((value) => value / length);
}

/** Vectors for which adding squares up in single precision goes as wrong as it can. */
function worstVector(dimension: number): Float32Array {
  // Each square but the first is just too small to change the sum.
  const vector = new Float32Array(dimension).fill(Math.sqrt(0.999 * 2 ** -24));
  vector[0] = 1;
  return vector;
}

Deno.test("isNormalised() takes whatever chromem-go can write, up to the worst case", () => {
  for (const dimension of [2, 24, 384, 1536, 4096, 65_536]) {
    const random = Float32Array.from({ length: dimension }, (_, index) => Math.sin(index * 7.3));
    const equal = new Float32Array(dimension).fill(0.1);
    for (const vector of [random, equal, worstVector(dimension)]) {
      const { length } = judgeVector(normalise(vector));
      assertEquals(isNormalised(length, dimension), true, `${dimension}: ${length}`);
    }
  }
});

Deno.test("judgeVector() measures what isNormalised() has to bear", () => {
  const worst = Math.abs(judgeVector(normalise(worstVector(4096))).length - 1);
  assertGreater(worst, 1e-4);
  assertLess(worst, 4096 * 2 ** -25);
});

Deno.test("isNormalised() refuses lengths that change a similarity", () => {
  for (const length of [0, 0.5, 0.99, 1.01, 2, Infinity, NaN]) {
    assertEquals(isNormalised(length, 384), false, String(length));
  }
});

Deno.test("judgeVector() finds numbers that are not finite, and the first of them", () => {
  assertEquals(judgeVector(Float32Array.of(3, 4)), {
    notFinite: 0,
    firstNotFinite: null,
    length: 5,
  });
  assertEquals(judgeVector(Float32Array.of(1, NaN, 2, -Infinity)), {
    notFinite: 2,
    firstNotFinite: 1,
    length: NaN,
  });
  const largest = new Float32Array(1000).fill(3.4028234e38);
  assertEquals(judgeVector(largest).notFinite, 0);
});
