/**
 * `vecfsck help [VERB]` and `vecfsck help --man`.
 *
 * @module
 */

import { createHelpLine } from "../output/json.ts";
import { unknownVerb } from "./arguments.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import { renderProgramHelp, renderVerbHelp } from "./help.ts";
import type { Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";
import type { VerbSpecification } from "./specification.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Explains the program, or the verb that was named.
 *
 * @param invocation The call.
 * @returns The exit code.
 * @throws {OperationError} With the code `usage`: there is no such verb, or one was named together
 * with `--man`.
 */
export async function run({ operands, options, output }: Invocation): Promise<ExitCode> {
  if (options.flag("man")) {
    if (operands.length > 0) throw usageError("--man takes no VERB", findVerb("help") ?? null);
    // Every call loads this file, and next to none prints the page.
    const { renderManPage } = await import("./man_page.ts");
    await printText(null, renderManPage(), output);
    return EXIT.CLEAN;
  }
  const name = operands.length === 0 ? undefined : operands.join(" ");
  const verb = name === undefined ? null : findVerb(name);
  if (verb === undefined) throw unknownVerb(name ?? "");
  await printHelp(verb, output);
  return EXIT.CLEAN;
}

/**
 * Prints the help of a verb, or of the program.
 *
 * @param verb The verb, or null.
 * @param output Where it goes.
 */
export async function printHelp(verb: VerbSpecification | null, output: Output): Promise<void> {
  const lines = verb === null ? renderProgramHelp() : renderVerbHelp(verb);
  await printText(verb?.name ?? null, lines, output);
}

async function printText(
  verb: string | null,
  lines: readonly string[],
  output: Output,
): Promise<void> {
  if (output.json) await output.printJson(createHelpLine(verb, lines.join("\n")));
  else await output.print(lines);
}
