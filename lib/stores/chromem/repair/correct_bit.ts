/**
 * Undoing one flipped bit of a text of which the hash is known: a folder is named after the hash of
 * a name, and a file after that of an id.
 *
 * Of n bytes there are 8n texts that differ in one bit; that one of them fits by chance is one in
 * 2^29 / n.
 *
 * @module
 */

import { decodeGobText, encodeGobText } from "../../../codec/gob/text.ts";
import { hashName } from "../name_hash.ts";

/** Longer texts are not tried: each of their bits would need a hash. */
const LONGEST_BYTES = 256;

/**
 * Finds the text that differs in one bit and has a hash.
 *
 * @param text The text as it stands.
 * @param hash Eight hexadecimal digits.
 * @returns The text, or null when none or more than one fits.
 */
export function correctBit(text: string, hash: string): string | null {
  const bytes = encodeGobText(text);
  if (bytes.byteLength > LONGEST_BYTES) return null;
  let found: string | null = null;
  for (let bit = 0; bit < 8 * bytes.byteLength; bit++) {
    const index = bit >> 3;
    const byte = bytes[index] ?? 0;
    bytes[index] = byte ^ (1 << (bit & 7));
    const changed = decodeGobText(bytes, 0, bytes.byteLength);
    if (hashName(changed) === hash) {
      if (found !== null) return null;
      found = changed;
    }
    bytes[index] = byte;
  }
  return found;
}
