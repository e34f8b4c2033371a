/**
 * What only the embeddings of a collection together show. The rules:
 *
 * - all have one number of dimensions, and the majority tells which: the engine stops a query at the
 *   first that differs from the query;
 * - all have the length 1, for the engine takes the dot product for the cosine.
 *
 * @module
 */

import { formatCount, formatNumber } from "../../base/format.ts";
import { createFinding, type Finding } from "../../model/finding.ts";
import type { GobPlace } from "./check_gob_file.ts";
import { isNormalised, type VectorJudgement } from "./judge_vector.ts";

/** How many documents a finding names that stands for many. */
const MOST_NAMED = 64;

/** How many of them its message names. */
const MOST_SHOWN = 3;

/** Documents whose embeddings have one number of dimensions. */
export interface DimensionGroup {
  /** The number of dimensions. */
  readonly dimension: number;
  /** What names the documents: the names of their files, or their ids. */
  readonly labels: readonly string[];
}

/** Documents whose embeddings do not have the length 1. */
export interface UnnormalisedGroup {
  /** How many there are. */
  readonly count: number;
  /** What names the first of them. */
  readonly labels: readonly string[];
  /** The least length. */
  readonly shortest: number;
  /** The greatest length. */
  readonly longest: number;
}

/** What embeddings of a collection add up to: plain data. */
export interface EmbeddingFacts {
  /** The documents by the number of dimensions. */
  readonly dimensions: readonly DimensionGroup[];
  /** Those that are not normalised, or null. */
  readonly unnormalised: UnnormalisedGroup | null;
}

/** Adds up the embeddings of a collection. */
export class EmbeddingTally {
  readonly #dimensions = new Map<number, string[]>();
  #unnormalised: UnnormalisedGroup | null = null;

  /**
   * Adds the embedding of a document.
   *
   * @param label What names the document.
   * @param dimension How many numbers it has; not 0.
   * @param vector What they add up to.
   */
  add(label: string, dimension: number, { notFinite, length }: VectorJudgement): void {
    this.#labelsOf(dimension).push(label);
    if (notFinite > 0 || isNormalised(length, dimension)) return;
    const group = { count: 1, labels: [label], shortest: length, longest: length };
    this.#unnormalised = joinGroups(this.#unnormalised, group);
  }

  /** Adds what another tally has added up. */
  addFacts({ dimensions, unnormalised }: EmbeddingFacts): void {
    for (const { dimension, labels } of dimensions) {
      const known = this.#labelsOf(dimension);
      for (const label of labels) known.push(label);
    }
    if (unnormalised !== null) this.#unnormalised = joinGroups(this.#unnormalised, unnormalised);
  }

  /** What was added so far. */
  get facts(): EmbeddingFacts {
    return {
      dimensions: Array.from(this.#dimensions, ([dimension, labels]) => ({ dimension, labels })),
      unnormalised: this.#unnormalised,
    };
  }

  #labelsOf(dimension: number): string[] {
    let labels = this.#dimensions.get(dimension);
    if (labels === undefined) this.#dimensions.set(dimension, labels = []);
    return labels;
  }
}

function joinGroups(one: UnnormalisedGroup | null, other: UnnormalisedGroup): UnnormalisedGroup {
  if (one === null) return other;
  const room = MOST_NAMED - one.labels.length;
  return {
    count: one.count + other.count,
    labels: room > 0 ? [...one.labels, ...other.labels.slice(0, room)] : one.labels,
    shortest: Math.min(one.shortest, other.shortest),
    longest: Math.max(one.longest, other.longest),
  };
}

/**
 * Tells which number of dimensions a collection has.
 *
 * @param facts Its embeddings.
 * @param preferred Which number wins where two are as frequent: that of other collections; or null.
 * @returns The most frequent number, the larger one where nothing else decides; null for none.
 */
export function majorityDimension(
  { dimensions }: EmbeddingFacts,
  preferred: number | null,
): number | null {
  let best: DimensionGroup | null = null;
  for (const group of dimensions) {
    const ahead = best === null ? 1 : group.labels.length - best.labels.length;
    const wins = ahead > 0 || (ahead === 0 && best?.dimension !== preferred &&
      (group.dimension === preferred || group.dimension > (best?.dimension ?? 0)));
    if (wins) best = group;
  }
  return best?.dimension ?? null;
}

/**
 * Judges the dimensions of a collection.
 *
 * @param facts Its embeddings.
 * @param preferred Which number wins where two are as frequent, or null.
 * @param placeOf Where the document with a label stands.
 * @returns One finding for each document with another number of dimensions than most.
 */
export function checkDimensions(
  facts: EmbeddingFacts,
  preferred: number | null,
  placeOf: (label: string) => GobPlace,
): Finding[] {
  const majority = majorityDimension(facts, preferred);
  const total = facts.dimensions.reduce((sum, { labels }) => sum + labels.length, 0);
  const most = facts.dimensions.find(({ dimension }) => dimension === majority)?.labels.length ?? 0;
  return facts.dimensions.filter(({ dimension }) => dimension !== majority)
    .flatMap(({ dimension, labels }) =>
      labels.map((label) =>
        createFinding("document-dimension", {
          ...placeOf(label),
          message: `${formatCount(dimension, "dimension")}, where ${formatNumber(most)} of ` +
            `${formatCount(total, "document")} have ${formatNumber(majority ?? 0)}`,
          detail: { dimension, collectionDimension: majority },
        })
      )
    );
}

/**
 * Judges the lengths of the embeddings of a collection.
 *
 * @param facts Its embeddings.
 * @param place Where the collection stands.
 * @param documents How many documents it has.
 * @returns At most one finding, for all documents that are not normalised.
 */
export function checkNormalised(
  { unnormalised }: EmbeddingFacts,
  place: GobPlace,
  documents: number,
): Finding[] {
  if (unnormalised === null) return [];
  const { count, labels, shortest, longest } = unnormalised;
  const [least, most] = [shortest.toPrecision(6), longest.toPrecision(6)];
  const lengths = least === most ? `the length ${least}` : `lengths from ${least} to ${most}`;
  return [createFinding("embedding-not-normalised", {
    ...place,
    count,
    message: `${formatNumber(count)} of ${formatCount(documents, "embedding")} ` +
      `${count === 1 ? "has" : "have"} ${lengths}: ${labels.slice(0, MOST_SHOWN).join(", ")}` +
      (count > MOST_SHOWN ? ", …" : ""),
    detail: { shortest, longest, documents: labels },
  })];
}
