/**
 * From the arguments of the command line to a call: which verb, with which options.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { renderUsage } from "./help.ts";
import { findNearest } from "./nearest.ts";
import {
  findVerb,
  optionsOf,
  type OptionSpecification,
  VERBS,
  type VerbSpecification,
} from "./verbs.ts";

/** What was typed, understood. */
export type Call =
  | { readonly kind: "nothing" }
  | { readonly kind: "version" }
  | { readonly kind: "help"; readonly verb: VerbSpecification | null }
  | {
    readonly kind: "run";
    readonly verb: VerbSpecification;
    readonly options: OptionValues;
    readonly operands: readonly string[];
  };

/** The options of a call by name. */
export class OptionValues {
  readonly #flags: ReadonlySet<string>;
  readonly #counts: ReadonlyMap<string, number>;

  /** Makes values from the flags that are set and the numbers that are known. */
  constructor(flags: Iterable<string>, counts: Iterable<readonly [string, number]> = []) {
    this.#flags = new Set(flags);
    this.#counts = new Map(counts);
  }

  /** Whether a flag was given. */
  flag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** The number that was given, else the table's default, else undefined. */
  count(name: string): number | undefined {
    return this.#counts.get(name);
  }
}

/**
 * Understands a command line.
 *
 * @param args The arguments behind the name of the program.
 * @returns The call. Help goes before the version, and both before everything else.
 * @throws {OperationError} With the code `usage`: the call is wrong.
 */
export function parseCall(args: readonly string[]): Call {
  if (args.length === 0) return { kind: "nothing" };
  const { verb, rest } = takeVerb(args);
  const specifications = optionsOf(verb);
  const { options, operands } = parseOptions(rest, specifications, verb);
  if (options.flag("help")) return { kind: "help", verb };
  if (options.flag("version")) return { kind: "version" };
  if (verb === null) return { kind: "nothing" };
  requireNoConflict(options, specifications, verb);
  requireOperands(operands, verb);
  return { kind: "run", verb, options, operands };
}

/**
 * Looks whether a flag is among the arguments, before it is known whether they make sense.
 *
 * @param args The arguments.
 * @param flag The flag with its dashes.
 * @returns True when it stands before any `--`.
 */
export function hasFlag(args: readonly string[], flag: string): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).includes(flag);
}

/** Takes out the first argument that is no option: it has to be a verb. */
function takeVerb(
  args: readonly string[],
): { verb: VerbSpecification | null; rest: readonly string[] } {
  const index = args.findIndex((arg) => !isOption(arg));
  const name = args[index];
  if (name === undefined) return { verb: null, rest: args };
  const verb = findVerb(name);
  if (verb === undefined) throw unknownVerb(name);
  return { verb, rest: args.filter((_, position) => position !== index) };
}

/**
 * Makes the error for a verb that does not exist.
 *
 * @param name What was typed in its place.
 * @returns The error, with a guess at what was meant.
 */
export function unknownVerb(name: string): OperationError {
  const nearest = findNearest(name, VERBS.map((verb) => verb.name));
  let guess = "";
  if (nearest !== null) guess = `; did you mean ${nearest}?`;
  else if (/[/\\.]/.test(name)) guess = `; to check a store: vecfsck check ${printable(name)}`;
  return usageError(`Unknown verb: ${printable(name)}${guess}`, null);
}

function parseOptions(
  args: readonly string[],
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): { options: OptionValues; operands: readonly string[] } {
  const flags = specifications.filter(({ type }) => type === "flag").map(({ name }) => name);
  const counts = specifications.filter((option) => option.type === "count");
  const negations = flags.filter((name) => name.startsWith("no-")).map(stripNegation);
  const parsed = parseArgs(spellOut(args, specifications, verb), {
    boolean: flags.map(stripNegation),
    negatable: negations,
    default: Object.fromEntries(negations.map((name) => [name, true])),
    // Named as a string, `_` keeps a store called `1` or `0x10` from becoming a number.
    string: ["_", ...counts.map(({ name }) => name)],
  });
  return {
    options: new OptionValues(
      flags.filter((name) => parsed[stripNegation(name)] === !name.startsWith("no-")),
      counts.flatMap((option) => {
        const given = parsed[option.name];
        const value = given === undefined ? option.defaultValue : toCount(option, given, verb);
        return value === undefined ? [] : [[option.name, value] as const];
      }),
    ),
    operands: parsed._.map(String),
  };
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
  const spelled = read.flatMap((arg, index) => {
    if (!isOption(arg)) return [arg];
    return arg.startsWith("--")
      ? [spellOutWord(arg, read[index + 1], specifications, verb)]
      : spellOutLetters(arg, specifications, verb);
  });
  return end === -1 ? spelled : [...spelled, ...args.slice(end)];
}

function spellOutWord(
  arg: string,
  next: string | undefined,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): string {
  const [typed = "", ...value] = arg.split("=");
  const option = specifications.find(({ name }) => `--${name}` === typed);
  if (option === undefined) throw unknownOption(typed, specifications, verb);
  if (option.type === "flag") {
    if (value.length > 0) throw usageError(`${typed} takes no value`, verb);
    return spellFlag(option);
  }
  // A number with a sign looks like an option: it is meant as the value, and refused as one.
  if (value.length === 0 && next !== undefined && /^-[0-9]/.test(next)) toCount(option, next, verb);
  return arg;
}

function spellOutLetters(
  arg: string,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification | null,
): string[] {
  return Array.from(arg.slice(1), (letter) => {
    const option = specifications.find(({ short }) => short === letter);
    if (option === undefined) throw unknownOption(`-${letter}`, specifications, verb);
    return spellFlag(option);
  });
}

function spellFlag({ name }: OptionSpecification): string {
  return name.startsWith("no-") ? `--${name}` : `--${name}=true`;
}

function toCount(
  option: OptionSpecification,
  given: unknown,
  verb: VerbSpecification | null,
): number {
  const text = String(given);
  if (text === "") throw usageError(`--${option.name} needs a number`, verb);
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value)) {
    throw usageError(`--${option.name} needs a whole number, not "${printable(text)}"`, verb);
  }
  return value;
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

function requireNoConflict(
  options: OptionValues,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification,
): void {
  for (const { name, conflicts = [] } of specifications) {
    const other = conflicts.find((conflict) => options.flag(conflict));
    if (options.flag(name) && other !== undefined) {
      throw usageError(`--${name} and --${other} cannot be used together`, verb);
    }
  }
}

function requireOperands(operands: readonly string[], verb: VerbSpecification): void {
  const required = verb.arguments.filter((argument) => argument.required);
  const missing = required[operands.length];
  if (missing !== undefined) throw usageError(`No ${missing.name} given`, verb);
  if (operands.includes("")) {
    throw usageError("An argument is empty; is a variable of the shell not set?", verb);
  }
  const isOpen = verb.arguments.some(({ repeatable }) => repeatable);
  const extra = operands[verb.arguments.length];
  if (extra !== undefined && !isOpen) {
    throw usageError(`Unexpected argument: ${printable(extra)}`, verb);
  }
}

function usageError(message: string, verb: VerbSpecification | null): OperationError {
  const help = verb === null ? "vecfsck help" : `vecfsck help ${verb.name}`;
  return new OperationError("usage", message, {
    hint: `Usage: ${renderUsage(verb)} (${help} explains it)`,
  });
}

/** A lone dash is a name like any other; an empty argument is no option either. */
function isOption(arg: string): boolean {
  return arg.length > 1 && arg.startsWith("-");
}

function stripNegation(name: string): string {
  return name.replace(/^no-/, "");
}
