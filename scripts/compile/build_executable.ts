/**
 * One executable: the program and the runtime of a system in one file.
 *
 * @module
 */

import { join } from "@std/path";
import { type BuiltProgram, ENTRY_POINT } from "./build_program.ts";
import { runProgram } from "./run_program.ts";
import type { Runtime } from "./runtime.ts";
import type { CompileTarget } from "./targets.ts";

/** What an executable is permitted, besides reading and writing files. */
export const MORE_PERMISSIONS = ["allow-env", "allow-net", "allow-run", "allow-sys"] as const;

/** What an executable is made of. */
export interface ExecutableOrder {
  /** The program. */
  readonly program: BuiltProgram;
  /** The system. */
  readonly target: CompileTarget;
  /** The runtime. */
  readonly runtime: Runtime;
  /** Further permissions, as options of Deno. */
  readonly permissions: readonly string[];
  /** The file to write. */
  readonly output: string;
}

/**
 * Builds an executable.
 *
 * @param order What it is made of.
 * @returns Null when it was built, else what Deno complained of.
 */
export async function buildExecutable(order: ExecutableOrder): Promise<string | null> {
  const { program, target, runtime, permissions, output } = order;
  // Where this one fails, nobody is to take an earlier one for it.
  await removeFile(output);
  const { isSuccess, complaint } = await runProgram(Deno.execPath(), [
    "compile",
    "--quiet",
    // The program has all that it needs with it.
    "--no-config",
    "--no-check",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    // The cache would be a file with a name that everybody knows, in a directory where everybody may
    // write, and what is in it is run.
    "--no-code-cache",
    // The name of the file would get into it otherwise.
    "--app-name=vecfsck",
    "--no-prompt",
    "--allow-read",
    "--allow-write",
    ...permissions,
    ...program.workers.flatMap((worker) => ["--include", worker]),
    "--target",
    target.triple,
    "--output",
    output,
    ENTRY_POINT,
  ], {
    cwd: program.directory,
    env: { DENORT_BIN: runtime.url === null ? runtime.path : "" },
  });
  return isSuccess ? null : complaint.trim();
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Names the file of an executable.
 *
 * @param directory Where it goes.
 * @param version The version of vecfsck.
 * @param target The system.
 * @returns Its path.
 */
export function executablePath(directory: string, version: string, target: CompileTarget): string {
  return join(directory, `vecfsck-${version}-${target.triple}${target.suffix}`);
}
