/**
 * `vecfsck repair STORE`.
 *
 * @module
 */

import { isDamage } from "../model/finding.ts";
import type { RepairPlan } from "../model/repair.ts";
import { toRepairedLine, toRepairPlanLines } from "../output/repair_json.ts";
import { renderRepairPlan, type RepairPlanTextOptions } from "../output/repair_text.ts";
import { renderNothing, renderRepairOutcome } from "../output/repaired_text.ts";
import type { RepairOutcome, RepairPlanOptions } from "../repair/outcome.ts";
import { runPlan } from "../repair/plan_repair.ts";
import { runRepair } from "../repair/repair_store.ts";
import { mayProceed } from "./backup_options.ts";
import { withEmbeddedVectors } from "./embed_command.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { printLines, showPlan } from "./plan_report.ts";
import { withProgress } from "./progress_bar.ts";
import { readProgram } from "./program_option.ts";
import type { ProgressBar } from "./progress_bar.ts";
import { withReports } from "./quarantine_options.ts";
import type { RecoveredChanges } from "./recovered.ts";
import { readPlanOptions } from "./repair_options.ts";

/**
 * Repairs a store.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands: [store = ""], options } = invocation;
  return await withReports(invocation, store, async (recovered) => {
    const planOptions = readPlanOptions(invocation);
    const command = readProgram(invocation, { option: "embed-command", verb: "repair" });
    if (options.flag("dry-run")) return await planOnly(invocation, store, planOptions);
    return await withProgress(invocation, async (bar) => {
      const watched = { ...planOptions, ...watchedBy(bar) };
      const repair = (vectors: Pick<RepairPlanOptions, "vectorsPath">): Promise<ExitCode> =>
        carryOut(invocation, { store, bar, recovered, planOptions: { ...watched, ...vectors } });
      return command === null
        ? await repair({})
        : await withEmbeddedVectors(command, store, watched, repair);
    });
  });
}

function watchedBy(bar: ProgressBar | null): Pick<RepairPlanOptions, "onProgress"> {
  return bar === null ? {} : { onProgress: (progress): void => bar.update(progress) };
}

async function planOnly(
  invocation: Invocation,
  store: string,
  planOptions: RepairPlanOptions,
): Promise<ExitCode> {
  const { output } = invocation;
  const plan = await withProgress(
    invocation,
    (bar) => runPlan(store, { ...planOptions, ...watchedBy(bar) }),
  );
  if (output.json) await printLines(invocation, toRepairPlanLines(plan));
  else if (plan.steps.length > 0) await output.print(renderRepairPlan(plan, layoutOf(invocation)));
  else await output.print(renderNothing({ plan, before: null }, output.layout));
  return isDamaged(plan) ? EXIT.DAMAGED : EXIT.CLEAN;
}

/** Whether the findings that a plan was made from mean damage to a check too. */
function isDamaged({ steps, unanswered }: RepairPlan): boolean {
  return [...steps.flatMap(({ answers }) => answers), ...unanswered]
    .some(isDamage);
}

interface RepairCall {
  readonly store: string;
  readonly planOptions: RepairPlanOptions;
  readonly recovered: RecoveredChanges;
  readonly bar: ProgressBar | null;
}

async function carryOut(
  invocation: Invocation,
  { store, planOptions, recovered, bar }: RepairCall,
): Promise<ExitCode> {
  const { options, output, environment } = invocation;
  let exitCode: ExitCode = EXIT.CLEAN;
  const outcome = await runRepair(store, {
    ...planOptions,
    missingPath: options.text("missing"),
    keepReplaced: !options.flag("no-backup"),
    onRecovered: recovered.add,
    now: () => environment.now(),
    confirm: async (plan) => {
      await bar?.clear();
      exitCode |= await recovered.report(output, store);
      await reportPlan(invocation, plan);
      return await mayProceed(invocation, `Repair ${plan.store}`);
    },
  });
  await bar?.clear();
  exitCode |= await recovered.report(output, store);
  await reportOutcome(invocation, outcome);
  return exitCode | exitCodeOf(outcome);
}

async function reportPlan(invocation: Invocation, plan: RepairPlan): Promise<void> {
  await showPlan(invocation, {
    lines: toRepairPlanLines(plan),
    render: () => renderRepairPlan(plan, layoutOf(invocation)),
  });
}

function layoutOf({ options, output }: Invocation): RepairPlanTextOptions {
  return { ...output.layout, keepsReplaced: !options.flag("no-backup") };
}

async function reportOutcome(invocation: Invocation, outcome: RepairOutcome): Promise<void> {
  const { options, output } = invocation;
  if (output.json) {
    // Without steps nobody was asked, and the plan was not printed yet.
    if (outcome.state === "nothing-to-do") {
      await printLines(invocation, toRepairPlanLines(outcome.plan));
    }
    await output.printJson(toRepairedLine(outcome));
  }
  if (outcome.state === "declined") return await output.tell(["Nothing was changed."]);
  if (output.json || (options.flag("quiet") && isSilent(outcome))) return;
  await output.print(renderRepairOutcome(outcome, output.layout));
}

/** Whether there is nothing in an outcome that anybody has to know. */
function isSilent(outcome: RepairOutcome): boolean {
  const losses = outcome.plan.steps.flatMap((step) => step.losses);
  return losses.length === 0 && (exitCodeOf(outcome) & EXIT.DAMAGED) === 0;
}

function exitCodeOf({ state, before, after }: RepairOutcome): ExitCode {
  if (state === "declined") return EXIT.CANCELLED;
  const isLeft = (after ?? before).damage.length > 0;
  if (isLeft) return EXIT.DAMAGED;
  return state === "repaired" ? EXIT.REPAIRED : EXIT.CLEAN;
}
