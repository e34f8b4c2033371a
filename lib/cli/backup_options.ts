/**
 * What the verbs about backups have in common: options, and telling what failed.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { toReportedError } from "../base/reported_error.ts";
import type { BackupScope } from "../backup/manifest.ts";
import { type BackupPlace, backupPlaceOf } from "../backup/place.ts";
import { DEFAULT_POLICY, keepsNothing, type RetentionPolicy } from "../backup/retention.ts";
import { toErrorEvent } from "../output/json.ts";
import { type ExitCode, exitCodeOfError } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { findVerb } from "./verbs.ts";
import { usageError } from "./usage_error.ts";

/**
 * Reads the rules of retention.
 *
 * @param invocation The call.
 * @returns The rules; those by default where none was given.
 * @throws {OperationError} With the code `usage`: the rules keep nothing, and that was not allowed.
 */
export function readPolicy({ options }: Invocation): RetentionPolicy {
  const given: Record<keyof RetentionPolicy, number | undefined> = {
    last: options.count("keep-last"),
    hourly: options.count("keep-hourly"),
    daily: options.count("keep-daily"),
    weekly: options.count("keep-weekly"),
    monthly: options.count("keep-monthly"),
    withinMs: options.duration("keep-within"),
  };
  const policy: RetentionPolicy = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  if (Object.keys(policy).length === 0) return DEFAULT_POLICY;
  if (keepsNothing(policy) && !options.flag("unsafe-allow-remove-all")) {
    throw usageError("These rules would remove every backup", findVerb("backup prune") ?? null);
  }
  return policy;
}

/**
 * Reads which backups a call is about.
 *
 * @param invocation The call.
 * @returns What they hold.
 */
export function readScope({ options }: Invocation): BackupScope {
  return options.flag("metadata-only") ? "metadata" : "all";
}

/**
 * Tells where the backups are that a call is about.
 *
 * @param invocation The call; its first operand is the store.
 * @returns The place.
 */
export function readPlace({ operands, options, environment }: Invocation): BackupPlace {
  return backupPlaceOf(environment.fs, operands[0] ?? "", options.text("to"));
}

/**
 * Does the work of a verb about one store, and reports what it throws.
 *
 * @param invocation The call.
 * @param work The work.
 * @returns Its exit code, or that of the error.
 */
export async function reportingFailure(
  invocation: Invocation,
  work: () => Promise<ExitCode>,
): Promise<ExitCode> {
  const { operands, output } = invocation;
  try {
    return await work();
  } catch (error) {
    const store = operands[0] ?? null;
    const failure = toReportedError(error, store);
    if (output.json && !invocation.options.text("tar")) {
      await output.printJson(toErrorEvent(failure, failure.code === "usage" ? null : store));
    }
    const lines = [`vecfsck: ${failure.message}`, failure.hint ?? ""];
    await output.tell(lines.filter((line) => line !== "").map((line) => printable(line, 4096)));
    return exitCodeOfError(failure.code);
  }
}

/**
 * Asks whether something may be done, unless that was said already.
 *
 * @param invocation The call.
 * @param question The question without its mark.
 * @returns Whether it may be done.
 * @throws {OperationError} Nobody can be asked.
 */
export async function mayProceed(
  { options, environment }: Invocation,
  question: string,
): Promise<boolean> {
  if (options.flag("yes")) return true;
  const answer = await environment.confirm(question);
  if (answer !== null) return answer;
  throw new OperationError("usage", `${question}? Nobody can be asked here`, {
    hint: "Give --yes to do it without asking, or --dry-run to only see what would be done.",
  });
}
