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

/** The sequences that give text its colours, which are ours where a line is coloured. */
// deno-lint-ignore no-control-regex
const COLOURS = /(\u001b\[[0-9;]*m)/;

/**
 * Makes sure of a whole line that is about to be printed: whatever it was put together from, nothing
 * in it acts on a terminal. What comes from a store is to pass {@linkcode printable} before this.
 *
 * @param line The line.
 * @param isColoured Whether it has colours of ours, which stay.
 * @returns The same line, or one with escapes. Tabs stay as well.
 */
export function printableLine(line: string, isColoured: boolean): string {
  if (line.search(UNPRINTABLE) === -1) return line;
  const parts = isColoured ? line.split(COLOURS) : [line];
  return parts.map((part, index) =>
    index % 2 === 1 ? part : part.split("\t").map((text) => printable(text, Infinity)).join("\t")
  ).join("");
}

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
