/**
 * What the verbs about the quarantine have in common: which store, and telling what failed.
 *
 * @module
 */

import { errorCodeOf, toWriteError } from "../fs/write_errors.ts";
import { reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { RecoveredChanges } from "./recovered.ts";

/**
 * Does the work of a verb about one store, and reports what a crash had left and what fails.
 *
 * @param invocation The call.
 * @param store The store, as it was named.
 * @param work The work; it is given what gathers changes that are brought in order, and reports
 * them before it prints anything else.
 * @returns Its exit code, with that of an error.
 */
export async function withReports(
  invocation: Invocation,
  store: string,
  work: (recovered: RecoveredChanges) => Promise<ExitCode>,
): Promise<ExitCode> {
  const recovered = new RecoveredChanges();
  let recoveredCode: ExitCode = EXIT.CLEAN;
  const exitCode = await reportingFailure(invocation, async () => {
    try {
      return await work(recovered);
    } catch (error) {
      // What has no words of its own comes from the disk, where something was to be written.
      throw errorCodeOf(error) === "" ? error : toWriteError(error, store);
    } finally {
      recoveredCode = await recovered.report(invocation.output, store);
    }
  });
  return exitCode | recoveredCode;
}

/**
 * Says that the answer was no.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function reportRefusal({ output }: Invocation): Promise<ExitCode> {
  await output.tell(["Nothing was changed."]);
  return EXIT.CANCELLED;
}
