/**
 * Names and texts that come from a store, made safe to print.
 *
 * @module
 */

// Controls of C0 and C1, and the characters that turn the direction of text: a name in a store can
// hold escape sequences that repaint or rename what the operator reads.
// deno-lint-ignore no-control-regex
const UNPRINTABLE = new RegExp(
  "[\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ufeff]",
  "g",
);

/**
 * Writes every control and direction character of a text as an escape, and cuts what is too long.
 *
 * @param text A name, an id or a message that may come from a store.
 * @param maxLength How many characters are kept at the most.
 * @returns The text on one line, without anything that a terminal would act on.
 */
export function printable(text: string, maxLength = 400): string {
  const escaped = text.replaceAll(
    UNPRINTABLE,
    (character) => `\\u{${character.charCodeAt(0).toString(16)}}`,
  );
  return escaped.length <= maxLength ? escaped : `${escaped.slice(0, maxLength - 1)}…`;
}
