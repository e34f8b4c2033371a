/**
 * `vecfsck guard STORE...`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { toReportedError } from "../base/reported_error.ts";
import {
  GUARD_POLICIES,
  type GuardOutcome,
  type GuardProbe,
  type GuardSettings,
} from "../guard/guard_outcome.ts";
import { runGuard } from "../guard/guard_store.ts";
import { toGuardLine } from "../output/guard_json.ts";
import { type GuardLine, renderGuardFailure, renderGuardOutcome } from "../output/guard_text.ts";
import { toErrorEvent } from "../output/json.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import type { Output } from "./output.ts";
import { type ProgressBar, withProgress } from "./progress_bar.ts";
import { explainLostName } from "./raw_path.ts";
import { RecoveredChanges } from "./recovered.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Guards every store that was named, one after another.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands, options } = invocation;
  const onDamage = options.choice("on-damage", GUARD_POLICIES) ?? "refuse";
  const verb = findVerb("guard") ?? null;
  if (options.text("state") !== undefined && operands.length > 1) {
    throw usageError("--state names the file of one store", verb);
  }
  if (options.text("backups") !== undefined && onDamage !== "restore") {
    throw usageError("--backups needs --on-damage restore", verb);
  }
  const probe = await readProbe(invocation);
  let exitCode: ExitCode = EXIT.CLEAN;
  for (const store of operands) {
    exitCode |= await guard(invocation, store, { onDamage, probe });
    if ((exitCode & EXIT.CANCELLED) !== 0) break;
  }
  return exitCode;
}

async function readProbe(invocation: Invocation): Promise<GuardProbe | undefined> {
  const { options } = invocation;
  if (!options.has("probe")) {
    const stray = ["probe-timeout", "probe-on-copy"].find((name) => options.has(name));
    if (stray === undefined) return undefined;
    throw usageError(`--${stray} needs --probe CMD`, findVerb("guard") ?? null);
  }
  // A guard that asks no engine waits for none of this code.
  const { readProgram } = await import("./program_option.ts");
  const program = readProgram(invocation, { option: "probe", verb: "guard" });
  if (program === null) return undefined;
  const timeoutMs = options.duration("probe-timeout");
  return {
    command: [program.program, ...program.args],
    copy: options.flag("probe-on-copy"),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

async function guard(
  invocation: Invocation,
  store: string,
  { onDamage, probe }: Required<Pick<GuardSettings, "onDamage" | "probe">>,
): Promise<ExitCode> {
  const { options, output, environment, signal } = invocation;
  const recovered = new RecoveredChanges();
  try {
    const outcome = await withBar(invocation, (bar) =>
      runGuard(store, {
        onDamage,
        waitMs: options.duration("wait") ?? 0,
        allowMissing: options.flag("allow-missing"),
        backups: options.text("backups"),
        stateFile: options.text("state"),
        probe,
        signal,
        fs: environment.fs,
        now: () => environment.now(),
        onRecovered: recovered.add,
        ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
      }));
    const exitCode = await recovered.report(output, store);
    await reportOutcome(invocation, outcome);
    return exitCode | exitCodeOf(outcome);
  } catch (error) {
    const exitCode = await recovered.report(output, store);
    const failure = explainLostName(toReportedError(error, store));
    await reportFailure(invocation, explainCancelled(failure, signal), store);
    return exitCode | exitCodeOfError(failure.code);
  }
}

function exitCodeOf({ isSafe, failure }: GuardOutcome): ExitCode {
  if (isSafe) return EXIT.CLEAN;
  return failure === null ? EXIT.DAMAGED : exitCodeOfError(failure.code);
}

/** The journal keeps whatever it is given: a bar has no place there. */
async function withBar<Result>(
  invocation: Invocation,
  work: (bar: ProgressBar | null) => Promise<Result>,
): Promise<Result> {
  return invocation.output.journal ? await work(null) : await withProgress(invocation, work);
}

/** The engine's own word for it does not say which signal came. */
function explainCancelled(failure: OperationError, signal: AbortSignal): OperationError {
  const reason: unknown = signal.reason;
  return failure.code === "cancelled" && reason instanceof OperationError ? reason : failure;
}

async function reportOutcome(invocation: Invocation, outcome: GuardOutcome): Promise<void> {
  const { options, output } = invocation;
  if (output.json) await printJson(output, outcome);
  const lines = renderGuardOutcome(outcome);
  const isSilent = options.flag("quiet") && outcome.isSafe && outcome.cure === null;
  await write(
    output,
    isSilent ? lines.filter(({ level }) => level !== "info" && level !== "notice") : lines,
  );
}

async function printJson(output: Output, outcome: GuardOutcome): Promise<void> {
  await output.printJson(toGuardLine(outcome));
  for (const failure of [outcome.cure?.failure, outcome.failure]) {
    if (failure) await output.printJson(toErrorEvent(failure, outcome.store));
  }
}

async function reportFailure(
  { output }: Invocation,
  failure: OperationError,
  store: string,
): Promise<void> {
  if (output.json) await output.printJson(toErrorEvent(failure, store));
  await write(output, renderGuardFailure(failure, store));
}

/** Verdicts of safe stores are data; everything else, and everything for the journal, a message. */
async function write(output: Output, lines: readonly GuardLine[]): Promise<void> {
  for (const { level, text } of lines) {
    if (level !== "info" || output.journal) await output.tell([`vecfsck: ${text}`], level);
    else if (!output.json) await output.print([text]);
  }
}
