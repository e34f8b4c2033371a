/**
 * `vecfsck quarantine STORE`.
 *
 * @module
 */

import { toPlanLine, toQuarantineLine } from "../output/quarantine_json.ts";
import {
  askToQuarantine,
  renderQuarantined,
  renderQuarantinePlan,
} from "../output/quarantine_text.ts";
import { describeEntry } from "../quarantine/list_quarantine.ts";
import type { MovedIndexes } from "../quarantine/move_indexes.ts";
import {
  executeQuarantine,
  planStoreQuarantine,
  type QuarantinePlan,
} from "../quarantine/quarantine_indexes.ts";
import { mayProceed } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { reportRefusal, withReports } from "./quarantine_options.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Moves indexes of a store aside.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands: [store = ""], options, output, environment } = invocation;
  return await withReports(invocation, store, async (recovered) => {
    const plan = await planMove(invocation, store);
    await reportPlan(invocation, plan);
    if (plan.indexes.length === 0 || options.flag("dry-run")) return EXIT.CLEAN;
    if (!await mayProceed(invocation, askToQuarantine(plan.indexes))) {
      return await reportRefusal(invocation);
    }
    invocation.signal.throwIfAborted();
    const moved = await executeQuarantine(plan, {
      to: options.text("to"),
      fs: environment.fs,
      now: () => environment.now(),
      onRecovered: recovered.add,
    });
    const exitCode = await recovered.report(output, store);
    await reportMoved(invocation, moved);
    return exitCode;
  });
}

async function planMove(invocation: Invocation, store: string): Promise<QuarantinePlan> {
  const { options, environment, signal } = invocation;
  const staleSeconds = options.count("stale-seconds");
  const damaged = options.flag("damaged");
  const segments = options.texts("segment");
  if (staleSeconds === undefined && !damaged && segments.length === 0) {
    throw usageError(
      "Nothing chosen: give --stale-seconds, --damaged or --segment",
      findVerb("quarantine") ?? null,
    );
  }
  const choice = { staleSeconds, damaged, segments, signal, fs: environment.fs };
  return await planStoreQuarantine(store, choice);
}

async function reportPlan(
  { output }: Invocation,
  { store, indexes }: QuarantinePlan,
): Promise<void> {
  if (output.json) {
    for (const index of indexes) await output.printJson(toPlanLine(store.path, index));
    // Whoever is asked has to see what it is about.
    await output.flush();
  } else {
    await output.print(renderQuarantinePlan(store.path, indexes, output.layout));
  }
}

async function reportMoved(
  { output, environment }: Invocation,
  { entry, leftovers }: MovedIndexes,
): Promise<void> {
  const listed = describeEntry(environment.fs, entry);
  if (output.json) return await output.printJson(toQuarantineLine(listed));
  await output.print(["", ...renderQuarantined(listed, leftovers, output.layout)]);
}
