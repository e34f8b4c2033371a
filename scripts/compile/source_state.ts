/**
 * Which state of the source tree an executable is built from, and what time it is said to be from.
 *
 * @module
 */

import { runProgram } from "./run_program.ts";

/** What of the repository gets into the program; the rest may change without another program. */
export const SOURCES = ["cli.ts", "deno.json", "deno.lock", "lib", "scripts/std-links"] as const;

/** A state of the source tree. */
export interface SourceState {
  /**
   * The commit, followed by `-dirty` where the sources differ from it; null where there is no
   * repository, as in an archive of the sources.
   */
  readonly commit: string | null;
  /**
   * The time that every file of the program gets, in seconds since 1970: what SOURCE_DATE_EPOCH
   * says, else when the commit was made, else 0. A clock would make each build another.
   */
  readonly dateSeconds: number;
}

/**
 * Reads the state of a source tree.
 *
 * @param repository The directory that holds it.
 * @param dateVariable What the variable SOURCE_DATE_EPOCH holds, if it is set.
 * @returns The state.
 * @throws {RangeError} The variable does not hold a number of seconds.
 */
export async function readSourceState(
  repository: string,
  dateVariable: string | undefined,
): Promise<SourceState> {
  const shown = await runProgram("git", ["show", "--no-patch", "--format=%H %ct", "HEAD"], {
    cwd: repository,
  });
  const [commit, committed] = shown.isSuccess ? shown.output.trim().split(" ") : [];
  const dateSeconds = dateVariable === undefined ? Number(committed ?? 0) : Number(dateVariable);
  if (!Number.isSafeInteger(dateSeconds) || dateSeconds < 0 || dateVariable?.trim() === "") {
    throw new RangeError("SOURCE_DATE_EPOCH has to be a number of seconds since 1970");
  }
  if (commit === undefined) return { commit: null, dateSeconds };
  const changed = await runProgram("git", ["status", "--porcelain", "--", ...SOURCES], {
    cwd: repository,
  });
  const isDirty = !changed.isSuccess || changed.output.trim() !== "";
  return { commit: isDirty ? `${commit}-dirty` : commit, dateSeconds };
}
