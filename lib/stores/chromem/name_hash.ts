/**
 * How chromem-go names folders and files: after the first four bytes of a SHA-256, in hexadecimal
 * digits. A folder is named after the name of its collection, a file after the id of its document.
 *
 * @module
 */

import { hashHex } from "../../base/node_library.ts";
import { encodeGobText } from "../../codec/gob.ts";

/** How many hexadecimal digits a name has. */
export const NAME_DIGITS = 8;

/**
 * Tells the name under which chromem-go files something.
 *
 * @param name The name of a collection or the id of a document, as gobs are decoded.
 * @returns Eight hexadecimal digits.
 */
export function hashName(name: string): string {
  // What is no UTF-8 stands in lone surrogates, of which a hash would see U+FFFD.
  const bytes = name.isWellFormed() ? name : encodeGobText(name);
  return hashHex("sha256", bytes).slice(0, NAME_DIGITS);
}
