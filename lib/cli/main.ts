/**
 * The command line: from arguments to an exit code.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { toReportedError } from "../base/reported_error.ts";
import { VERSION } from "../base/version.ts";
import { createVersionLine } from "../output/json.ts";
import { type Call, hasFlag, parseCall } from "./arguments.ts";
import { cancelledError } from "./cancellation.ts";
import { type Environment, systemEnvironment } from "./environment.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit_code.ts";
import { renderStartScreen } from "./help.ts";
import { Output } from "./output.ts";
import { printHelp } from "./verb_help.ts";

/**
 * Runs vecfsck.
 *
 * @param args The arguments behind the name of the program.
 * @param environment The world; the real one when left out.
 * @returns The exit code, as `lib/cli/exit_code.ts` defines it. Nothing is thrown.
 */
export async function main(
  args: readonly string[],
  environment: Environment = systemEnvironment(),
): Promise<ExitCode> {
  const output = new Output(environment, {
    json: hasFlag(args, "--json"),
    noColour: hasFlag(args, "--no-color"),
    journal: hasFlag(args, "--journal") || environment.isJournal(),
  });
  let exitCode: ExitCode;
  try {
    exitCode = await carryOut(parseCall(args), environment, output);
  } catch (error) {
    const failure = toReportedError(error, null);
    await output.fail(failure, null);
    exitCode = exitCodeOfError(failure.code);
  }
  await output.flush();
  return exitCode | await reportLostOutput(environment, output);
}

async function carryOut(
  call: Call,
  environment: Environment,
  output: Output,
): Promise<ExitCode> {
  switch (call.kind) {
    case "nothing":
      return await showStart(output);
    case "version":
      if (output.json) await output.printJson(createVersionLine());
      else await output.print([`vecfsck ${VERSION}`]);
      return EXIT.CLEAN;
    case "help":
      await printHelp(call.verb, output);
      return EXIT.CLEAN;
    case "run":
      return await runVerb(call, environment, output);
  }
}

/** Nothing was asked for: that is a wrong call, but the one that a newcomer makes first. */
async function showStart(output: Output): Promise<ExitCode> {
  if (output.json) throw new OperationError("usage", "No verb given", { hint: "vecfsck help" });
  await output.tell(renderStartScreen());
  return EXIT.USAGE;
}

async function runVerb(
  { verb, operands, options }: Call & { kind: "run" },
  environment: Environment,
  output: Output,
): Promise<ExitCode> {
  const controller = new AbortController();
  const stopListening = environment.onCancel((signal) => {
    // Whoever asks twice does not want to wait for anything.
    if (controller.signal.aborted) environment.exitNow(EXIT.CANCELLED);
    controller.abort(cancelledError(signal));
  });
  try {
    const { run } = await verb.load();
    return await run({ operands, options, output, signal: controller.signal, environment });
  } finally {
    stopListening();
  }
}

/** A report that did not arrive whole must not pass for one that did. */
async function reportLostOutput(environment: Environment, output: Output): Promise<ExitCode> {
  const { failure } = environment.stdout;
  if (failure === null) return EXIT.CLEAN;
  await output.tell([`vecfsck: Standard output could not be written: ${failure}`]);
  return EXIT.FAILED;
}
