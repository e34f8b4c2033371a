/**
 * Runs the real program as a process of its own, under the permissions that users give it.
 *
 * @module
 */

import { join } from "@std/path";
import { REPOSITORY } from "./fixtures.ts";

/** How a process ended and what it said. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
  /** The lines of standard output, each parsed as JSON when it is asked for. */
  readonly jsonLines: Record<string, unknown>[];
}

/** How the program is run. */
export interface CliOptions {
  /** Variables on top of those of the tests. */
  env?: Record<string, string>;
  /** The working directory. */
  cwd?: string;
}

/** The permissions under which everything has to work, and no others. */
export const CLI_PERMISSIONS: readonly string[] = ["--allow-read", "--allow-write", "--no-prompt"];

/** The arguments of `deno` that run the program. */
export const CLI_COMMAND: readonly string[] = [
  "run",
  "--quiet",
  ...CLI_PERMISSIONS,
  join(REPOSITORY, "cli.ts"),
];

/** Runs vecfsck to its end. Colour is off unless `env` asks for it. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return await runDeno([...CLI_COMMAND, ...args], options);
}

/** Runs another program of the tests, in the same way. */
export async function runDeno(
  args: readonly string[],
  { env = {}, cwd = REPOSITORY }: CliOptions = {},
): Promise<CliResult> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "", FORCE_COLOR: "", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  return readResult(await command.output());
}

/** Reads what a process that has ended has said. */
export function readResult(output: Deno.CommandOutput): CliResult {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const stdout = decoder.decode(output.stdout);
  return {
    code: output.code,
    stdout,
    stderr: decoder.decode(output.stderr),
    get jsonLines(): Record<string, unknown>[] {
      return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
  };
}
