/**
 * Shells that complete calls, where the machine has them.
 *
 * @module
 */

import { assert } from "@std/assert";
import { runMain } from "../run_main.ts";

/**
 * Gives the script for a shell.
 *
 * @param shell The shell.
 * @returns What `vecfsck completions` prints.
 */
export async function scriptOf(shell: string): Promise<string> {
  const { code, stdout, stderr } = await runMain(["completions", shell]);
  assert(code === 0 && stderr.text === "", stderr.text);
  return stdout.text;
}

/**
 * Looks whether a program is there.
 *
 * @param name The program.
 * @returns True when it can be started; what it makes of its arguments is its affair.
 */
export function hasProgram(name: string): boolean {
  try {
    new Deno.Command(name, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync();
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param cwd Where it runs.
 * @returns What it prints.
 * @throws {Error} It fails, or has something to say on standard error.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  cwd?: string,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(name, {
    args: [...args],
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (!success || complaint !== "") throw new Error(`${name}: ${complaint}`);
  return new TextDecoder().decode(stdout);
}
