/**
 * Texts of a store, cut to what a page has room for.
 *
 * @module
 */

import { printable } from "../../base/printable.ts";

/**
 * Cuts a text, and writes what does something to the text around it as an escape.
 *
 * @param text A name, an id, a message that may come from a store, of any length.
 * @param most How many characters are kept.
 * @returns The text.
 */
export function cutText(text: string, most = 300): string {
  // Cut before it is looked through: an id can have as many bytes as there are.
  return printable(text.slice(0, most + 1).toWellFormed(), most);
}

/**
 * Cuts a path in its middle, for its end tells what it is.
 *
 * @param path The path.
 * @param most How many characters are kept.
 * @returns The path.
 */
export function cutPath(path: string, most = 200): string {
  if (path.length <= most) return cutText(path, most * 8);
  const half = Math.floor((most - 1) / 2);
  return `${cutText(path.slice(0, half), most)}…${cutText(path.slice(-half), most)}`;
}
