/**
 * `vecfsck quarantine purge [STORE]`.
 *
 * @module
 */

import { formatCount } from "../base/format.ts";
import { toPurgeLine } from "../output/quarantine_json.ts";
import { renderPurge } from "../output/quarantine_text.ts";
import { executePurge, planPurge, type PurgePlan } from "../quarantine/purge.ts";
import { hasUnfinishedRemoval } from "../quarantine/remove_entry.ts";
import { mayProceed } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { reportRefusal, withReports } from "./quarantine_options.ts";

/**
 * Removes old entries from the quarantine of a store.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands: [store = "."], options, output, environment, signal } = invocation;
  const { fs } = environment;
  return await withReports(invocation, store, async (recovered) => {
    const plan = await planPurge(store, {
      olderThanMs: options.duration("older-than") ?? 0,
      removesOnlyCopies: options.flag("unsafe-purge-only-copies"),
      signal,
      fs,
      now: () => environment.now(),
    });
    const isWanted = await isConfirmed(invocation, plan);
    if (isWanted === "refused") return await reportRefusal(invocation);
    signal.throwIfAborted();
    const { removed } = isWanted
      ? await executePurge(plan, { fs, onRecovered: recovered.add })
      : { removed: [] };
    const exitCode = await recovered.report(output, store);
    await report(invocation, plan, removed);
    const isKept = plan.decisions.some(({ decision }) => decision === "keep");
    return exitCode | (isKept ? EXIT.DAMAGED : EXIT.CLEAN);
  });
}

/** Asks where there is something to ask about; an entry that holds nothing is none. */
async function isConfirmed(
  invocation: Invocation,
  plan: PurgePlan,
): Promise<boolean | "refused"> {
  const { options, output, environment } = invocation;
  const due = plan.decisions.filter(({ decision }) => decision === "remove");
  if (options.flag("dry-run")) return false;
  // The last purge has asked already for what it did not remove whole.
  if (due.length === 0) return hasUnfinishedRemoval(environment.fs, plan.store);
  const full = due.filter(({ isEmpty }) => !isEmpty);
  if (full.length === 0 || options.flag("yes")) return true;
  if (!output.json) await output.print(renderPurge(plan, [], output.layout));
  const count = formatCount(full.length, "entry", "entries");
  return await mayProceed(invocation, `Remove ${count} for good`) || "refused";
}

async function report(
  { output }: Invocation,
  plan: PurgePlan,
  removed: readonly string[],
): Promise<void> {
  if (!output.json) return await output.print(renderPurge(plan, removed, output.layout));
  for (const decision of plan.decisions) {
    await output.printJson(toPurgeLine(plan.store, decision, removed));
  }
}
