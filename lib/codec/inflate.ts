/**
 * Inflating deflated bytes (RFC 1951) as far as they go.
 *
 * The runtime's own inflater drops what it had when it meets damage. This one is slower and only used
 * then: it returns every byte before the damage, and takes and refuses exactly what Go's does, so
 * that a value which Go still gets out of a damaged file is got out here.
 *
 * ```text
 * block      bit 0: whether it is the last; bits 1 and 2: 0 stored, 1 fixed codes, 2 own codes
 * stored     from the next byte on: u16 length, u16 its complement, the bytes
 * own codes  5 bits: literal codes less 257; 5 bits: distance codes less 1; 4 bits: code lengths
 *            less 4; 3 bits for each of those; then the lengths of all codes, coded with them
 * symbol     0..255 a byte; 256 the end of the block; 257..285 a length, then a distance back
 * ```
 *
 * @module
 */

/** What came out of deflated bytes. */
export interface Inflated {
  /** The bytes; with a fault, those before it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many deflated bytes were used. */
  readonly usedBytes: number;
  /** Why it ended before the last block did, or null. */
  readonly fault: "truncated" | "malformed" | "too-large" | null;
}

/**
 * Inflates deflated bytes as far as they go.
 *
 * @param deflated The bytes; what stands behind the last block is left alone.
 * @param limitBytes The most bytes that are inflated.
 * @returns The bytes before the end or the fault; never throws for what the bytes are.
 */
export function inflateSound(deflated: Uint8Array, limitBytes: number): Inflated {
  const inflater = new Inflater(deflated, limitBytes);
  let fault: Inflated["fault"] = null;
  try {
    while (!inflater.readBlock());
  } catch (error) {
    if (!(error instanceof InflateEnd)) throw error;
    fault = error.kind;
  }
  return { bytes: inflater.bytes, usedBytes: inflater.usedBytes, fault };
}

class InflateEnd extends Error {
  constructor(readonly kind: "truncated" | "malformed" | "too-large") {
    super(kind);
  }
}

const MOST_CODE_BITS = 15;
const END_OF_BLOCK = 256;
const MOST_LITERAL_CODES = 286;
const MOST_DISTANCE_CODES = 30;
const WINDOW_SIZE_BYTES = 1 << 15;
/** The order in which the lengths of the codes for code lengths are written. */
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A Huffman code: how many codes there are of each length, and their symbols in order. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
  /** Go reads as many bits before it looks at them, which shows where a file is cut. */
  leastBits: number;
}

/** Makes a code of the lengths of its symbols; null when they make no complete one. */
function makeCode(lengths: readonly number[]): Code | null {
  const counts = new Uint16Array(MOST_CODE_BITS + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const leastBits = Math.max(0, counts.findIndex((count) => count > 0));
  const mostBits = counts.findLastIndex((count) => count > 0);
  const offsets: number[] = [0];
  let used = 0;
  for (let bits = 1; bits <= mostBits; bits++) {
    used = 2 * used + (counts[bits] ?? 0);
    offsets[bits + 1] = (offsets[bits] ?? 0) + (counts[bits] ?? 0);
  }
  const isSingle = used === 1 && mostBits === 1;
  if (mostBits > 0 && used !== 2 ** mostBits && !isSingle) return null;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length === 0) return;
    const place = offsets[length] ?? 0;
    symbols[place] = symbol;
    offsets[length] = place + 1;
  });
  return { counts, symbols, leastBits };
}

function expectCode(lengths: readonly number[]): Code {
  const code = makeCode(lengths);
  if (code === null) throw new InflateEnd("malformed");
  return code;
}

const FIXED_LITERALS = expectCode(
  Array.from(
    { length: 288 },
    (_, symbol) => symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8,
  ),
);
const FIXED_DISTANCES = expectCode(Array.from({ length: 32 }, () => 5));

class Inflater {
  readonly #deflated: Uint8Array;
  readonly #limitBytes: number;
  #position = 0;
  #bits = 0;
  #bitCount = 0;
  #out = new Uint8Array(1 << 12);
  #length = 0;

  constructor(deflated: Uint8Array, limitBytes: number) {
    this.#deflated = deflated;
    this.#limitBytes = limitBytes;
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#out.slice(0, this.#length);
  }

  get usedBytes(): number {
    return this.#position;
  }

  /** Reads a block; returns whether it was the last one. */
  readBlock(): boolean {
    this.#need(3);
    const isLast = this.#take(1) === 1;
    const type = this.#take(2);
    if (type === 0) this.#copyStored();
    else if (type === 1) this.#readSymbols(FIXED_LITERALS, FIXED_DISTANCES);
    else if (type === 2) this.#readSymbols(...this.#readCodes());
    else throw new InflateEnd("malformed");
    return isLast;
  }

  #copyStored(): void {
    this.#bits = 0;
    this.#bitCount = 0;
    const length = this.#take(16);
    if (length !== (~this.#take(16) & 0xffff)) throw new InflateEnd("malformed");
    for (let left = length; left > 0; left--) this.#put(this.#nextByte());
  }

  /** Reads the codes of a block: for literals and lengths, and for distances. */
  #readCodes(): readonly [Code, Code] {
    this.#need(14);
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const described = this.#take(4) + 4;
    if (literals > MOST_LITERAL_CODES || distances > MOST_DISTANCE_CODES) {
      throw new InflateEnd("malformed");
    }
    const lengths = Array.from(LENGTH_ORDER, () => 0);
    for (const symbol of LENGTH_ORDER.slice(0, described)) lengths[symbol] = this.#take(3);
    const all = this.#readLengths(expectCode(lengths), literals + distances);
    const literalCode = expectCode(all.slice(0, literals));
    const distanceCode = expectCode(all.slice(literals));
    literalCode.leastBits = Math.max(literalCode.leastBits, all[END_OF_BLOCK] ?? 0);
    return [literalCode, distanceCode];
  }

  /** Reads the lengths of `count` codes. */
  #readLengths(code: Code, count: number): number[] {
    const lengths: number[] = [];
    while (lengths.length < count) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const repeated = symbol === 16 ? lengths.at(-1) : 0;
      if (repeated === undefined) throw new InflateEnd("malformed");
      const times = symbol === 16
        ? 3 + this.#take(2)
        : symbol === 17
        ? 3 + this.#take(3)
        : 11 + this.#take(7);
      if (lengths.length + times > count) throw new InflateEnd("malformed");
      for (let time = 0; time < times; time++) lengths.push(repeated);
    }
    return lengths;
  }

  /** Reads symbols up to the end of the block. */
  #readSymbols(literals: Code, distances: Code): void {
    for (let symbol = this.#symbol(literals); symbol !== END_OF_BLOCK;) {
      if (symbol < END_OF_BLOCK) this.#put(symbol);
      else this.#copyBack(this.#copyLength(symbol), distances);
      symbol = this.#symbol(literals);
    }
  }

  #copyLength(symbol: number): number {
    if (symbol < 265) return symbol - 254;
    if (symbol === 285) return 258;
    if (symbol > 285) throw new InflateEnd("malformed");
    const extraBits = (symbol - 261) >> 2;
    return 3 + ((4 + ((symbol - 265) & 3)) << extraBits) + this.#take(extraBits);
  }

  #copyBack(length: number, distances: Code): void {
    const symbol = this.#symbol(distances);
    if (symbol >= MOST_DISTANCE_CODES) throw new InflateEnd("malformed");
    const extraBits = Math.max(0, (symbol >> 1) - 1);
    const base = symbol < 4 ? symbol + 1 : 1 + ((2 + (symbol & 1)) << extraBits);
    const distance = base + this.#take(extraBits);
    if (distance > Math.min(this.#length, WINDOW_SIZE_BYTES)) throw new InflateEnd("malformed");
    for (let left = length; left > 0; left--) this.#put(this.#out[this.#length - distance] ?? 0);
  }

  /** Reads a symbol, bit by bit. */
  #symbol({ counts, symbols, leastBits }: Code): number {
    this.#need(leastBits);
    let code = 0;
    let first = 0;
    let place = 0;
    for (let bits = 1; bits <= MOST_CODE_BITS; bits++) {
      code |= this.#take(1);
      const count = counts[bits] ?? 0;
      if (code - first < count) return symbols[place + code - first] ?? 0;
      place += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new InflateEnd("malformed");
  }

  #take(count: number): number {
    this.#need(count);
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #need(count: number): void {
    while (this.#bitCount < count) {
      this.#bits |= this.#nextByte() << this.#bitCount;
      this.#bitCount += 8;
    }
  }

  #nextByte(): number {
    const byte = this.#deflated[this.#position];
    if (byte === undefined) throw new InflateEnd("truncated");
    this.#position++;
    return byte;
  }

  #put(byte: number): void {
    if (this.#length >= this.#limitBytes) throw new InflateEnd("too-large");
    if (this.#length === this.#out.byteLength) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#out);
      this.#out = larger;
    }
    this.#out[this.#length++] = byte;
  }
}
