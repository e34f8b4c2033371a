/**
 * What a shell has to know to complete a call: the table of verbs and options, without what only
 * people read.
 *
 * @module
 */

import type {
  ArgumentSpecification,
  OptionSpecification,
  ValueOption,
  VerbSpecification,
} from "../specification.ts";

/** What can stand in a place: paths, one of a few words, or what no shell can guess. */
export type Hint =
  | { readonly kind: "file" }
  | { readonly kind: "directory" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "other" };

/** A word with what it means. */
export interface CompletedWord {
  /** The word. */
  readonly word: string;
  /** What it means, in a few words. */
  readonly summary: string;
}

/** An option as a shell completes it. */
export interface CompletedOption {
  /** The long name with its dashes. */
  readonly long: string;
  /** The short form with its dash. */
  readonly short?: string;
  /** What it does: the first sentence of its description, without a final period. */
  readonly summary: string;
  /** What stands for its value in the help; null where it has none. */
  readonly valueName: string | null;
  /** What its value can be; null where it has none. */
  readonly value: Hint | null;
  /** Whether it can be given several times. */
  readonly isRepeatable: boolean;
  /** The long names, with dashes, of the options that it cannot be used with. */
  readonly conflicts: readonly string[];
}

/** A place for an argument. */
export interface CompletedOperand {
  /** Its name in the help. */
  readonly name: string;
  /** What can stand there. */
  readonly hint: Hint;
}

/** What can follow once the words of a verb stand on the command line. */
export interface CompletedVerb {
  /** The words, parted by a space; empty for the program itself. */
  readonly name: string;
  /** The words that can come next and lead to another entry. */
  readonly next: readonly CompletedWord[];
  /** The options. */
  readonly options: readonly CompletedOption[];
  /** The places for arguments. */
  readonly operands: readonly CompletedOperand[];
  /** Whether the last place can be filled again and again. */
  readonly isOpen: boolean;
}

/**
 * Makes the table for the shells. The first entry is the program itself. The words behind `help`
 * have entries too, for there it is verbs that are completed.
 *
 * @param verbs The verbs and their actions.
 * @param common The options that every verb has.
 * @returns The entries.
 */
export function makeCompletionTable(
  verbs: readonly VerbSpecification[],
  common: readonly OptionSpecification[],
): CompletedVerb[] {
  const program = toEntry("", verbs, { options: common, operands: [] });
  return [program, ...verbs.flatMap((verb) => toEntries(verb, verbs, common))];
}

function toEntries(
  verb: VerbSpecification,
  verbs: readonly VerbSpecification[],
  common: readonly OptionSpecification[],
): CompletedVerb[] {
  const options = [...verb.options, ...common];
  if (!verb.arguments.some(({ name }) => name === "VERB")) {
    return [toEntry(verb.name, verbs, { options, operands: verb.arguments })];
  }
  const topics = nextWords("", verbs);
  return [
    { ...toEntry(verb.name, verbs, { options, operands: [] }), next: topics },
    ...topics.map(({ word }) => ({
      ...toEntry(`${verb.name} ${word}`, verbs, { options, operands: [] }),
      operands: toActionOperands(nextWords(word, verbs)),
    })),
  ];
}

function toActionOperands(actions: readonly CompletedWord[]): CompletedOperand[] {
  if (actions.length === 0) return [];
  return [{ name: "ACTION", hint: { kind: "words", words: actions.map(({ word }) => word) } }];
}

function toEntry(
  name: string,
  verbs: readonly VerbSpecification[],
  { options, operands }: {
    options: readonly OptionSpecification[];
    operands: readonly ArgumentSpecification[];
  },
): CompletedVerb {
  return {
    name,
    next: nextWords(name, verbs),
    options: options.map(toOption),
    operands: operands.map((operand) => ({ name: operand.name, hint: operandHint(operand) })),
    isOpen: operands.some(({ repeatable }) => repeatable),
  };
}

/** Lists the words that make another entry when they stand behind these. */
function nextWords(name: string, verbs: readonly VerbSpecification[]): CompletedWord[] {
  const start = name === "" ? "" : `${name} `;
  return verbs.flatMap((verb) => {
    const word = verb.name.slice(start.length);
    return verb.name.startsWith(start) && word !== "" && !word.includes(" ")
      ? [{ word, summary: verb.summary }]
      : [];
  });
}

function toOption(option: OptionSpecification): CompletedOption {
  const isFlag = option.type === "flag";
  return {
    long: `--${option.name}`,
    ...(option.short === undefined ? {} : { short: `-${option.short}` }),
    summary: firstSentence(option.description),
    valueName: isFlag ? null : option.valueName,
    value: isFlag ? null : optionHint(option),
    isRepeatable: option.type === "text" && option.repeatable === true,
    conflicts: (option.conflicts ?? []).map((name) => `--${name}`),
  };
}

function optionHint(option: ValueOption): Hint {
  if (option.type !== "text") return { kind: "other" };
  if (option.choices !== undefined) return { kind: "words", words: option.choices };
  if (option.valueName === "FILE") return { kind: "file" };
  const names = option.valueName.split("|");
  return names.includes("DIR") ? { kind: "directory" } : { kind: "other" };
}

function operandHint({ name, choices, canBeFile }: ArgumentSpecification): Hint {
  if (choices !== undefined) return { kind: "words", words: choices };
  if (name !== "STORE") return { kind: "other" };
  return { kind: canBeFile === true ? "file" : "directory" };
}

/** Gives the first sentence of a description, which says enough for a list. */
function firstSentence(description: string): string {
  const [first = ""] = description.split(". ");
  return first.replace(/\.$/, "");
}

/**
 * Lists the options that take a value, in each of their forms. The same option means the same
 * everywhere, so that one list does for all verbs.
 *
 * @param table The table for the shells.
 * @returns For instance `--output` and `-o`.
 */
export function listValueOptions(table: readonly CompletedVerb[]): string[] {
  const forms = table.flatMap(({ options }) =>
    options.filter(({ value }) => value !== null).flatMap(({ long, short }) =>
      short === undefined ? [long] : [long, short]
    )
  );
  return [...new Set(forms)].sort();
}
