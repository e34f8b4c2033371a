/**
 * `vecfsck undo STORE [ID]`.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { toUndoneLine, toUndoPlanLine } from "../output/repair_json.ts";
import { renderUndone, renderUndoPlan } from "../output/undo_text.ts";
import { isQuarantineId } from "../quarantine/manifest.ts";
import type { UndoOutcome, UndoPlan } from "../repair/undo_outcome.ts";
import { runUndoPlan } from "../repair/plan_undo.ts";
import { runUndo } from "../repair/undo_repair.ts";
import { mayProceed } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { reportRefusal, withReports } from "./quarantine_options.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Takes a repair back.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands: [store = "", id], options, output, environment, signal } = invocation;
  return await withReports(invocation, store, async (recovered) => {
    requireId(id);
    const planOptions = { id, signal, fs: environment.fs };
    if (options.flag("dry-run")) {
      await reportPlan(invocation, await runUndoPlan(store, planOptions), []);
      return EXIT.CLEAN;
    }
    let exitCode: ExitCode = EXIT.CLEAN;
    const outcome = await runUndo(store, {
      ...planOptions,
      force: options.flag("force"),
      onRecovered: recovered.add,
      now: () => environment.now(),
      confirm: async (plan) => {
        exitCode |= await recovered.report(output, store);
        await reportPlan(invocation, plan, [""]);
        return await mayProceed(invocation, `Take the repair ${plan.id} back`);
      },
    });
    exitCode |= await recovered.report(output, store);
    return exitCode | await reportOutcome(invocation, outcome);
  });
}

function requireId(id: string | undefined): void {
  if (id === undefined || isQuarantineId(id)) return;
  throw usageError(
    `Not the name of a repair, such as 20260131T040000Z: ${printable(id)}`,
    findVerb("undo") ?? null,
  );
}

async function reportPlan(
  invocation: Invocation,
  plan: UndoPlan,
  end: readonly string[],
): Promise<void> {
  const { options, output, environment } = invocation;
  if (output.json) {
    await output.printJson(toUndoPlanLine(plan));
    // Whoever is asked has to see what it is about.
    return await output.flush();
  }
  if (options.flag("quiet") && (options.flag("yes") || options.flag("dry-run"))) return;
  await output.print([...renderUndoPlan(plan, environment.now(), output.layout), ...end]);
}

async function reportOutcome(invocation: Invocation, outcome: UndoOutcome): Promise<ExitCode> {
  const { options, output } = invocation;
  if (output.json) await output.printJson(toUndoneLine(outcome));
  if (outcome.state === "declined") return await reportRefusal(invocation);
  if (!output.json && !options.flag("quiet")) {
    await output.print(renderUndone(outcome, output.layout));
  }
  return EXIT.CLEAN;
}
