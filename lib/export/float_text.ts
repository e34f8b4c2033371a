/**
 * Single-precision floats as short decimal texts that give the same float again, whether they are
 * read as single precision or as double and rounded.
 *
 * Seven digits are tried, then eight, then nine, which tell every float from every other. A digit
 * string stands for the float when the quotient of its digits and a power of ten is nearest to it;
 * both are exact in double precision, so that the quotient is rounded once.
 *
 * @module
 */

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** The longest text, with sign, point and exponent. */
export const LONGEST_FLOAT_TEXT = 24;

/** Between these a float is written without an exponent, and by whole numbers of 32 bits. */
const SMALLEST_PLAIN = 1e-5;
const LARGEST_PLAIN = 1e7;

const FEWEST_DIGITS = 7;
const MOST_DIGITS = 9;

/** Powers of ten that double precision has exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** The beginnings of the decades below 1: a tenth, a hundredth, … */
const DECADES = Float64Array.from({ length: 8 }, (_, index) => Number(`1e-${index}`));

/** The digits of 0000 to 9999, one behind another. */
const FOUR_DIGITS = Uint8Array.from(
  { length: 40_000 },
  (_, index) => ZERO + Math.floor(Math.floor(index / 4) / 10 ** (3 - index % 4)) % 10,
);

const encoder = new TextEncoder();

/**
 * Writes a float as ASCII. It always has a point or an exponent, as a float has in every language.
 *
 * @param value The float, of single precision and finite.
 * @param target Takes the text.
 * @param start Where it begins; there is room for {@linkcode LONGEST_FLOAT_TEXT} characters.
 * @returns Where it ends.
 */
export function writeFloat(value: number, target: Uint8Array, start: number): number {
  let at = start;
  let size = value;
  if (value < 0) {
    target[at++] = MINUS;
    size = -value;
  }
  if (!(size >= SMALLEST_PLAIN && size < LARGEST_PLAIN)) return writeRare(value, target, start);
  let decimals = FEWEST_DIGITS - 1 - findExponent(size);
  for (let digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++, decimals++) {
    const power = POWERS[decimals] ?? 1;
    // Nine digits are a whole number of 32 bits.
    const rounded = (size * power + 0.5) | 0;
    if (Math.fround(rounded / power) === size) return writePlain(rounded, decimals, target, at);
  }
  return writeRare(value, target, start);
}

/** The exponent of the power of ten at or below a number. */
function findExponent(size: number): number {
  if (size < 1) {
    let below = 1;
    while (size < (DECADES[below] ?? 0)) below++;
    return -below;
  }
  let above = 0;
  while (size >= (POWERS[above + 1] ?? Infinity)) above++;
  return above;
}

/** Writes a whole number of at most nine digits with a point in it. */
function writePlain(rounded: number, decimals: number, target: Uint8Array, start: number): number {
  let at = start;
  let fraction = rounded;
  if (rounded < (POWERS[decimals] ?? 0)) target[at++] = ZERO;
  else {
    const power = POWERS[decimals] ?? 1;
    const whole = (rounded / power) | 0;
    fraction = rounded - whole * power;
    at = writeDigits(whole, countDigits(whole), target, at);
  }
  target[at++] = POINT;
  // A whole number has one zero behind the point.
  target[at] = ZERO;
  let end = writeDigits(fraction | 0, decimals, target, at);
  if (end === at) return at + 1;
  while (end > at + 1 && target[end - 1] === ZERO) end--;
  return end;
}

function countDigits(whole: number): number {
  let digits = 1;
  while (whole >= (POWERS[digits] ?? Infinity)) digits++;
  return digits;
}

/** Writes digits with zeros in front, four of them at a time from the last one on. */
function writeDigits(whole: number, digits: number, target: Uint8Array, start: number): number {
  const end = start + digits;
  let place = end;
  let rest = whole;
  while (place - start >= 4) {
    const upper = (rest / 10_000) | 0;
    const entry = 4 * (rest - 10_000 * upper);
    rest = upper;
    target[--place] = FOUR_DIGITS[entry + 3] ?? 0;
    target[--place] = FOUR_DIGITS[entry + 2] ?? 0;
    target[--place] = FOUR_DIGITS[entry + 1] ?? 0;
    target[--place] = FOUR_DIGITS[entry] ?? 0;
  }
  while (place > start) {
    const tens = (rest / 10) | 0;
    target[--place] = ZERO + rest - 10 * tens;
    rest = tens;
  }
  return end;
}

/** Writes zeros, what has an exponent, and what is no number. */
function writeRare(value: number, target: Uint8Array, start: number): number {
  const { written } = encoder.encodeInto(rareText(value), target.subarray(start));
  return start + written;
}

function rareText(value: number): string {
  if (Number.isNaN(value)) return "null";
  if (!Number.isFinite(value)) return value > 0 ? "1e999" : "-1e999";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  for (let digits = 1; digits <= MOST_DIGITS; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) !== value) continue;
    const text = String(rounded);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }
  return String(value);
}
