/**
 * Reports of several lines, each with a label in front of it.
 *
 * @module
 */

import { formatNumber } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { Style } from "./paint.ts";
import type { TextOptions } from "./text.ts";
import { wrapText } from "./wrap.ts";

const MOST_PATH_CHARACTERS = 4096;
const MOST_TEXT_CHARACTERS = 1000;

const LABEL_WIDTH = 10;
const LABEL_INDENT = "  ";

/** What stands in front of a line without a label. */
export const INDENT: string = LABEL_INDENT + " ".repeat(LABEL_WIDTH);

/**
 * Sets a text behind a label.
 *
 * @param label The label; empty for a text that goes on under the one before.
 * @param text The text.
 * @param style How the label looks.
 * @param options How text is laid out.
 * @returns The lines.
 */
export function renderLabelled(
  label: string,
  text: string,
  style: Style,
  { paint, width }: TextOptions,
): string[] {
  const [first = "", ...rest] = wrapText(text, width, INDENT);
  const head = label === ""
    ? INDENT
    : LABEL_INDENT + paint(style, label) + " ".repeat(LABEL_WIDTH - label.length);
  return [head + first.slice(INDENT.length), ...rest];
}

/**
 * Sets a command on a line of its own, whole, so that it can be copied.
 *
 * @param command The command, safe to print.
 * @param options How text is laid out.
 * @returns The line.
 */
export function renderCommand(command: string, options: TextOptions): string[] {
  return renderLabelled("", command, "faint", { ...options, width: Infinity });
}

/**
 * Makes a path safe to print, whatever its length.
 *
 * @param path The path.
 * @returns The path on one line.
 */
export function showPath(path: string): string {
  return printable(path, MOST_PATH_CHARACTERS);
}

/**
 * Makes a text safe to print, and cuts one that is too long.
 *
 * @param text A reason, a title, a name.
 * @returns The text on one line.
 */
export function showText(text: string): string {
  return printable(text, MOST_TEXT_CHARACTERS);
}

/**
 * Makes a sentence of a clause.
 *
 * @param text The clause.
 * @returns It with a capital at its beginning.
 */
export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * Names the first of many, and counts the rest.
 *
 * @param names All names.
 * @param most How many are named at the most.
 * @param describeMore Says how many more there are.
 * @returns For instance `a, b … and 7 more`.
 */
export function nameSome(
  names: readonly string[],
  most: number,
  describeMore: (more: number) => string,
): string {
  const shown = names.slice(0, most).join(", ");
  const more = names.length - most;
  return more <= 0 ? shown : `${shown} … and ${describeMore(more)}`;
}

/**
 * Writes a count with a noun that is given in the plural.
 *
 * @param count How many.
 * @param nouns The noun, with what may follow it: `rows of the queue`.
 * @returns For instance `1 row of the queue`.
 */
export function countNoun(count: number, nouns: string): string {
  const [noun = "", ...rest] = nouns.split(" ");
  const singular = noun.replace(/ies$/, "y").replace(/(x|ss|ch)es$/, "$1").replace(/s$/, "");
  return `${formatNumber(count)} ${[count === 1 ? singular : noun, ...rest].join(" ")}`;
}
