/**
 * Where the items of batches come from, and taking them out of it one batch after the other.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";

/** Items that are read page by page, from wherever the next one stands. */
export interface PagedSource<Item> {
  /** How many items there are. */
  readonly total: number;
  /**
   * Reads items.
   *
   * @param offset How many items stand before the first one that is wanted.
   * @param limit How many are wanted at the most.
   * @returns The items, which may be fewer.
   */
  read(offset: number, limit: number): Promise<readonly Item[]> | readonly Item[];
}

/** Where items come from: a list, anything that can be iterated, or pages. */
export type BatchSource<Item> = Iterable<Item> | AsyncIterable<Item> | PagedSource<Item>;

/** Takes items out of a source. */
export interface BatchReader<Item> {
  /** How many items there are; null where that is not known before the end. */
  readonly total: number | null;
  /**
   * Takes the next items.
   *
   * @param limit How many at the most.
   * @returns The items, fewer where the source gives no more at a time; none at the end alone.
   * @throws {OperationError} `read-failed`: a page is empty before the end, or larger than asked.
   */
  take(limit: number): Promise<Item[]>;
  /**
   * Passes over the next items; where the source ends before, over all that are left.
   *
   * @param count How many.
   */
  skip(count: number): Promise<void>;
  /** Ends the reading before the end of the source. */
  close(): Promise<void>;
}

/**
 * Opens a source.
 *
 * @param source The source.
 * @returns What takes items out of it.
 */
export function openSource<Item>(source: BatchSource<Item>): BatchReader<Item> {
  const isPaged = typeof source === "object" && "read" in source && !isIterable(source);
  return isPaged ? new PagedReader(source) : new IterationReader(source);
}

function isIterable<Item>(
  source: BatchSource<Item>,
): source is Iterable<Item> | AsyncIterable<Item> {
  return Symbol.iterator in source || Symbol.asyncIterator in source;
}

class IterationReader<Item> implements BatchReader<Item> {
  readonly total: number | null;
  readonly #iterator: Iterator<Item> | AsyncIterator<Item>;

  constructor(source: Iterable<Item> | AsyncIterable<Item>) {
    this.total = Array.isArray(source) ? source.length : null;
    this.#iterator = Symbol.asyncIterator in source
      ? source[Symbol.asyncIterator]()
      : source[Symbol.iterator]();
  }

  async take(limit: number): Promise<Item[]> {
    const items: Item[] = [];
    while (items.length < limit) {
      const { done, value } = await this.#iterator.next();
      if (done) break;
      items.push(value);
    }
    return items;
  }

  async skip(count: number): Promise<void> {
    for (let skipped = 0; skipped < count; skipped++) {
      if ((await this.#iterator.next()).done) return;
    }
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/** The offset goes on by what was really given: by what was asked, records would be passed over. */
class PagedReader<Item> implements BatchReader<Item> {
  readonly #source: PagedSource<Item>;
  #offset = 0;

  constructor(source: PagedSource<Item>) {
    this.#source = source;
  }

  get total(): number {
    return this.#source.total;
  }

  async take(limit: number): Promise<Item[]> {
    const wanted = Math.min(limit, this.total - this.#offset);
    if (wanted <= 0) return [];
    const items = [...await this.#source.read(this.#offset, wanted)];
    if (items.length === 0) throw this.#wrong("gave nothing");
    if (items.length > wanted) throw this.#wrong(`gave ${items.length} items for ${wanted}`);
    this.#offset += items.length;
    return items;
  }

  skip(count: number): Promise<void> {
    this.#offset += count;
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #wrong(what: string): OperationError {
    return new OperationError(
      "read-failed",
      `The source ${what} at offset ${this.#offset} of ${this.total}`,
      { hint: "Its `read(offset, limit)` has to give at least one item before the end." },
    );
  }
}
