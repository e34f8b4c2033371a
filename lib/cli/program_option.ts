/**
 * Options that name another program, and the permission to run it. No shell runs it.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { createRunRefusal, mayRun, parseProgram, type Program } from "../isolation/program.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** An option that names a program. */
export interface ProgramOption {
  /** The name of the option, without dashes. */
  readonly option: string;
  /** The verb that has it. */
  readonly verb: string;
}

/**
 * Reads a program from an option, and makes sure that it may be run before anything is done.
 *
 * @param invocation The call.
 * @param source The option.
 * @returns The program, or null where none was given.
 * @throws {OperationError} The command is empty or has an open quote, or it may not be run.
 */
export function readProgram(
  { options }: Pick<Invocation, "options">,
  { option, verb }: ProgramOption,
): Program | null {
  const text = options.text(option);
  if (text === undefined) return null;
  const program = parseProgram(text);
  if (program === null) {
    const message = `--${option} needs a program and its arguments, not "${printable(text)}"`;
    throw usageError(message, findVerb(verb) ?? null);
  }
  if (!mayRun(program)) throw createRunRefusal(program, `--${option} may not run`);
  return program;
}
