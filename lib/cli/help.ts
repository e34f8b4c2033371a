/**
 * Help, written from the table of verbs.
 *
 * @module
 */

import { wrapText } from "../output/wrap.ts";
import type { OptionSpecification, VerbSpecification } from "./specification.ts";
import { actionsOf, COMMON_OPTIONS, VERBS } from "./verbs.ts";

/** Help is as wide on every terminal, so that its examples can be quoted. */
const WIDTH = 80;
const TERM_WIDTH = 22;

/**
 * Writes the usage line of a verb, or of the program.
 *
 * @param verb The verb, or null.
 * @returns For instance `vecfsck check [OPTION]... STORE...`.
 */
export function renderUsage(verb: VerbSpecification | null): string {
  if (verb === null) return "vecfsck VERB [OPTION]... [ARGUMENT]...";
  const options = verb.options.length === 0 ? [] : ["[OPTION]..."];
  const names = verb.arguments.map(({ name, required, repeatable }) => {
    const repeated = repeatable ? `${name}...` : name;
    return required ? repeated : `[${repeated}]`;
  });
  return ["vecfsck", verb.name, ...options, ...names].join(" ");
}

/**
 * Writes the screen for someone who types `vecfsck` alone.
 *
 * @returns The lines.
 */
export function renderStartScreen(): string[] {
  return [
    "vecfsck says whether an embedded vector store (Chroma, chromem-go) is safe to",
    "open, names what in it is damaged, repairs it, and keeps copies to be trusted.",
    "",
    ...renderTerm("  vecfsck check STORE", "check a store; nothing in it is changed", 25),
    ...renderTerm("  vecfsck repair STORE", "bring back what is damaged, without a model", 25),
    ...renderTerm("  vecfsck backup STORE", "copy it, also while an engine uses it", 25),
    "",
    "STORE is the directory that holds chroma.sqlite3, or the folders of chromem-go's",
    "collections. `vecfsck help` lists all verbs.",
  ];
}

/**
 * Writes the help of the program.
 *
 * @returns The lines.
 */
export function renderProgramHelp(): string[] {
  return [
    "vecfsck: fsck for embedded vector stores (Chroma, chromem-go)",
    "",
    "USAGE",
    `  ${renderUsage(null)}`,
    "",
    "VERBS",
    ...VERBS.filter(({ name }) => !name.includes(" "))
      .flatMap(({ name, summary }) => renderTerm(`  ${name}`, summary)),
    "",
    "OPTIONS OF EVERY VERB",
    ...COMMON_OPTIONS.flatMap(renderOption),
    "",
    "`vecfsck help VERB` explains a verb, with examples and its exit status.",
  ];
}

/**
 * Writes the help of a verb.
 *
 * @param verb The verb.
 * @returns The lines; the last sections are EXAMPLES and EXIT STATUS.
 */
export function renderVerbHelp(verb: VerbSpecification): string[] {
  return [
    `vecfsck ${verb.name}: ${verb.summary}`,
    "",
    "USAGE",
    `  ${renderUsage(verb)}`,
    ...verb.description.flatMap((paragraph) => ["", ...wrapText(paragraph, WIDTH)]),
    ...renderActions(verb),
    "",
    "ARGUMENTS",
    ...verb.arguments.flatMap(({ name, description }) => renderTerm(`  ${name}`, description)),
    "",
    "OPTIONS",
    ...[...verb.options, ...COMMON_OPTIONS].flatMap(renderOption),
    "",
    "EXAMPLES",
    ...verb.examples.flatMap(({ command, description }) => [
      `  # ${description}`,
      `  ${command}`,
    ]),
    "",
    "EXIT STATUS",
    ...verb.exitStatus.flatMap(({ code, description }) =>
      renderTerm(`  ${String(code).padStart(2)}`, description, 6)
    ),
    ...(verb.arguments.some(({ repeatable }) => repeatable)
      ? ["  With several stores the codes are ORed, as those of fsck(8) are."]
      : []),
  ];
}

function renderActions(verb: VerbSpecification): string[] {
  const actions = actionsOf(verb);
  if (actions.length === 0) return [];
  return [
    "",
    "ACTIONS",
    ...actions.flatMap(({ name, summary }) => renderTerm(`  ${name}`, summary)),
    ...wrapText(`\`vecfsck help ${verb.name} ACTION\` explains one.`, WIDTH, "  "),
  ];
}

function renderOption(option: OptionSpecification): string[] {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const value = option.type === "flag" ? "" : ` ${option.valueName}`;
  const standard = "defaultValue" in option && option.defaultValue !== undefined
    ? ` Default: ${option.defaultValue}.`
    : "";
  return renderTerm(`  ${short}--${option.name}${value}`, option.description + standard, 26);
}

/** Sets a term and what it means side by side, or one below the other where the term is long. */
function renderTerm(term: string, meaning: string, termWidth = TERM_WIDTH): string[] {
  const indent = " ".repeat(termWidth);
  if (term.length + 1 > termWidth) return [term, ...wrapText(meaning, WIDTH, indent)];
  return wrapText(meaning, WIDTH, indent, term.padEnd(termWidth));
}
