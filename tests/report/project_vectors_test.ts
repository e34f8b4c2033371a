import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "../../lib/base/seeded_random.ts";
import type { SampledVector, VectorState } from "../../lib/model/portrait.ts";
import { projectVectors } from "../../lib/report/project_vectors.ts";
import { PLANE_SIZE } from "../../lib/report/report_model.ts";

function vector(
  values: readonly number[] | null,
  state: VectorState = "live",
  label = "a",
): SampledVector {
  return { values: values === null ? null : Float32Array.from(values), state, label };
}

function cloud(count: number, dimension = 4): SampledVector[] {
  const random = new SeededRandom(count);
  return Array.from({ length: count }, (_, index) =>
    vector(
      Array.from({ length: dimension }, () => random.word() / 2 ** 32 - 0.5),
      "live",
      `record-${index}`,
    ));
}

Deno.test("projectVectors() puts every vector on the plane, both directions by one scale", () => {
  // Four times as wide as high: that is how it is shown.
  const vectors = [[4, 0], [-4, 0], [0, 1], [0, -1]].map((values) => vector(values));
  const projection = projectVectors({ total: 4, vectors });
  const points = projection?.points.map(({ x, y }) => [x - PLANE_SIZE / 2, y - PLANE_SIZE / 2]);
  const [right = [], left = [], up = []] = points ?? [];
  assertEquals(right[0], -(left[0] ?? 0));
  assertEquals(Math.abs((right[0] ?? 0) / (up[1] ?? 1)).toFixed(1), "4.0");
  assert(projection?.points.every(({ isOutside }) => !isOutside));
});

Deno.test("projectVectors() counts what has no position, and keeps the rest", () => {
  const vectors = [
    ...cloud(20),
    vector(null, "missing"),
    vector(null, "damaged"),
    vector(null, "damaged"),
    vector([1, 2], "live"),
  ];
  const projection = projectVectors({ total: 30, vectors });
  assertEquals(projection?.points.length, 20);
  assertEquals(projection?.without, { missing: 1, damaged: 3 });
  assertEquals(projection?.total, 30);
});

Deno.test("projectVectors() shows one that lies far outside at the edge, and the others as without it", () => {
  const usual = cloud(50);
  const alone = projectVectors({ total: 50, vectors: usual });
  const flipped = vector([3e37, 0, 0, 0], "live", "flipped");
  const both = projectVectors({ total: 51, vectors: [...usual, flipped] });
  assertEquals(both?.points.slice(0, 50), alone?.points);
  assertEquals(both?.explained, alone?.explained);
  const [last] = both?.points.slice(50) ?? [];
  assertEquals([last?.isOutside, last?.label], [true, "flipped"]);
  assert(
    last !== undefined && Math.min(last.x, last.y) >= 0 && Math.max(last.x, last.y) <= PLANE_SIZE,
  );
});

Deno.test("projectVectors() says of deleted vectors what they are, and is not led by them", () => {
  const live = cloud(30);
  const alone = projectVectors({ total: 30, vectors: live });
  const deleted = live.slice(0, 5).map(({ values, label }): SampledVector => ({
    values,
    label,
    state: "deleted",
  }));
  const both = projectVectors({ total: 35, vectors: [...live, ...deleted] });
  assertEquals(both?.points.slice(0, 30), alone?.points);
  assertEquals(both?.points.filter(({ state }) => state === "deleted").length, 5);
});

Deno.test("projectVectors() shows nothing of two vectors, and one place of many equal ones", () => {
  assertEquals(projectVectors({ total: 2, vectors: cloud(2) }), null);
  assertEquals(projectVectors({ total: 0, vectors: [] }), null);
  const equal = [1, 2, 3].map(() => vector([1, 1]));
  const places = projectVectors({ total: 3, vectors: equal })?.points.map(({ x, y }) => [x, y]);
  assertEquals(places, [[500, 500], [500, 500], [500, 500]]);
});
