/**
 * `vecfsck optimize STORE...`.
 *
 * @module
 */

import { runOptimization } from "../optimize/optimize_store.ts";
import type {
  OptimizationOutcome,
  OptimizationPlan,
  OptimizationPlanOptions,
} from "../optimize/outcome.ts";
import { runOptimizationPlan } from "../optimize/plan_optimization.ts";
import { toOptimizedLine, toOptimizePlanLines } from "../output/optimize_json.ts";
import {
  type OptimizationPlanTextOptions,
  renderNoOptimization,
  renderOptimizationOutcome,
  renderOptimizationPlan,
} from "../output/optimize_text.ts";
import { mayProceed } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { printLines, showPlan } from "./plan_report.ts";
import { type ProgressBar, withProgress } from "./progress_bar.ts";
import { withReports } from "./quarantine_options.ts";
import type { RecoveredChanges } from "./recovered.ts";
import { JOURNAL_MODES } from "./specification/optimize.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Optimises every store that was named, one after another.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands, options } = invocation;
  const planOptions = readPlanOptions(invocation);
  let exitCode: ExitCode = EXIT.CLEAN;
  for (const store of operands) {
    const own = { ...invocation, operands: [store] };
    exitCode |= await withReports(
      own,
      store,
      async (recovered) =>
        options.flag("dry-run")
          ? await planOnly(own, store, planOptions)
          : await carryOut(own, { store, planOptions, recovered }),
    );
    if ((exitCode & EXIT.CANCELLED) !== 0) break;
  }
  return exitCode;
}

function readPlanOptions(
  { options, environment, signal }: Invocation,
): OptimizationPlanOptions {
  const jobs = options.count("jobs");
  if (jobs === 0) throw optimizeUsage("--jobs needs at least 1");
  return {
    ...(jobs === undefined ? {} : { jobs }),
    journalMode: options.choice("journal-mode", JOURNAL_MODES),
    compactIndexes: options.flag("compact-indexes"),
    maxMemoryBytes: options.size("max-memory"),
    signal,
    fs: environment.fs,
  };
}

function optimizeUsage(message: string): Error {
  return usageError(message, findVerb("optimize") ?? null);
}

function watchedBy(bar: ProgressBar | null): Pick<OptimizationPlanOptions, "onProgress"> {
  return bar === null ? {} : { onProgress: (progress): void => bar.update(progress) };
}

async function planOnly(
  invocation: Invocation,
  store: string,
  planOptions: OptimizationPlanOptions,
): Promise<ExitCode> {
  const { output, options } = invocation;
  const plan = await withProgress(
    invocation,
    (bar) => runOptimizationPlan(store, { ...planOptions, ...watchedBy(bar) }),
  );
  const isDamaged = plan.damage.length > 0;
  if (output.json) await printLines(invocation, toOptimizePlanLines(plan));
  else if (plan.actions.length > 0) {
    await output.print(renderOptimizationPlan(plan, layoutOf(invocation)));
  } else if (isDamaged || !options.flag("quiet")) {
    await output.print(renderNoOptimization(plan, output.layout));
  }
  return isDamaged ? EXIT.DAMAGED : EXIT.CLEAN;
}

interface OptimizeCall {
  readonly store: string;
  readonly planOptions: OptimizationPlanOptions;
  readonly recovered: RecoveredChanges;
}

async function carryOut(
  invocation: Invocation,
  { store, planOptions, recovered }: OptimizeCall,
): Promise<ExitCode> {
  const { options, output, environment } = invocation;
  return await withProgress(invocation, async (bar) => {
    let exitCode: ExitCode = EXIT.CLEAN;
    const outcome = await runOptimization(store, {
      ...planOptions,
      ...watchedBy(bar),
      backups: options.text("backups"),
      makesBackup: !options.flag("no-backup"),
      onRecovered: recovered.add,
      now: () => environment.now(),
      confirm: async (plan) => {
        await bar?.clear();
        exitCode |= await recovered.report(output, store);
        await reportPlan(invocation, plan);
        return await mayProceed(invocation, `Optimise ${plan.store}`);
      },
    });
    await bar?.clear();
    exitCode |= await recovered.report(output, store);
    await reportOutcome(invocation, outcome);
    return exitCode | exitCodeOf(outcome);
  });
}

async function reportPlan(invocation: Invocation, plan: OptimizationPlan): Promise<void> {
  await showPlan(invocation, {
    lines: toOptimizePlanLines(plan),
    render: () => renderOptimizationPlan(plan, layoutOf(invocation)),
  });
}

function layoutOf({ options, output }: Invocation): OptimizationPlanTextOptions {
  return { ...output.layout, makesBackup: !options.flag("no-backup") };
}

async function reportOutcome(invocation: Invocation, outcome: OptimizationOutcome): Promise<void> {
  const { options, output } = invocation;
  const { plan, state } = outcome;
  if (output.json) {
    // Without actions nobody was asked, and the plan was not printed yet.
    if (plan.actions.length === 0) await printLines(invocation, toOptimizePlanLines(plan));
    await output.printJson(toOptimizedLine(outcome));
  }
  if (state === "declined") return await output.tell(["Nothing was changed."]);
  if (output.json || (options.flag("quiet") && state !== "damaged")) return;
  await output.print(renderOptimizationOutcome(outcome, output.layout));
}

function exitCodeOf({ state }: OptimizationOutcome): ExitCode {
  if (state === "declined") return EXIT.CANCELLED;
  return state === "damaged" ? EXIT.DAMAGED : EXIT.CLEAN;
}
