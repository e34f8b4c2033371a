/**
 * The levels of a graph's nodes, drawn as hnswlib draws them.
 *
 * @module
 */

/** The modulus and the factor of `std::minstd_rand0`, the generator that hnswlib takes. */
const MODULUS = 2147483647;
const FACTOR = 16807;

/** The seed that hnswlib takes when it is given none. */
const SEED = 100;

/**
 * No node is higher. With M 2 one in a quintillion would be, and its lists of links cost memory on
 * every level.
 */
export const HIGHEST_BUILT_LEVEL = 60;

/** Draws one level after another. */
export class LevelGenerator {
  readonly #levelMultiplier: number;
  #state = SEED;

  /** Makes a generator for a graph with `maxLinks` links above level 0. */
  constructor(maxLinks: number) {
    this.#levelMultiplier = levelMultiplierOf(maxLinks);
  }

  /** Draws the next level: a node is on level n or above with the probability M^-n. */
  next(): number {
    const span = MODULUS - 1;
    // Two draws make one of 53 bits, as std::uniform_real_distribution<double> does it.
    const uniform = (this.#draw() + this.#draw() * span) / (span * span);
    return Math.min(HIGHEST_BUILT_LEVEL, Math.floor(-Math.log(uniform) * this.#levelMultiplier));
  }

  #draw(): number {
    this.#state = (this.#state * FACTOR) % MODULUS;
    return this.#state - 1;
  }
}

/**
 * Tells mult_: 1 / ln(M).
 *
 * @param maxLinks M.
 * @returns The factor that spreads the levels.
 */
export function levelMultiplierOf(maxLinks: number): number {
  return 1 / Math.log(maxLinks);
}
