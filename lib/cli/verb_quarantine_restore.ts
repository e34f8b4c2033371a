/**
 * `vecfsck quarantine restore [STORE] ID`.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { toRestoredLine } from "../output/quarantine_json.ts";
import { renderRestored } from "../output/quarantine_text.ts";
import { isQuarantineId } from "../quarantine/manifest.ts";
import { restoreEntry } from "../quarantine/restore_entry.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withReports } from "./quarantine_options.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Puts back what an entry of the quarantine holds.
 *
 * @param invocation The call; its last operand is the name of the entry.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands, output, environment, signal } = invocation;
  const [store = ".", id = ""] = operands.length === 1 ? [".", operands[0]] : operands;
  return await withReports(invocation, store, async (recovered) => {
    requireId(id);
    signal.throwIfAborted();
    const restored = await restoreEntry(store, id, {
      fs: environment.fs,
      now: () => environment.now(),
      onRecovered: recovered.add,
    });
    const exitCode = await recovered.report(output, store);
    if (output.json) await output.printJson(toRestoredLine(restored));
    else await output.print(renderRestored(restored, output.layout));
    return exitCode;
  });
}

function requireId(id: string): void {
  if (isQuarantineId(id)) return;
  throw usageError(
    `Not the name of an entry, such as 20260131T040000Z: ${printable(id)}`,
    findVerb("quarantine restore") ?? null,
  );
}
