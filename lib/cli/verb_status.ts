/**
 * `vecfsck status STORE...`.
 *
 * @module
 */

import { resolve } from "@std/path";
import type { OperationError } from "../base/errors.ts";
import { toReportedError } from "../base/reported_error.ts";
import { findStores } from "../engine/find_stores.ts";
import { renderMetrics } from "../output/prometheus.ts";
import { toStatusLine } from "../output/status_json.ts";
import { listStatusMetrics } from "../output/status_metrics.ts";
import type { StatusOutcome } from "../status/system_status.ts";
import { renderStatus } from "../output/status_text.ts";
import { requireOutside } from "../seal/places.ts";
import { readStatus } from "../status/read_status.ts";
import { detectStore } from "../stores/registry.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { writeMetricsFile } from "./metrics_file.ts";
import { readRawPaths } from "./raw_path.ts";
import { StoreList } from "./store_list.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Shows the state of every store that was named.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  requireSense(invocation);
  const outcomes: StatusOutcome[] = [];
  let exitCode: ExitCode = EXIT.CLEAN;
  for await (const { store, failure } of new StoreList(invocation, findStores).list()) {
    const { code, ...outcome } = failure === null
      ? await readOne(invocation, store, outcomes.every(isUnread))
      : await tellFailure(invocation, store, failure);
    exitCode |= code;
    if ((code & EXIT.CANCELLED) !== 0) return exitCode;
    outcomes.push({ store: resolve(store), ...outcome });
  }
  if (!invocation.options.flag("prometheus")) return exitCode;
  return exitCode | await putOut(invocation, outcomes);
}

function isUnread({ status }: StatusOutcome): boolean {
  return status === null;
}

function requireSense({ operands, options, environment: { fs } }: Invocation): void {
  const verb = findVerb("status") ?? null;
  const file = options.text("out");
  if (!options.flag("prometheus")) {
    for (const name of ["out", "compat-names"]) {
      if (options.has(name)) throw usageError(`--${name} needs --prometheus`, verb);
    }
  }
  if (file === undefined) return;
  // Any other name would be passed over by the collector, and nobody would know why.
  if (!file.endsWith(".prom")) throw usageError("--out needs a name that ends with .prom", verb);
  for (const operand of operands) {
    const isStore = !options.flag("recursive") || detectStore(operand) !== null;
    if (isStore && fs.look(operand) !== null) requireOutside(fs, operand, file);
  }
}

/** What came of one store. */
interface ReadOutcome extends Omit<StatusOutcome, "store"> {
  readonly code: ExitCode;
}

async function readOne(
  invocation: Invocation,
  operand: string,
  isFirst: boolean,
): Promise<ReadOutcome> {
  const { options, output, signal, environment } = invocation;
  const backups = options.text("backups");
  const notes = options.text("notes");
  try {
    const status = await readStatus(operand, {
      level: options.flag("full") ? "full" : "quick",
      signal,
      fs: environment.fs,
      now: () => environment.now(),
      ...(backups === undefined ? {} : { backups }),
      ...(notes === undefined ? {} : { notes }),
    });
    if (output.json) await output.printJson({ ...toStatusLine(status), ...readRawPaths(operand) });
    else if (!options.flag("prometheus")) {
      await output.print([...(isFirst ? [] : [""]), ...renderStatus(status, output.layout)]);
    }
    const { verdict } = status.health;
    const isDamaged = verdict === "damaged" || verdict === "unsafe";
    return { code: isDamaged ? EXIT.DAMAGED : EXIT.CLEAN, status, isBusy: false };
  } catch (error) {
    return await tellFailure(invocation, operand, toReportedError(error, operand));
  }
}

async function tellFailure(
  { output }: Invocation,
  store: string,
  failure: OperationError,
): Promise<ReadOutcome> {
  await output.fail(failure, store, readRawPaths(store));
  const isBusy = failure.code === "busy";
  return { code: exitCodeOfError(failure.code), status: null, isBusy };
}

async function putOut(
  { options, output, environment: { fs } }: Invocation,
  outcomes: readonly StatusOutcome[],
): Promise<ExitCode> {
  const compatibleNames = options.flag("compat-names");
  const text = renderMetrics(listStatusMetrics(outcomes, { compatibleNames }));
  const file = options.text("out");
  if (file === undefined) {
    await output.print(text.trimEnd().split("\n"));
    return EXIT.CLEAN;
  }
  try {
    // What was found below a directory was not known when the call began.
    for (const { store, status } of outcomes) if (status !== null) requireOutside(fs, store, file);
    writeMetricsFile(fs, file, text);
    return EXIT.CLEAN;
  } catch (error) {
    const failure = toReportedError(error, null);
    await output.fail(failure, null);
    return exitCodeOfError(failure.code);
  }
}
