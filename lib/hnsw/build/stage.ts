/**
 * The stage: where vectors stand between their source and the kernel, or the file.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import type { Kernel } from "./kernel.ts";
import type { KernelMemory } from "./memory.ts";
import type { VectorReader } from "./settings.ts";

/** Vectors as they are stored, until the next ones are loaded. */
export interface StagedVectors {
  /** The vectors, one after another; normalised for the space cosine. */
  readonly vectors: Float32Array;
  /** The lengths that they had; for the other spaces 1. */
  readonly lengths: Float32Array;
}

/** How far apart the samples are at the least from which the centre is taken, and how many. */
const SAMPLE_BLOCKS = 64;
const SAMPLE_BLOCK_VECTORS = 16;

/** Loads vectors, a few at a time. */
export class VectorStage {
  readonly #memory: KernelMemory;
  readonly #kernel: Kernel;
  readonly #readVectors: VectorReader;

  /** Makes a stage in the memory of a kernel. */
  constructor(memory: KernelMemory, kernel: Kernel, readVectors: VectorReader) {
    this.#memory = memory;
    this.#kernel = kernel;
    this.#readVectors = readVectors;
  }

  /** How many vectors there is room for. */
  get capacity(): number {
    return this.#memory.plan.stageVectors;
  }

  /**
   * Loads vectors and makes them what the index stores.
   *
   * @param first The first slot.
   * @param count How many slots, at most the capacity.
   * @returns The vectors; they stand there until the next call.
   */
  load(first: number, count: number): StagedVectors {
    const { dimension, space } = this.#memory.plan.settings;
    const vectors = this.#memory.floats("stage", 0, count * dimension);
    const lengths = this.#memory.floats("lengths", 0, count);
    lengths.fill(NaN);
    this.#readVectors(first, count, vectors, lengths);
    if (space === "cosine") this.#kernel.normalise(count);
    else lengths.fill(1);
    return { vectors, lengths };
  }

  /** Puts the mean of a sample where the kernel takes the centre from. */
  placeCentre(): void {
    const { count, settings: { dimension } } = this.#memory.plan;
    const sums = new Float64Array(dimension);
    const blockVectors = Math.min(SAMPLE_BLOCK_VECTORS, this.capacity);
    const blocks = Math.min(SAMPLE_BLOCKS, Math.ceil(count / blockVectors));
    let sampled = 0;
    for (let block = 0; block < blocks; block++) {
      const first = Math.floor((block * count) / blocks);
      const { vectors } = this.load(first, Math.min(blockVectors, count - first));
      for (let index = 0; index < vectors.length; index++) {
        sums[index % dimension] = (sums[index % dimension] ?? 0) + (vectors[index] ?? 0);
      }
      sampled += vectors.length / dimension;
    }
    const means = sums.map((sum) => sum / sampled);
    // What is not finite is found, and named, where the nodes are made.
    if (means.every((mean) => Number.isFinite(Math.fround(mean * mean * dimension)))) {
      this.#memory.floats("centre", 0, dimension).set(means);
    }
  }

  /**
   * Makes nodes of vectors.
   *
   * @param first The first slot.
   * @param count How many.
   * @throws {OperationError} A vector has a number that is not finite.
   */
  quantise(first: number, count: number): void {
    this.load(first, count);
    const made = this.#kernel.quantise(first, count);
    if (made < count) {
      throw new OperationError(
        "internal",
        `The vector of slot ${first + made} has a number that is not finite`,
        { hint: "An index can hold no such vector; leave the record out." },
      );
    }
  }

  /**
   * Loads vectors again, and makes sure that they are the ones of which nodes were made.
   *
   * @param first The first slot.
   * @param count How many.
   * @returns The vectors.
   * @throws {OperationError} They are others.
   */
  reload(first: number, count: number): StagedVectors {
    const staged = this.load(first, count);
    const same = this.#kernel.verify(first, count);
    if (same < count) {
      throw new OperationError(
        "busy",
        `The vector of slot ${first + same} has changed while the index was built`,
        { hint: "Stop whatever writes to the store, and try again." },
      );
    }
    return staged;
  }
}
