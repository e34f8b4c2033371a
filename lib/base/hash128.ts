/**
 * Hashes of 128 bits: of bytes, and of sets of facts whatever their order.
 *
 * The function is MurmurHash3_x86_128 with a seed of 128 bits, so that what was hashed before can be
 * the seed of what comes next. It is no protection against somebody who builds collisions on
 * purpose; by chance two different contents agree once in 2^128.
 *
 * @module
 */

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

/** A hash of 128 bits as four lanes of 32. The object is used again for the next hash. */
export class Hash128 {
  /** The first lane; like the others a signed integer. */
  a = 0;
  /** The second lane. */
  b = 0;
  /** The third lane. */
  c = 0;
  /** The fourth lane. */
  d = 0;

  /** Sets the lanes, as a seed for what is hashed next. */
  set(a: number, b: number, c: number, d: number): this {
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
    return this;
  }

  /** Takes the lanes of another hash, and mixes a small number in that tells what follows. */
  continueFrom(other: Hash128, tag: number): this {
    return this.set(other.a ^ Math.imul(tag, C1), other.b, other.c, other.d);
  }

  /** Hashes whole words; what was in the lanes before is the seed. */
  addWords(words: Uint32Array, start: number, count: number): this {
    let { a, b, c, d } = this;
    const end = start + (count & ~3);
    let index = start;
    for (; index < end; index += 4) {
      let k = Math.imul(words[index] ?? 0, C1);
      a ^= Math.imul((k << 15) | (k >>> 17), C2);
      a = Math.imul(((a << 19) | (a >>> 13)) + b, 5) + 0x561ccd1b | 0;
      k = Math.imul(words[index + 1] ?? 0, C2);
      b ^= Math.imul((k << 16) | (k >>> 16), C3);
      b = Math.imul(((b << 17) | (b >>> 15)) + c, 5) + 0x0bcaa747 | 0;
      k = Math.imul(words[index + 2] ?? 0, C3);
      c ^= Math.imul((k << 17) | (k >>> 15), C4);
      c = Math.imul(((c << 15) | (c >>> 17)) + d, 5) + 0x96cd1c35 | 0;
      k = Math.imul(words[index + 3] ?? 0, C4);
      d ^= Math.imul((k << 18) | (k >>> 14), C1);
      d = Math.imul(((d << 13) | (d >>> 19)) + a, 5) + 0x32ac3b17 | 0;
    }
    this.set(a, b, c, d);
    const rest = start + count - index;
    this.#addTail(
      words[index] ?? 0,
      rest > 1 ? words[index + 1] ?? 0 : 0,
      rest > 2 ? words[index + 2] ?? 0 : 0,
      0,
      4 * rest,
    );
    return this.#finish(4 * count);
  }

  /** Hashes bytes from `start` to before `end`; what was in the lanes before is the seed. */
  addBytes(bytes: Uint8Array, start = 0, end: number = bytes.byteLength): this {
    let { a, b, c, d } = this;
    const whole = start + ((end - start) & ~15);
    let index = start;
    for (; index < whole; index += 16) {
      let k = Math.imul(wordAt(bytes, index), C1);
      a ^= Math.imul((k << 15) | (k >>> 17), C2);
      a = Math.imul(((a << 19) | (a >>> 13)) + b, 5) + 0x561ccd1b | 0;
      k = Math.imul(wordAt(bytes, index + 4), C2);
      b ^= Math.imul((k << 16) | (k >>> 16), C3);
      b = Math.imul(((b << 17) | (b >>> 15)) + c, 5) + 0x0bcaa747 | 0;
      k = Math.imul(wordAt(bytes, index + 8), C3);
      c ^= Math.imul((k << 17) | (k >>> 15), C4);
      c = Math.imul(((c << 15) | (c >>> 17)) + d, 5) + 0x96cd1c35 | 0;
      k = Math.imul(wordAt(bytes, index + 12), C4);
      d ^= Math.imul((k << 18) | (k >>> 14), C1);
      d = Math.imul(((d << 13) | (d >>> 19)) + a, 5) + 0x32ac3b17 | 0;
    }
    this.set(a, b, c, d);
    this.#addTail(
      partialWordAt(bytes, index, end),
      partialWordAt(bytes, index + 4, end),
      partialWordAt(bytes, index + 8, end),
      partialWordAt(bytes, index + 12, end),
      end - index,
    );
    return this.#finish(end - start);
  }

  /** The hash in 32 hexadecimal digits. */
  toString(): string {
    return [this.a, this.b, this.c, this.d]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #addTail(first: number, second: number, third: number, fourth: number, sizeBytes: number): void {
    if (sizeBytes > 12) {
      const k = Math.imul(fourth, C4);
      this.d ^= Math.imul((k << 18) | (k >>> 14), C1);
    }
    if (sizeBytes > 8) {
      const k = Math.imul(third, C3);
      this.c ^= Math.imul((k << 17) | (k >>> 15), C4);
    }
    if (sizeBytes > 4) {
      const k = Math.imul(second, C2);
      this.b ^= Math.imul((k << 16) | (k >>> 16), C3);
    }
    if (sizeBytes > 0) {
      const k = Math.imul(first, C1);
      this.a ^= Math.imul((k << 15) | (k >>> 17), C2);
    }
  }

  #finish(sizeBytes: number): this {
    let a = this.a ^ sizeBytes;
    let b = this.b ^ sizeBytes;
    let c = this.c ^ sizeBytes;
    let d = this.d ^ sizeBytes;
    a = a + b + c + d | 0;
    b = b + a | 0;
    c = c + a | 0;
    d = d + a | 0;
    a = finalise(a);
    b = finalise(b);
    c = finalise(c);
    d = finalise(d);
    a = a + b + c + d | 0;
    return this.set(a, b + a, c + a, d + a);
  }
}

/** The hash of a set of facts: the sum of their hashes, lane by lane, and their count. */
export class FactSet {
  /** How many facts were added. */
  count = 0;
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** Adds a fact by its hash. */
  add({ a, b, c, d }: Hash128): void {
    this.count++;
    this.#a = this.#a + a | 0;
    this.#b = this.#b + b | 0;
    this.#c = this.#c + c | 0;
    this.#d = this.#d + d | 0;
  }

  /** The hash of the whole set. */
  get hash(): Hash128 {
    const lanes = new Uint32Array([
      this.#a,
      this.#b,
      this.#c,
      this.#d,
      this.count,
      Math.floor(this.count / 0x1_0000_0000),
    ]);
    return new Hash128().addWords(lanes, 0, lanes.length);
  }
}

/** The finaliser of MurmurHash3: every bit of the input changes half of the output. */
function finalise(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function wordAt(bytes: Uint8Array, index: number): number {
  return (bytes[index] ?? 0) | (bytes[index + 1] ?? 0) << 8 | (bytes[index + 2] ?? 0) << 16 |
    (bytes[index + 3] ?? 0) << 24;
}

/** The word at an index, with zeros for what lies behind the end. */
function partialWordAt(bytes: Uint8Array, index: number, end: number): number {
  let word = 0;
  for (let byte = Math.min(index + 3, end - 1); byte >= index; byte--) {
    word = word << 8 | (bytes[byte] ?? 0);
  }
  return word;
}
