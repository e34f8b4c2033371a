/**
 * A bound that is told when it is crossed, and not each time something is near it.
 *
 * @module
 */

/** What has become of a bound. */
export type Crossing = "short" | "eased";

/** A bound of something that can become short. */
export class Threshold {
  #isShort = false;

  /** Whether it is short. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /**
   * Takes in what is known now.
   *
   * @param isShort Whether the bound is crossed; null where that is not known.
   * @param isEased Whether there is clearly enough again; near the bound neither holds.
   * @returns What has changed, or null.
   */
  update(isShort: boolean | null, isEased: boolean): Crossing | null {
    if (isShort === null) return null;
    if (!this.#isShort && isShort) {
      this.#isShort = true;
      return "short";
    }
    if (!this.#isShort || !isEased) return null;
    this.#isShort = false;
    return "eased";
  }
}
