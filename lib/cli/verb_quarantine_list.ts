/**
 * `vecfsck quarantine list [STORE]`.
 *
 * @module
 */

import { withOwnStore } from "../engine/own_store.ts";
import { listInterruptedChanges } from "../fs/recover.ts";
import { toDriftLine, toQuarantineLine, toUnreadableLine } from "../output/quarantine_json.ts";
import { renderQuarantine } from "../output/quarantine_text.ts";
import { readQuarantine } from "../quarantine/list_quarantine.ts";
import type { ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withReports } from "./quarantine_options.ts";

/**
 * Lists what was moved aside of a store.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands: [store = "."], output, environment: { fs } } = invocation;
  return await withReports(invocation, store, async (recovered) => {
    // Nothing is locked for looking; only what a crash has left is brought in order.
    if (listInterruptedChanges(store, { fs }).length > 0) {
      await withOwnStore(store, { fs, onRecovered: recovered.add }, () => {});
    }
    const exitCode = await recovered.report(output, store);
    const quarantine = readQuarantine(store, { fs });
    if (!output.json) await output.print(renderQuarantine(quarantine, output.layout));
    else {
      for (const listed of quarantine.entries) await output.printJson(toQuarantineLine(listed));
      for (const entry of quarantine.unreadable) await output.printJson(toUnreadableLine(entry));
      for (const drift of quarantine.drifts) {
        await output.printJson(toDriftLine(quarantine.store, drift));
      }
    }
    return exitCode;
  });
}
