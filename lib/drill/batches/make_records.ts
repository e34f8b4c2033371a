/**
 * Records that are made up: as large as real ones, and the same each time.
 *
 * @module
 */

/** Words of which documents are made. */
const WORDS =
  "a store of vectors keeps what was said so that it can be found again by what it means".split(
    " ",
  );

/** How many words a document has: about as long as a paragraph that is indexed. */
const WORDS_PER_DOCUMENT = 40;

/** Records, and the request that writes them. */
export interface MadeBatch {
  /** Their ids. */
  readonly ids: readonly string[];
  /** The body of the request. */
  readonly body: string;
}

/**
 * Makes a batch.
 *
 * @param first The number of its first record.
 * @param size How many it has.
 * @param dimension How many components a vector has.
 * @returns The batch.
 */
export function makeBatch(first: number, size: number, dimension: number): MadeBatch {
  const numbers = Array.from({ length: size }, (_, index) => first + index);
  const ids = numbers.map(idOf);
  const body = JSON.stringify({
    ids,
    embeddings: numbers.map((number) => makeVector(number, dimension)),
    documents: numbers.map(makeDocument),
    metadatas: numbers.map((number) => ({ number })),
  });
  return { ids, body };
}

/** Gives the id of a record. */
export function idOf(number: number): string {
  return `record-${number}`;
}

/**
 * Makes the vector of a record.
 *
 * @param number The number of the record.
 * @param dimension How many components it has.
 * @returns Numbers from -1 to 1 that a float of 32 bits can be.
 */
export function makeVector(number: number, dimension: number): number[] {
  let state = (number + 1) * 0x9e3779b9 | 0;
  return Array.from({ length: dimension }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5 | 0;
    // 24 bits are exact in a float, and take about as many digits as a real one.
    return ((state >>> 8) - (1 << 23)) / (1 << 23);
  });
}

function makeDocument(number: number): string {
  const words = Array.from(
    { length: WORDS_PER_DOCUMENT },
    (_, index) => WORDS[(number * 7 + index * (1 + number % 5)) % WORDS.length],
  );
  return `${number} ${words.join(" ")}`;
}
