/**
 * Options that name another program, and the permission to run it. No shell runs it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { splitShellWords } from "../base/shell_words.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** A program and its arguments. */
export interface Program {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

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
  const [program, ...args] = splitShellWords(text) ?? [];
  if (program === undefined || program === "") {
    const message = `--${option} needs a program and its arguments, not "${printable(text)}"`;
    throw usageError(message, findVerb(verb) ?? null);
  }
  const { state } = Deno.permissions.querySync({ name: "run", command: program });
  if (state === "granted") return { program, args };
  throw new OperationError(
    "permission-denied",
    `--${option} may not run ${printable(program)}: vecfsck was started without --allow-run`,
    { hint: `Nothing was changed. Give deno the permission: --allow-run=${printable(program)}` },
  );
}

/**
 * Ends a program that may have ended already.
 *
 * @param child The program.
 * @param signal How.
 */
export function endProgram(child: Deno.ChildProcess, signal: Deno.Signal = "SIGTERM"): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended already.
  }
}
