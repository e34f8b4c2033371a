/**
 * Text broken into lines.
 *
 * @module
 */

/** The width in columns where the terminal does not tell it. */
export const DEFAULT_WIDTH = 80;

/**
 * Breaks a text into lines at its spaces. A word that is longer than a line, as a path may be, is
 * kept whole, so that it can be copied.
 *
 * @param text The text, without line breaks.
 * @param width How many columns a line has at the most, its indent included.
 * @param indent What every line but the first begins with.
 * @param firstIndent What the first line begins with; `indent` when left out.
 * @returns The lines.
 */
export function wrapText(
  text: string,
  width: number,
  indent = "",
  firstIndent: string = indent,
): string[] {
  const lines: string[] = [];
  let line = firstIndent;
  let isEmpty = true;
  for (const word of text.split(" ").filter((part) => part !== "")) {
    if (!isEmpty && countColumns(line) + 1 + countColumns(word) > width) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

/** Counts characters as a reader does who knows nothing of wide ones: by code points. */
function countColumns(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
