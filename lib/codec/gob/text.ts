/**
 * Go's strings as JavaScript's.
 *
 * A string of Go is bytes, by habit UTF-8. Bytes that are not valid UTF-8 become lone low surrogates,
 * U+DC80 to U+DCFF, one for each byte: valid text never holds them, so nothing is lost, two strings
 * are equal where their bytes are, and `isWellFormed()` tells whether the bytes were UTF-8.
 *
 * @module
 */

const ESCAPE_BASE = 0xdc00;
/** How many units are joined at once: each is an argument of a call. */
const UNITS_AT_ONCE = 1 << 12;
/** Below this, joining character codes is faster than a call of the decoder. */
const SHORT_TEXT_BYTES = 48;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Decodes the bytes of a string of Go.
 *
 * @param bytes Where the string stands.
 * @param start Its first byte.
 * @param end The byte behind its last one.
 * @returns The text; not well-formed where the bytes are not UTF-8.
 */
export function decodeGobText(bytes: Uint8Array, start: number, end: number): string {
  const part = bytes.subarray(start, end);
  if (part.byteLength <= SHORT_TEXT_BYTES) {
    return decodeAscii(part) ?? decodeWithEscapes(part);
  }
  try {
    return decoder.decode(part);
  } catch {
    return decodeWithEscapes(part);
  }
}

/** Decodes what is ASCII, which nearly every id and key is. */
function decodeAscii(bytes: Uint8Array): string | null {
  let text = "";
  for (const byte of bytes) {
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/**
 * The bytes that Go holds for a text.
 *
 * @param text What {@linkcode decodeGobText} returned, or any text.
 * @returns The bytes as they stood; a lone surrogate that stands for no byte becomes U+FFFD.
 */
export function encodeGobText(text: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(3 * text.length);
  let length = 0;
  for (let index = 0; index < text.length;) {
    const code = text.codePointAt(index) ?? 0;
    index += code > 0xffff ? 2 : 1;
    const isByte = code >= ESCAPE_BASE + 0x80 && code <= ESCAPE_BASE + 0xff;
    if (isByte) bytes[length++] = code - ESCAPE_BASE;
    else length += encoder.encodeInto(String.fromCodePoint(code), bytes.subarray(length)).written;
  }
  return bytes.slice(0, length);
}

/** Decodes by hand what is short, or not UTF-8, in time and memory that grow with the bytes alone. */
function decodeWithEscapes(bytes: Uint8Array): string {
  const units = new Uint16Array(Math.min(bytes.byteLength + 1, UNITS_AT_ONCE));
  let text = "";
  let filled = 0;
  for (let index = 0; index < bytes.byteLength;) {
    // Room for the two units of one character.
    if (filled + 2 > units.length) {
      text += String.fromCharCode(...units.subarray(0, filled));
      filled = 0;
    }
    const size = sequenceSize(bytes, index);
    if (size === 4) {
      const offset = codePoint(bytes, index, size) - 0x1_0000;
      units[filled++] = 0xd800 | (offset >> 10);
      units[filled++] = 0xdc00 | (offset & 0x3ff);
    } else {
      units[filled++] = size === 0
        ? ESCAPE_BASE + (bytes[index] ?? 0)
        : codePoint(bytes, index, size);
    }
    index += Math.max(1, size);
  }
  return text + String.fromCharCode(...units.subarray(0, filled));
}

/** The character of a valid UTF-8 sequence. */
function codePoint(bytes: Uint8Array, index: number, size: number): number {
  const lead = bytes[index] ?? 0;
  let code = size === 1 ? lead : lead & (0xff >> (size + 1));
  for (let place = 1; place < size; place++) {
    code = (code << 6) | ((bytes[index + place] ?? 0) & 0x3f);
  }
  return code;
}

/** How many bytes the UTF-8 sequence at `index` has; 0 when it is not valid. */
function sequenceSize(bytes: Uint8Array, index: number): number {
  const lead = bytes[index] ?? 0;
  if (lead < 0x80) return 1;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const second = bytes[index + 1] ?? 0;
  // What these refuse: longer forms than needed, surrogates, and what lies above U+10FFFF.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (let place = 2; place < size; place++) {
    if (((bytes[index + place] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  return size;
}
