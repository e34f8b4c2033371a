/**
 * Sets of labels that grow with what is put into them, within a bound.
 *
 * @module
 */

const PAGE_BITS = 1 << 16;

/** Labels that lie far apart, as a hostile file has them, cost a page each: 32 MiB and no more. */
const MOST_PAGES = 4096;

/** A set of whole numbers from 0 to 2^53 - 1, kept in pages of 65,536 bits. */
export class LabelBitmap {
  readonly #pages = new Map<number, Uint32Array>();
  #count = 0;
  #forgotten = 0;
  // Labels come in runs: the page that was used last is nearly always the right one.
  #lastNumber = -1;
  #lastPage: Uint32Array = new Uint32Array();

  /** How many labels there are. */
  get count(): number {
    return this.#count;
  }

  /** How many labels there was no page left for; unless this is 0, the set is only a part. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /**
   * Puts a label into the set and says whether it was there already. A label for which there is no
   * page left is forgotten.
   */
  set(label: number): boolean {
    const page = this.#pageOf(label);
    if (page === null) {
      this.#forgotten++;
      return false;
    }
    const bit = label % PAGE_BITS;
    const word = page[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    if ((word & mask) !== 0) return true;
    page[bit >>> 5] = word | mask;
    this.#count++;
    return false;
  }

  /** Whether a label is in the set. */
  has(label: number): boolean {
    const page = this.#pages.get(Math.floor(label / PAGE_BITS));
    if (page === undefined) return false;
    const bit = label % PAGE_BITS;
    return ((page[bit >>> 5] ?? 0) >>> (bit & 31) & 1) === 1;
  }

  /** Yields the labels that are in this set and not in `other`, by pages in the order of use. */
  *without(other: LabelBitmap): Generator<number, void, undefined> {
    for (const [number, page] of this.#pages) {
      const otherPage = other.#pages.get(number);
      for (let index = 0; index < page.length; index++) {
        let bits = (page[index] ?? 0) & ~(otherPage?.[index] ?? 0);
        while (bits !== 0) {
          const bit = 31 - Math.clz32(bits & -bits);
          yield number * PAGE_BITS + index * 32 + bit;
          bits &= bits - 1;
        }
      }
    }
  }

  #pageOf(label: number): Uint32Array | null {
    const number = Math.floor(label / PAGE_BITS);
    if (number === this.#lastNumber) return this.#lastPage;
    let page = this.#pages.get(number);
    if (page === undefined) {
      if (this.#pages.size >= MOST_PAGES) return null;
      page = new Uint32Array(PAGE_BITS >>> 5);
      this.#pages.set(number, page);
    }
    this.#lastNumber = number;
    this.#lastPage = page;
    return page;
  }
}
