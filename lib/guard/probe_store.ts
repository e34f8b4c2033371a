/**
 * Having the real engine open a store before the service does.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { type ProbeResult, requireProgram, runProbe } from "../isolation/isolated_probe.ts";
import type { GuardProbe } from "./guard_outcome.ts";

/** How long the engine may take unless told otherwise: it is started for this. */
const DEFAULT_TIMEOUT_MS = 30_000;

/** What a shell, and `env`, end with when they cannot run the program that they were given. */
const NOT_RUN: readonly (number | null)[] = [126, 127];

/** What names the program in messages. */
const SUBJECT = "The program of the probe";

/**
 * Makes sure that the engine can be asked.
 *
 * @param probe How.
 * @throws {OperationError} The command is none, or may not be run.
 */
export function requireProbe({ command }: GuardProbe): void {
  requireProgram(command);
}

/**
 * Asks the engine.
 *
 * @param store The store's directory.
 * @param probe How.
 * @param signal Ends the asking.
 * @returns What came of it.
 * @throws {OperationError} It could not be asked: that says nothing about the store.
 */
export async function probeStore(
  store: string,
  { command, timeoutMs = DEFAULT_TIMEOUT_MS, copy = false }: GuardProbe,
  signal: AbortSignal | undefined,
): Promise<ProbeResult> {
  const program = requireProgram(command);
  const result = await runProbe(program, { store, timeoutMs, copy, signal, subject: SUBJECT });
  if (!NOT_RUN.includes(result.exitCode)) return result;
  const says = result.lastLine === "" ? "" : `: ${result.lastLine}`;
  throw new OperationError(
    "not-found",
    `${SUBJECT} could not be run: exit code ${result.exitCode}${says}`,
    { hint: "Look at the name of the program; nothing can be said of the store." },
  );
}
