/**
 * Completions for zsh.
 *
 * @module
 */

import type { CompletedOption, CompletedVerb, CompletedWord, Hint } from "./completion_table.ts";

/**
 * Writes the script that teaches zsh to complete calls of vecfsck: a file `_vecfsck` for a directory
 * of `fpath`, which can be sourced as well.
 *
 * @param table The table for the shells.
 * @returns The script.
 */
export function renderZshCompletions(table: readonly CompletedVerb[]): string {
  const [program] = table;
  const parents = table.filter(({ name, next }) => name !== "" && next.length > 0);
  return `#compdef vecfsck
# Completions of vecfsck for zsh, written by \`vecfsck completions zsh\`.

${table.filter(({ next }) => next.length > 0).map(renderNext).join("\n")}
_vecfsck() {
  local curcontext=$curcontext state state_descr line verb
  typeset -A opt_args
  _arguments -C -A '-*' : \\
${renderSpecifications(program?.options ?? [])} \\
    '1:verb:_vecfsck_next' \\
    '*::argument:->behind' && return 0
  [[ $state == behind ]] || return 1
  verb=$words[1]
  if ((CURRENT > 2)); then
    case $verb:$words[2] in
${parents.map(renderParent).join("\n")}
    esac
  fi
  case $verb in
${table.filter(({ name }) => name !== "").map(renderVerb).join("\n")}
  esac
}

if [[ $funcstack[1] == _vecfsck ]]; then
  _vecfsck "$@"
else
  compdef _vecfsck vecfsck
fi
`;
}

/** Writes the function that completes the next word of an entry, or what may stand in its place. */
function renderNext({ name, next, operands: [operand] }: CompletedVerb): string {
  const what = name === "" ? "verb" : "action";
  const paths = operand === undefined ? "" : renderAction(operand.hint);
  const words = next.map((word) => `    ${quote(renderWord(word))}`).join("\n");
  return `${nextFunction(name)}() {
  local status_of_words=1
  local -a next=(
${words}
  )
  _describe -t ${what}s ${what} next && status_of_words=0
${paths === "" ? "" : `  ${paths} && status_of_words=0\n`}  return status_of_words
}
`;
}

/** In a list of words, a colon parts the word from what it means. */
function renderWord({ word, summary }: CompletedWord): string {
  return `${word}:${summary}`;
}

function nextFunction(name: string): string {
  return name === "" ? "_vecfsck_next" : `_vecfsck_next_${name}`;
}

function renderParent({ name, next }: CompletedVerb): string {
  const words = next.map(({ word }) => word).join("|");
  return `      ${name}:(${words})) verb="$words[1] $words[2]"; shift words; ((CURRENT--)) ;;`;
}

function renderVerb({ name, next, options, operands, isOpen }: CompletedVerb): string {
  const places = operands.map((operand, index) => {
    const isLast = index === operands.length - 1;
    const action = index === 0 && next.length > 0
      ? nextFunction(name)
      : renderAction(operand.hint) || " ";
    return quote(`${isOpen && isLast ? "*" : index + 1}:${operand.name}:${action}`);
  });
  if (operands.length === 0 && next.length > 0) places.push(quote(`1:verb:${nextFunction(name)}`));
  return [
    `    ${quote(name)})`,
    "      _arguments -S : \\",
    [renderSpecifications(options), ...places.map((place) => `    ${place}`)].join(" \\\n"),
    "      ;;",
  ].join("\n");
}

function renderSpecifications(options: readonly CompletedOption[]): string {
  return options.map((option) => `    ${renderOption(option, options)}`).join(" \\\n");
}

/** Writes an option as `_arguments` wants it: what it excludes, its forms, what it does, its value. */
function renderOption(option: CompletedOption, all: readonly CompletedOption[]): string {
  const { long, short, valueName, value, isRepeatable } = option;
  const excluded = all
    .filter((other) => option.conflicts.includes(other.long) || (other === option && !isRepeatable))
    .flatMap((other) => other.short === undefined ? [other.long] : [other.short, other.long]);
  const before = isRepeatable
    ? `${excluded.length > 0 ? `(${excluded.join(" ")})` : ""}*`
    : `(${excluded.join(" ")})`;
  const longForm = value === null ? long : `${long}=`;
  const forms = short === undefined ? quote(longForm) : `{${short},${quote(longForm)}}`;
  const argument = value === null ? "" : `:${valueName}:${renderAction(value) || " "}`;
  return quote(before) + forms + quote(`[${escapeSummary(option.summary)}]${argument}`);
}

function renderAction(hint: Hint): string {
  switch (hint.kind) {
    case "file":
      return "_files";
    case "directory":
      return "_files -/";
    case "words":
      return `(${hint.words.join(" ")})`;
    case "other":
      return "";
  }
}

function escapeSummary(text: string): string {
  return text.replaceAll(/[\\[\]]/g, "\\$&");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
