/**
 * `vecfsck backup prune STORE`.
 *
 * @module
 */

import { executePrune, planPrune, type PruneOutcome, type PrunePlan } from "../backup/prune.ts";
import { keepsNothing } from "../backup/retention.ts";
import { formatCount } from "../base/format.ts";
import { toRetentionLines } from "../output/backup_json.ts";
import { renderPruned, renderPrunePlan } from "../output/backup_text.ts";
import {
  mayProceed,
  readPlace,
  readPolicy,
  readScope,
  reportingFailure,
} from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { RecoveredChanges } from "./recovered.ts";

/**
 * Removes the backups of a store that the rules do not keep.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { options, output, environment, signal } = invocation;
    const { fs } = environment;
    const policy = readPolicy(invocation);
    const removeAll = options.flag("unsafe-allow-remove-all") && keepsNothing(policy);
    const scope = readScope(invocation);
    const plan = planPrune(readPlace(invocation), policy, { fs, scope, removeAll });
    if (!output.json) await output.print(renderPrunePlan(plan, output.layout));
    const count = formatCount(plan.removals.length, "backup");
    const isWanted = plan.removals.length > 0 && !options.flag("dry-run") &&
      await mayProceed(invocation, `Remove ${count} for good`);
    if (!isWanted) return await report(invocation, plan, { removed: [], rejected: [] });
    const recovered = new RecoveredChanges();
    const outcome = await executePrune(plan, {
      fs,
      signal,
      now: () => environment.now(),
      onRecovered: recovered.add,
    });
    const exitCode = await recovered.report(output, plan.place.store);
    return exitCode | await report(invocation, plan, outcome);
  });
}

async function report(
  { output }: Invocation,
  plan: PrunePlan,
  outcome: PruneOutcome,
): Promise<ExitCode> {
  if (output.json) {
    for (const line of toRetentionLines(plan, outcome.removed)) await output.printJson(line);
  } else {
    await output.print(renderPruned(outcome, output.layout));
  }
  return outcome.rejected.length > 0 ? EXIT.DAMAGED : EXIT.CLEAN;
}
