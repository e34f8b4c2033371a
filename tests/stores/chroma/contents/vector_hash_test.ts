import { assertEquals, assertNotEquals } from "@std/assert";
import { VectorHasher } from "../../../../lib/stores/chroma/contents/vector_hash.ts";

/** Random numbers that are the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = Math.imul(state, 1_664_525) + 1_013_904_223 >>> 0;
    return state / 2 ** 32;
  };
}

function vectorsOf(count: number, dimension: number, seed: number): Float32Array[] {
  const random = randomOf(seed);
  const scales = [1, 0.001, 37.5, 1e6];
  return Array.from({ length: count }, (_, index) => {
    const scale = scales[index % scales.length] ?? 1;
    return Float32Array.from({ length: dimension }, () => scale * (random() - random()));
  });
}

/** What hnswlib makes of a vector, written the short way. */
function normalise(vector: Float32Array): Float32Array {
  const { fround, sqrt } = Math;
  const sum = vector.reduce((total, value) => fround(total + fround(value * value)), 0);
  const scale = fround(1 / fround(fround(sqrt(sum)) + fround(1e-30)));
  return vector.map((value) => fround(value * scale));
}

function indexed(hasher: VectorHasher, ...vectors: Float32Array[]): string[] {
  const dimension = vectors[0]?.length ?? 0;
  // As in a slot: links before the vector, a label behind it.
  const stride = dimension + 5;
  const floats = new Float32Array(stride * vectors.length);
  vectors.forEach((vector, index) => floats.set(vector, 3 + index * stride));
  const hashes: string[] = [];
  hasher.hashIndexed({
    words: new Uint32Array(floats.buffer),
    floats,
    start: 3,
    stride,
    count: vectors.length,
  }, (index, hash) => hashes[index] = String(hash));
  return hashes;
}

function indexedOne(hasher: VectorHasher, vector: Float32Array): string {
  return indexed(hasher, vector)[0] ?? "";
}

function queued(hasher: VectorHasher, vector: Float32Array): string {
  return String(hasher.ofQueued(vector));
}

function withBitFlipped(vector: Float32Array, component: number, bit: number): Float32Array {
  const flipped = vector.slice();
  const words = new Uint32Array(flipped.buffer);
  words[component] = (words[component] ?? 0) ^ 1 << bit;
  return flipped;
}

for (const dimension of [1, 3, 8, 48, 384, 385]) {
  Deno.test(`VectorHasher gives one hash for a cosine vector of ${dimension} floats in the queue, in the index, and normalised again`, () => {
    const hasher = new VectorHasher(dimension, true);
    for (const vector of vectorsOf(40, dimension, dimension)) {
      const once = normalise(vector);
      const twice = normalise(once);
      const expected = queued(hasher, vector);
      assertEquals(indexedOne(hasher, once), expected);
      assertEquals(indexedOne(hasher, twice), expected);
      assertEquals(queued(hasher, once), expected);
      assertEquals(queued(hasher, twice), expected);
    }
  });
}

Deno.test("VectorHasher gives every slot of a block the hash that it has alone", () => {
  for (const isCosine of [true, false]) {
    const hasher = new VectorHasher(24, isCosine);
    for (let count = 1; count <= 9; count++) {
      const vectors = vectorsOf(count, 24, count).map(normalise);
      const alone = vectors.map((vector) => indexedOne(hasher, vector));
      assertEquals(indexed(hasher, ...vectors), alone);
      assertEquals(new Set(alone).size, count);
    }
  }
});

Deno.test("VectorHasher takes an l2 vector by its bits, in the queue and in the index", () => {
  const hasher = new VectorHasher(16, false);
  for (const vector of vectorsOf(8, 16, 5)) {
    assertEquals(indexedOne(hasher, vector), queued(hasher, vector));
    for (let component = 0; component < 16; component++) {
      for (let bit = 0; bit < 32; bit++) {
        const flipped = withBitFlipped(vector, component, bit);
        assertNotEquals(indexedOne(hasher, flipped), indexedOne(hasher, vector));
      }
    }
  }
  const zero = new Float32Array(16);
  assertNotEquals(queued(hasher, withBitFlipped(zero, 3, 31)), queued(hasher, zero));
});

Deno.test("VectorHasher notices every bit of a cosine vector in the index", () => {
  const hasher = new VectorHasher(48, true);
  for (const vector of vectorsOf(6, 48, 9).map(normalise)) {
    const hash = indexedOne(hasher, vector);
    for (let component = 0; component < 48; component++) {
      for (let bit = 0; bit < 32; bit++) {
        const flipped = withBitFlipped(vector, component, bit);
        assertNotEquals(indexedOne(hasher, flipped), hash, `bit ${bit} of ${component}`);
      }
    }
  }
});

Deno.test("VectorHasher takes directions, not lengths, of a cosine space", () => {
  const hasher = new VectorHasher(24, true);
  for (const vector of vectorsOf(8, 24, 3)) {
    const twice = vector.map((value) => 2 * value);
    assertEquals(queued(hasher, twice), queued(hasher, vector));
    const opposite = vector.map((value) => -value);
    assertNotEquals(queued(hasher, opposite), queued(hasher, vector));
  }
});

Deno.test("VectorHasher gives vectors without a direction a hash too", () => {
  const hasher = new VectorHasher(4, true);
  const odd = [
    [0, 0, 0, 0],
    [NaN, 1, 2, 3],
    [Infinity, 1, 0, 0],
    [1e30, 1e30, 1, 0],
    [1e-40, 0, 0, 0],
  ];
  for (const values of odd) {
    const vector = Float32Array.from(values);
    assertEquals(queued(hasher, vector), queued(hasher, vector));
    assertEquals(indexedOne(hasher, vector), indexedOne(hasher, vector));
  }
  assertEquals(
    queued(hasher, Float32Array.from([0, 0, 0, 0])),
    indexedOne(hasher, new Float32Array(4)),
  );
  // The squares are beyond single precision, so hnswlib keeps nothing but zeros.
  assertEquals(
    queued(hasher, Float32Array.from([1e30, 1e30, 1, 0])),
    indexedOne(hasher, new Float32Array(4)),
  );
});
