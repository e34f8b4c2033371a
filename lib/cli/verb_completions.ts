/**
 * `vecfsck completions SHELL`.
 *
 * @module
 */

import { createCompletionsLine } from "../output/json.ts";
import { renderBashCompletions } from "./completions/bash.ts";
import { type CompletedVerb, makeCompletionTable } from "./completions/completion_table.ts";
import { renderFishCompletions } from "./completions/fish.ts";
import { renderPowershellCompletions } from "./completions/powershell.ts";
import { renderZshCompletions } from "./completions/zsh.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { type Shell, SHELLS } from "./specification/completions.ts";
import { COMMON_OPTIONS, VERBS } from "./verbs.ts";

/** What writes the script of each shell. */
const RENDERERS: Readonly<Record<Shell, (table: readonly CompletedVerb[]) => string>> = {
  bash: renderBashCompletions,
  zsh: renderZshCompletions,
  fish: renderFishCompletions,
  powershell: renderPowershellCompletions,
};

/**
 * Prints the script of a shell.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run({ operands, output }: Invocation): Promise<ExitCode> {
  const shells = SHELLS.filter((shell) => operands.includes(shell));
  for (const shell of shells) {
    const script = RENDERERS[shell](makeCompletionTable(VERBS, COMMON_OPTIONS));
    if (output.json) await output.printJson(createCompletionsLine(shell, script));
    else await output.print(script.trimEnd().split("\n"));
  }
  return EXIT.CLEAN;
}
