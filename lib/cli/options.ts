/**
 * The options of a call, read by the table.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { parseByteSize } from "../base/byte_size.ts";
import { parseDuration } from "../base/duration.ts";
import type { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { findNearest } from "../base/nearest.ts";
import { type OptionValue, OptionValues } from "./option_values.ts";
import type { OptionSpecification, ValueOption, VerbSpecification } from "./specification.ts";
import { usageError } from "./usage_error.ts";

/**
 * Reads the options among arguments.
 *
 * @param args The arguments without the verb.
 * @param specifications The options that there are.
 * @param verb The verb, for errors.
 * @returns The options, and everything that is none.
 * @throws {OperationError} With the code `usage`: an option is unknown or its value is wrong.
 */
export function parseOptions(
  args: readonly string[],
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): { options: OptionValues; operands: readonly string[] } {
  const flags = specifications.filter(({ type }) => type === "flag").map(({ name }) => name);
  const valued = specifications.filter((option) => option.type !== "flag");
  const negations = flags.filter((name) => name.startsWith("no-")).map(stripNegation);
  const parsed = parseArgs(spellOut(args, specifications, verb), {
    boolean: flags.map(stripNegation),
    negatable: negations,
    default: Object.fromEntries(negations.map((name) => [name, true])),
    // Named as a string, `_` keeps a store called `1` or `0x10` from becoming a number.
    string: ["_", ...valued.map(({ name }) => name)],
    collect: valued.map(({ name }) => name),
  });
  return {
    options: new OptionValues(
      flags.filter((name) => parsed[stripNegation(name)] === !name.startsWith("no-")),
      valued.flatMap((option) => {
        // What was not given is an empty list.
        const given: unknown = parsed[option.name];
        const value = toValue(option, Array.isArray(given) ? given.map(String) : [], verb);
        return value === undefined ? [] : [[option.name, value] as const];
      }),
    ),
    operands: parsed._.map(String),
  };
}

function toValue(
  option: ValueOption,
  given: readonly string[],
  verb: VerbSpecification | null,
): OptionValue | undefined {
  switch (option.type) {
    case "count":
      return given.map((text) => toCount(option, text, verb)).at(-1) ?? option.defaultValue;
    case "duration": {
      const standard = option.defaultValue === undefined ? [] : [option.defaultValue];
      return [...standard, ...given].map((text) => toDuration(option, text, verb)).at(-1);
    }
    case "size":
      return given.map((text) => toSize(option, text, verb)).at(-1);
    case "text":
      for (const text of given) if (text === "") throw missingValue(option, verb);
      if (given.length > 1 && !option.repeatable) {
        throw usageError(`--${option.name} can be given only once`, verb);
      }
      if (given.length === 0) return undefined;
      return given.map((text) => toChoice(`--${option.name}`, text, option.choices, verb));
  }
}

/**
 * Takes a text for the choice that it names, in small or capital letters.
 *
 * @param name What has the value, for errors: `--strategy`.
 * @param text What was typed.
 * @param choices What it can be; every text is right when left out.
 * @param verb The verb, for errors.
 * @returns The choice.
 * @throws {OperationError} With the code `usage`: there is no such choice.
 */
export function toChoice(
  name: string,
  text: string,
  choices: readonly string[] | undefined,
  verb: VerbSpecification | null,
): string {
  if (choices === undefined) return text;
  const choice = choices.find((known) => known === text.toLowerCase());
  if (choice !== undefined) return choice;
  const known = `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`;
  throw usageError(`${name} needs ${known}, not "${printable(text)}"`, verb);
}

/**
 * Writes every option in the one way that parseArgs cannot misread, and refuses unknown ones.
 *
 * Left to itself, parseArgs takes a store called `true` for the value of the flag before it, reads
 * `--json=no` as yes and `-q5` as the number 5, and fails on an option called `--_`.
 */
function spellOut(
  args: readonly string[],
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): string[] {
  const end = args.indexOf("--");
  const read = end === -1 ? args : args.slice(0, end);
  const spelled: string[] = [];
  for (let index = 0; index < read.length; index++) {
    const arg = read[index] ?? "";
    if (!isOption(arg)) spelled.push(arg);
    else {
      const spellOutOption = arg.startsWith("--") ? spellOutWord : spellOutLetters;
      const { words, taken } = spellOutOption(arg, read[index + 1], specifications, verb);
      spelled.push(...words);
      index += taken;
    }
  }
  return end === -1 ? spelled : [...spelled, ...args.slice(end)];
}

/** Options as they are handed on, and how many arguments behind them are their value. */
interface Spelled {
  readonly words: readonly string[];
  readonly taken: number;
}

function spellOutWord(
  arg: string,
  next: string | undefined,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): Spelled {
  const [typed = "", ...value] = arg.split("=");
  const option = specifications.find(({ name }) => `--${name}` === typed);
  if (option === undefined) throw unknownOption(typed, specifications, verb);
  if (option.type !== "flag") {
    return value.length > 0 ? { words: [arg], taken: 0 } : spellValue(option, next, verb);
  }
  if (value.length > 0) throw usageError(`${typed} takes no value`, verb);
  return { words: [spellFlag(option)], taken: 0 };
}

function spellOutLetters(
  arg: string,
  next: string | undefined,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): Spelled {
  const words: string[] = [];
  let taken = 0;
  for (const [index, letter] of Array.from(arg.slice(1)).entries()) {
    const option = specifications.find(({ short }) => short === letter);
    if (option === undefined) throw unknownOption(`-${letter}`, specifications, verb);
    if (option.type === "flag") {
      words.push(spellFlag(option));
    } else {
      // What follows in the same argument is no value, as it is none behind a flag.
      const isLast = index === arg.length - 2;
      const spelled = spellValue(option, isLast ? next : undefined, verb);
      words.push(...spelled.words);
      taken = spelled.taken;
    }
  }
  return { words, taken };
}

function spellValue(
  option: ValueOption,
  next: string | undefined,
  verb: VerbSpecification | null,
): Spelled {
  // A number with a sign looks like an option: it is meant as the value, and refused as one.
  if (next === undefined || (isOption(next) && !/^-[0-9]/.test(next))) {
    throw missingValue(option, verb);
  }
  return { words: [`--${option.name}=${next}`], taken: 1 };
}

function spellFlag({ name }: OptionSpecification): string {
  return name.startsWith("no-") ? `--${name}` : `--${name}=true`;
}

function toCount(option: ValueOption, text: string, verb: VerbSpecification | null): number {
  if (text === "") throw missingValue(option, verb);
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw usageError(`--${option.name} needs a whole number, not "${printable(text)}"`, verb);
  }
  return value;
}

function toDuration(option: ValueOption, text: string, verb: VerbSpecification | null): number {
  if (text === "") throw missingValue(option, verb);
  const value = parseDuration(text);
  if (value !== null) return value;
  const message = `--${option.name} needs a span such as 90s, 10m, 2h, 30d or 4w`;
  throw usageError(`${message}, not "${printable(text)}"`, verb);
}

function toSize(option: ValueOption, text: string, verb: VerbSpecification | null): number {
  if (text === "") throw missingValue(option, verb);
  const value = parseByteSize(text);
  if (value !== null) return value;
  const message = `--${option.name} needs a size such as 800MB or 2GiB`;
  throw usageError(`${message}, not "${printable(text)}"`, verb);
}

/** What the value of an option is called when it is missing. */
const VALUE_NOUN = {
  count: "a number",
  duration: "a span of time",
  size: "a size",
  text: "a value",
} as const;

function missingValue(option: ValueOption, verb: VerbSpecification | null): OperationError {
  return usageError(`--${option.name} needs ${VALUE_NOUN[option.type]}`, verb);
}

function unknownOption(
  typed: string,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): OperationError {
  const nearest = typed.startsWith("--")
    ? findNearest(typed, specifications.map(({ name }) => `--${name}`))
    : null;
  const guess = nearest === null ? "" : `; did you mean ${nearest}?`;
  return usageError(`Unknown option: ${printable(typed)}${guess}`, verb);
}

/**
 * Whether an argument is written as an option. A lone dash is a name like any other; an empty
 * argument is no option either.
 *
 * @param arg The argument.
 * @returns True for `-q` and `--json`.
 */
export function isOption(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}

function stripNegation(name: string): string {
  return name.replace(/^no-/, "");
}
