/**
 * Running another program and taking what it prints.
 *
 * @module
 */

/** What became of a program. */
export interface ProgramResult {
  /** Whether it ended with exit code 0; false as well where there is no such program. */
  readonly isSuccess: boolean;
  /** What it printed. */
  readonly output: string;
  /** What it complained of, without colours. */
  readonly complaint: string;
}

/**
 * Runs a program to its end.
 *
 * @param name The program.
 * @param args Its arguments.
 * @param options Where it runs, and variables to set; one with an empty value is taken away.
 * @returns What became of it.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ProgramResult> {
  const { cwd, env = {} } = options;
  const variables: Record<string, string> = { ...Deno.env.toObject(), NO_COLOR: "1", ...env };
  for (const [variable, value] of Object.entries(env)) {
    if (value === "") delete variables[variable];
  }
  try {
    const { success, stdout, stderr } = await new Deno.Command(name, {
      args: [...args],
      clearEnv: true,
      env: variables,
      ...(cwd === undefined ? {} : { cwd }),
    }).output();
    const decoder = new TextDecoder();
    return {
      isSuccess: success,
      output: decoder.decode(stdout),
      complaint: decoder.decode(stderr),
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { isSuccess: false, output: "", complaint: `There is no program ${name}` };
  }
}
