/**
 * HTML in which nothing from a store can be anything but text.
 *
 * @module
 */

import { printable } from "../base/printable.ts";

/** A piece of HTML that is safe as it is. */
export class Html {
  /** The markup. */
  readonly markup: string;

  /** Takes markup that is safe; what is none comes in by {@linkcode html}. */
  constructor(markup: string) {
    this.markup = markup;
  }
}

/** A name can have any length, and a page must not. */
const MOST_CHARACTERS = 4096;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Makes HTML from a template: every text that is put in is escaped, and made printable, for a name
 * can turn the direction of what stands around it.
 *
 * @param parts The markup of the template.
 * @param values What stands between: texts, pieces of HTML, or lists of pieces.
 * @returns The HTML.
 */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  const markup = parts.map((part, index) => part + toMarkup(values[index] ?? ""));
  return new Html(markup.join(""));
}

function toMarkup(value: string | Html | readonly Html[]): string {
  if (typeof value === "string") return escapeText(value);
  return value instanceof Html ? value.markup : value.map(({ markup }) => markup).join("");
}

function escapeText(text: string): string {
  return printable(text.toWellFormed(), MOST_CHARACTERS)
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}
