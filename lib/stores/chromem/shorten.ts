/**
 * Names and ids as findings carry them: a hostile file can hold one of many megabytes, and findings
 * repeat them.
 *
 * @module
 */

import { hashName } from "./name_hash.ts";

/** No program gives longer ones. */
const LONGEST = 1024;

/**
 * Cuts a name or an id that is too long to be repeated.
 *
 * @param text The name or id.
 * @returns The text; one that was cut ends with its length and its hash, so that two stay apart.
 */
export function shorten(text: string): string {
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST)}… (${text.length} characters, ${hashName(text)})`;
}
