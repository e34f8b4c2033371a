/**
 * Where Deno keeps what it has fetched.
 *
 * @module
 */

import { runProgram } from "./run_program.ts";

/** The directories of Deno's cache. */
export interface Caches {
  /** All of it. */
  readonly directory: string;
  /** Packages of npm, by registry, name and version. */
  readonly packages: string;
}

/**
 * Asks Deno where its cache is.
 *
 * @param repository The project, whose configuration has a say in it.
 * @returns The directories.
 */
export async function findCaches(repository: string): Promise<Caches> {
  const { output } = await runProgram(Deno.execPath(), ["info", "--json"], { cwd: repository });
  const { denoDir, npmCache } = JSON.parse(output) as { denoDir: string; npmCache: string };
  return { directory: denoDir, packages: npmCache };
}
