/**
 * `vecfsck restore STORE`.
 *
 * @module
 */

import { planRestore, type RestorePlan } from "../backup/plan_restore.ts";
import { restoreBackup } from "../backup/restore.ts";
import type { RestoredStore } from "../backup/restore_options.ts";
import { parseDuration } from "../base/duration.ts";
import { formatCount } from "../base/format.ts";
import { recoverSwaps } from "../fs/recover.ts";
import { toRestoredLine, toRestorePlanLine } from "../output/restore_json.ts";
import { renderRestored, renderRestorePlan } from "../output/restore_text.ts";
import { mayProceed } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";
import { withReports } from "./quarantine_options.ts";
import type { RecoveredChanges } from "./recovered.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Restores a store from a backup.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const [store = ""] = invocation.operands;
  return await withReports(invocation, store, (recovered) => restore(invocation, store, recovered));
}

async function restore(
  invocation: Invocation,
  store: string,
  recovered: RecoveredChanges,
): Promise<ExitCode> {
  const { options, output, environment } = invocation;
  const { fs } = environment;
  // What a crash has left can be the very store that is planned about.
  if (!options.flag("dry-run")) recoverSwaps(store, { fs }).forEach(recovered.add);
  const exitCode = await recovered.report(output, store);
  const plan = await planRestore(store, {
    from: options.text("from"),
    at: readTime(invocation),
    to: options.text("to"),
    into: options.text("into"),
    metadataOnly: options.flag("metadata-only"),
    force: options.flag("force"),
    fs,
  });
  await reportPlan(invocation, plan);
  if (options.flag("dry-run") || plan.metadata?.length === 0) return exitCode;
  if (plan.replaces && !await mayProceed(invocation, createQuestion(plan))) {
    if (!output.json) await output.tell(["Nothing was changed."]);
    return exitCode | EXIT.CANCELLED;
  }
  await reportDone(invocation, await carryOut(invocation, plan, recovered));
  return exitCode;
}

function createQuestion({ target, metadata }: RestorePlan): string {
  return metadata === null
    ? `Replace ${target}`
    : `Put ${formatCount(metadata.length, "file")} of metadata back into ${target}`;
}

async function carryOut(
  invocation: Invocation,
  plan: RestorePlan,
  recovered: RecoveredChanges,
): Promise<RestoredStore> {
  const { options, environment, signal } = invocation;
  return await withProgress(invocation, (bar) =>
    restoreBackup(plan, {
      force: options.flag("force"),
      onRecovered: recovered.add,
      signal,
      fs: environment.fs,
      now: () => environment.now(),
      ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
    }));
}

/** A span is meant as one before now. */
function readTime({ options, environment }: Invocation): string | undefined {
  const at = options.text("at");
  if (at === undefined) return undefined;
  if (options.text("from") !== undefined && /^\d{8}T/.test(options.text("from") ?? "")) {
    const message = "--at and the name of a backup cannot be used together";
    throw usageError(message, findVerb("restore") ?? null);
  }
  const spanMs = parseDuration(at);
  return spanMs === null ? at : new Date(environment.now().getTime() - spanMs).toISOString();
}

async function reportPlan(invocation: Invocation, plan: RestorePlan): Promise<void> {
  const { options, output, environment } = invocation;
  if (output.json) return await output.printJson(toRestorePlanLine(plan));
  if (options.flag("quiet")) return;
  await output.print(renderRestorePlan(plan, environment.now(), output.layout));
}

async function reportDone({ options, output }: Invocation, done: RestoredStore): Promise<void> {
  if (output.json) return await output.printJson(toRestoredLine(done));
  if (options.flag("quiet")) return;
  await output.print(renderRestored(done, output.layout));
}
