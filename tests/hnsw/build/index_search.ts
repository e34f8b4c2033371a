/**
 * Searching an index as hnswlib does it, and by looking at everything.
 *
 * @module
 */

import type { Space } from "../../../lib/hnsw/build/settings.ts";
import { LinkWalk } from "../../../lib/hnsw/links.ts";
import type { IndexFiles } from "./built_files.ts";

/** Measures how often a search finds the nearest ten, on vectors between those of an index. */
export function measureRecall(files: IndexFiles, space: Space, candidates: number): number {
  const search = new IndexSearch(files, space);
  let found = 0;
  const queries = 100;
  for (let query = 0; query < queries; query++) {
    const first = files.vectorOf((query * 37) % files.count);
    const second = files.vectorOf((query * 53 + 11) % files.count);
    const between = first.map((value, index) => 0.8 * value + 0.2 * (second[index] ?? 0));
    const nearest = new Set(search.lookAtAll(between).slice(0, 10));
    found += search.search(between, candidates).slice(0, 10)
      .filter((slot) => nearest.has(slot)).length;
  }
  return found / (10 * queries);
}

/** An index in memory. */
export class IndexSearch {
  readonly #vectors: Float32Array[];
  readonly #links: Uint32Array[];
  readonly #upperLinks: number[][][];
  readonly #space: Space;
  readonly #entryPoint: number;
  readonly #highestLevel: number;

  constructor(files: IndexFiles, space: Space) {
    const slots = Array.from({ length: files.count }, (_, slot) => slot);
    this.#vectors = slots.map((slot) => files.vectorOf(slot));
    this.#links = slots.map((slot) => files.linksOf(slot));
    this.#upperLinks = [];
    this.#space = space;
    this.#entryPoint = files.header.entryPoint;
    this.#highestLevel = files.header.maxLevel;
    const walk = new LinkWalk(files.links, files.geometry);
    while (walk.next()) {
      this.#upperLinks.push(
        Array.from({ length: walk.level }, (_, level) =>
          Array.from(
            { length: walk.linkCount(level + 1) },
            (_, index) => walk.neighbour(level + 1, index),
          )),
      );
    }
  }

  /** All slots, the nearest first. */
  lookAtAll(query: Float32Array): number[] {
    const distances = this.#vectors.map((vector) => this.#distance(query, vector));
    return [...distances.keys()].sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0));
  }

  /** What a search with `candidates` as ef finds, the nearest first. */
  search(query: Float32Array, candidates: number): number[] {
    let entry = this.#entryPoint;
    for (let level = this.#highestLevel; level > 0; level--) {
      entry = this.#searchLevel(query, entry, 1, (slot) =>
        this.#upperLinks[slot]?.[level - 1])[0] ??
        entry;
    }
    return this.#searchLevel(query, entry, candidates, (slot) => this.#links[slot]);
  }

  #searchLevel(
    query: Float32Array,
    entry: number,
    candidates: number,
    linksOf: (slot: number) => Iterable<number> | undefined,
  ): number[] {
    const seen = new Set([entry]);
    const expanded = new Set<number>();
    let best = [{ slot: entry, distance: this.#distanceOf(query, entry) }];
    for (;;) {
      const next = best.find(({ slot }) => !expanded.has(slot));
      if (next === undefined) return best.map(({ slot }) => slot);
      expanded.add(next.slot);
      for (const slot of linksOf(next.slot) ?? []) {
        if (seen.has(slot)) continue;
        seen.add(slot);
        best.push({ slot, distance: this.#distanceOf(query, slot) });
      }
      best = best.sort((a, b) => a.distance - b.distance).slice(0, candidates);
    }
  }

  #distanceOf(query: Float32Array, slot: number): number {
    return this.#distance(query, this.#vectors[slot] ?? new Float32Array());
  }

  #distance(query: Float32Array, vector: Float32Array): number {
    let sum = 0;
    for (let index = 0; index < vector.length; index++) {
      const value = vector[index] ?? 0;
      const wanted = query[index] ?? 0;
      sum += this.#space === "l2" ? (value - wanted) ** 2 : -value * wanted;
    }
    return sum;
  }
}
