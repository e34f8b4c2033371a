/**
 * Colour and weight of text on a terminal.
 *
 * @module
 */

/** What a text is, which decides how it looks. Colour only repeats what the words say. */
export type Style = "fatal" | "error" | "warning" | "info" | "good" | "heading" | "faint";

/** Gives a text the look of its style, or leaves it as it is. */
export type Painter = (style: Style, text: string) => string;

// The parameters of "select graphic rendition" (ECMA-48, 8.3.117).
const PARAMETERS: Readonly<Record<Style, string>> = {
  fatal: "1;31",
  error: "31",
  warning: "33",
  info: "36",
  good: "32",
  heading: "1",
  faint: "2",
};

/** Leaves every text as it is. */
export const plainPainter: Painter = (_style, text) => text;

/** Colours a text with the escape sequences that every terminal knows. */
export const colourPainter: Painter = (style, text) => `\x1b[${PARAMETERS[style]}m${text}\x1b[0m`;
