/**
 * `--engine-command`: having a program of the user's open a store with the real engine and say
 * whether all is well with it.
 *
 * It is run as a probe is: `{}` in an argument stands for the directory; where none has it, the
 * directory is the last argument. Exit code 0 says that the engine takes the store; anything else, a
 * signal, or no end within the time says that it does not. What it writes to standard error is
 * quoted.
 *
 * @module
 */

import { formatDuration } from "../base/format.ts";
import type { AskEngine } from "../drill/drill_options.ts";
import type { EngineAnswer } from "../drill/drill_result.ts";
import { type ProbeResult, runProbe } from "../isolation/isolated_probe.ts";
import type { Program } from "../isolation/program.ts";

/** What names the program in messages. */
const SUBJECT = "The program of --engine-command";

/**
 * Makes what asks an engine of a program.
 *
 * @param program The program.
 * @param timeoutMs How long it may take.
 * @returns What asks the engine.
 */
export function askWith(program: Program, timeoutMs: number): AskEngine {
  return async (store, signal) =>
    toAnswer(await runProbe(program, { store, timeoutMs, signal, subject: SUBJECT }), timeoutMs);
}

function toAnswer(result: ProbeResult, timeoutMs: number): EngineAnswer {
  const { outcome, signal, exitCode, lastLine } = result;
  switch (outcome) {
    case "answered":
      return { agrees: true, says: null };
    case "timed-out":
      return { agrees: false, says: `it did not end within ${formatDuration(timeoutMs)}` };
    case "died":
    case "failed": {
      const end = signal === null ? `exit code ${exitCode}` : `killed by ${signal}`;
      return { agrees: false, says: lastLine === "" ? end : `${end}: ${lastLine}` };
    }
  }
}
