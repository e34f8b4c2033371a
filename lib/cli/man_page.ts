/**
 * The manual page, written from the table of verbs in the macros of man(7).
 *
 * @module
 */

import { VERSION } from "../base/version.ts";
import { renderUsage } from "./help.ts";
import type { OptionSpecification, VerbSpecification } from "./specification.ts";
import { COMMON_OPTIONS, VERBS } from "./verbs.ts";

/**
 * Writes vecfsck(1).
 *
 * @returns The lines, for `man -l` and its like.
 */
export function renderManPage(): string[] {
  return [
    `.\\" Written by \`vecfsck help --man\`.`,
    `.TH VECFSCK 1 "" "vecfsck ${VERSION}"`,
    ".SH NAME",
    `vecfsck \\- ${escapeRoff("fsck for embedded vector stores (Chroma, chromem-go)")}`,
    ".SH SYNOPSIS",
    `.B ${escapeRoff(renderUsage(null))}`,
    ".SH DESCRIPTION",
    ...renderText(
      "Says whether an embedded vector store is safe to open, names what in it is damaged, repairs " +
        "it, and keeps copies that can be trusted. No engine and no model is needed.",
    ),
    ".SH OPTIONS OF EVERY VERB",
    ...COMMON_OPTIONS.flatMap(renderOption),
    ".SH VERBS",
    ...VERBS.flatMap(renderVerb),
    ".SH EXIT STATUS",
    ...renderText(
      "The codes are bits, as those of fsck(8) are. They are ORed where several stores are named; " +
        "what each of them says is told with each verb.",
    ),
    ".SH SEE ALSO",
    ".BR fsck (8)",
  ];
}

function renderVerb(verb: VerbSpecification): string[] {
  return [
    `.SS ${quoteArgument(`vecfsck ${verb.name}`)}`,
    `.B ${escapeRoff(renderUsage(verb))}`,
    ".PP",
    ...renderText(`${capitalise(verb.summary)}.`),
    ...verb.description.flatMap((paragraph) => [".PP", ...renderText(paragraph)]),
    ...verb.arguments.flatMap(({ name, description }) => [
      ".TP",
      `.I ${escapeRoff(name)}`,
      ...renderText(description),
    ]),
    ...verb.options.flatMap(renderOption),
    ".PP",
    "Examples:",
    ...verb.examples.flatMap(({ command, description }) => [
      ".TP",
      `.B ${escapeRoff(command)}`,
      ...renderText(`${capitalise(description)}.`),
    ]),
    ".PP",
    "Exit status:",
    ...verb.exitStatus.flatMap(({ code, description }) => [
      ".TP",
      `.B ${code}`,
      ...renderText(description),
    ]),
  ];
}

function renderOption(option: OptionSpecification): string[] {
  const forms = [...(option.short === undefined ? [] : [`-${option.short}`]), `--${option.name}`];
  const value = option.type === "flag" ? "" : ` \\fI${escapeRoff(option.valueName)}\\fR`;
  const standard = "defaultValue" in option && option.defaultValue !== undefined
    ? ` Default: ${option.defaultValue}.`
    : "";
  return [
    ".TP",
    forms.map((form) => `\\fB${escapeRoff(form)}\\fR`).join(", ") + value,
    ...renderText(option.description + standard),
  ];
}

/** Writes running text: what stands between backticks becomes bold. */
function renderText(text: string): string[] {
  const parts = text.split("`").map((part, index) =>
    index % 2 === 1 ? `\\fB${escapeRoff(part)}\\fR` : escapeRoff(part)
  );
  // A line that began with one of these would be a request.
  return [parts.join("").replace(/^(?=[.'])/, "\\&")];
}

function quoteArgument(text: string): string {
  return `"${escapeRoff(text)}"`;
}

/** What stands for a character that roff would take for something else, or set as another one. */
const ROFF_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/**
 * Escapes a text for roff.
 *
 * @param text The text, in one line.
 * @returns What roff sets as that text, wherever it stands but at the begin of a line.
 */
export function escapeRoff(text: string): string {
  return text.replaceAll(/[\\\-'`^~"]/g, (character) => ROFF_ESCAPES[character] ?? character)
    .replaceAll(
      /[^\x20-\x7e]/gu,
      (character) =>
        `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
    );
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
