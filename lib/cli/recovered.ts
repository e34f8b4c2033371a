/**
 * Telling what a verb has brought in order before its own work.
 *
 * @module
 */

import type { RecoveredChange } from "../fs/recover.ts";
import { toRecoveredLine } from "../output/json.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Output } from "./output.ts";

/** Changes that a crash had interrupted, gathered while a verb begins. */
export class RecoveredChanges {
  readonly #changes: RecoveredChange[] = [];

  /** Takes a change: the `onRecovered` of `withOwnStore`. */
  readonly add = (change: RecoveredChange): void => void this.#changes.push(change);

  /**
   * Reports every change once: as a message for people, and with `--json` as a line.
   *
   * @param output Where it goes.
   * @param store The store that was asked for.
   * @returns The exit code: failed where a change could be neither completed nor undone.
   */
  async report(output: Output, store: string): Promise<ExitCode> {
    let exitCode: ExitCode = EXIT.CLEAN;
    for (const change of this.#changes.splice(0)) {
      if (output.json) await output.printJson(toRecoveredLine(change, store));
      const isInOrder = change.outcome === "completed" || change.outcome === "undone";
      await output.tell([`vecfsck: ${change.message}`], isInOrder ? "notice" : "error");
      if (!isInOrder) exitCode |= EXIT.FAILED;
    }
    return exitCode;
  }
}
