/**
 * From the arguments of the command line to a call: which verb, with which options.
 *
 * @module
 */

import type { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { findNearest } from "../base/nearest.ts";
import type { OptionValues } from "./option_values.ts";
import { isOption, parseOptions, toChoice } from "./options.ts";
import type { OptionSpecification, VerbSpecification } from "./specification.ts";
import { usageError } from "./usage_error.ts";
import { findVerb, optionsOf, VERBS } from "./verbs.ts";

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
  return { kind: "run", verb, options, operands: chooseOperands(operands, verb) };
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

/**
 * Takes out the first argument that is no option: it has to be a verb. A word right behind it may
 * name one of its actions.
 */
function takeVerb(
  args: readonly string[],
): { verb: VerbSpecification | null; rest: readonly string[] } {
  const index = args.findIndex((arg) => !isOption(arg));
  const name = args[index];
  if (name === undefined) return { verb: null, rest: args };
  const verb = findVerb(name);
  if (verb === undefined) throw unknownVerb(name);
  const action = findVerb(`${name} ${args[index + 1]}`);
  const words = action === undefined ? 1 : 2;
  return { verb: action ?? verb, rest: args.toSpliced(index, words) };
}

/**
 * Makes the error for a verb that does not exist.
 *
 * @param name What was typed in its place.
 * @returns The error, with a guess at what was meant.
 */
export function unknownVerb(name: string): OperationError {
  const nearest = findNearest(
    name,
    VERBS.map((verb) => verb.name).filter((verb) => !verb.includes(" ")),
  );
  let guess = "";
  if (nearest !== null) guess = `; did you mean ${nearest}?`;
  else if (/[/\\.]/.test(name)) guess = `; to check a store: vecfsck check ${printable(name)}`;
  return usageError(`Unknown verb: ${printable(name)}${guess}`, null);
}

function requireNoConflict(
  options: OptionValues,
  specifications: readonly OptionSpecification[],
  verb: VerbSpecification,
): void {
  for (const { name, conflicts = [] } of specifications) {
    const other = conflicts.find((conflict) => options.has(conflict));
    if (options.has(name) && other !== undefined) {
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

/** Holds the arguments that can be one of a few words against these. */
function chooseOperands(operands: readonly string[], verb: VerbSpecification): readonly string[] {
  return operands.map((operand, index) => {
    const argument = verb.arguments[index];
    return argument === undefined
      ? operand
      : toChoice(argument.name, operand, argument.choices, verb);
  });
}
