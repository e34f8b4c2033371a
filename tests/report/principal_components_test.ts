import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { SeededRandom } from "../../lib/base/seeded_random.ts";
import { centreVectors, findPrincipalComponents } from "../../lib/report/principal_components.ts";

/** Points whose spread along each direction is known, turned by 30 degrees in the first plane. */
function turnedCloud(dimension: number): Float32Array[] {
  const [cosine, sine] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const spread = [8, 4, 1];
  const vectors: Float32Array[] = [];
  // A cross has no covariance between its directions: nothing of the result is left to chance.
  for (const [direction, size] of spread.entries()) {
    for (const sign of [-1, 1]) {
      const point = [0, 0, 0];
      point[direction] = sign * size;
      const [x = 0, y = 0, z = 0] = point;
      const vector = new Float32Array(dimension).fill(100);
      vector[0] = 100 + cosine * x - sine * y;
      vector[1] = 100 + sine * x + cosine * y;
      vector[2] = 100 + z;
      vectors.push(vector);
    }
  }
  return vectors;
}

Deno.test("findPrincipalComponents() finds the directions and shares of a known cloud", () => {
  for (const dimension of [3, 5, 40]) {
    const { axes, explained } = findPrincipalComponents(centreVectors(turnedCloud(dimension)));
    const total = 64 + 16 + 1;
    assertAlmostEquals(explained[0], 64 / total, 1e-6);
    assertAlmostEquals(explained[1], 16 / total, 1e-6);
    assertAlmostEquals(axes[0][0] ?? 0, Math.cos(Math.PI / 6), 1e-5);
    assertAlmostEquals(axes[0][1] ?? 0, Math.sin(Math.PI / 6), 1e-5);
    assertAlmostEquals(axes[1][0] ?? 0, -Math.sin(Math.PI / 6), 1e-5);
    assertAlmostEquals(axes[1][1] ?? 0, Math.cos(Math.PI / 6), 1e-5);
  }
});

Deno.test("findPrincipalComponents() gives the same for the same vectors, and directions of length 1", () => {
  const random = new SeededRandom(7);
  const vectors = Array.from(
    { length: 60 },
    () => Float32Array.from({ length: 24 }, () => random.word() / 2 ** 32),
  );
  const [first, second] = [vectors, vectors].map((given) =>
    findPrincipalComponents(centreVectors(given))
  );
  assertEquals(first, second);
  for (const axis of first?.axes ?? []) {
    assertAlmostEquals(axis.reduce((sum, value) => sum + value * value, 0), 1, 1e-9);
  }
  const between = first?.axes[0].reduce(
    (sum, value, place) => sum + value * (first.axes[1][place] ?? 0),
    0,
  );
  assertAlmostEquals(between ?? 1, 0, 1e-9);
});

Deno.test("findPrincipalComponents() takes vectors that differ in one direction or in none", () => {
  const line = [1, 2, 3, 4].map((value) => Float32Array.of(value, 2 * value, 0, 0));
  const { explained } = findPrincipalComponents(centreVectors(line));
  assertAlmostEquals(explained[0], 1, 1e-6);
  assertAlmostEquals(explained[1], 0, 1e-6);
  const same = [1, 1, 1].map(() => Float32Array.of(5, 6));
  assertEquals(findPrincipalComponents(centreVectors(same)).explained, [0, 0]);
  const single = [1, 2, 4].map((value) => Float32Array.of(value));
  assert(findPrincipalComponents(centreVectors(single)).explained[0] > 0.999);
});
