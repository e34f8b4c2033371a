/**
 * A program of the user's that is run as a child process, never by a shell.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { permissionHint } from "../base/permission_hint.ts";
import { printable } from "../base/printable.ts";
import { splitShellWords } from "../base/shell_words.ts";

/** A program and its arguments. */
export interface Program {
  /** The program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** What stands for the directory of the store in the arguments; `{}` for short. */
const PLACEHOLDER = /\{(?:store)?\}/g;

/**
 * Reads a command: a text that is split by the quoting rules of a shell, or its words.
 *
 * @param command The command.
 * @returns The program, or null where there is none, or a quote is open.
 */
export function parseProgram(command: string | readonly string[]): Program | null {
  const words = typeof command === "string" ? splitShellWords(command) : command;
  const [program, ...args] = words ?? [];
  return program === undefined || program === "" ? null : { program, args };
}

/**
 * Puts the directory of a store into the arguments of a program.
 *
 * @param program The program.
 * @param directory The directory: it takes the place of `{store}` in each argument, and where
 * none has that, it is the last argument.
 * @returns The program that is run.
 */
export function nameDirectory({ program, args }: Program, directory: string): Program {
  const named = args.map((arg) => arg.replaceAll(PLACEHOLDER, () => directory));
  const isNamed = args.some((arg) => arg.search(PLACEHOLDER) >= 0);
  return { program, args: isNamed ? named : [...args, directory] };
}

/** Whether this process may run a program; nobody is asked. */
export function mayRun({ program }: Program): boolean {
  return Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
}

/**
 * Makes the error for a program that may not be run.
 *
 * @param program The program.
 * @param subject What names it, for people: `--engine-command may not run`.
 * @returns The error, with the flag that grants it.
 */
export function createRunRefusal({ program }: Program, subject: string): OperationError {
  const name = printable(program);
  return new OperationError(
    "permission-denied",
    `${subject} ${name}: this process was started without --allow-run`,
    { hint: `Nothing was changed. ${permissionHint(`--allow-run=${name}`)}` },
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
