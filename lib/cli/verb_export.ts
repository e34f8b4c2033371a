/**
 * `vecfsck export STORE`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { exportStore, ReaderGone } from "../export/export_store.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  type ExportOutcome,
} from "../export/outcome.ts";
import type { ByteSink } from "../export/record_writer.ts";
import { toExportLines } from "../output/export_json.ts";
import { renderExportHeading, renderExportOutcome } from "../output/export_text.ts";
import { reportingFailure } from "./backup_options.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { readKeyFile } from "./key_file.ts";
import { printLines } from "./plan_report.ts";
import { withProgress } from "./progress_bar.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** What stands for standard output. */
const STANDARD_OUTPUT = "-";

/**
 * Exports a store.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  return await reportingFailure(invocation, async () => {
    const { options, operands: [store = ""] } = invocation;
    const path = options.text("output") ?? STANDARD_OUTPUT;
    const target = path === STANDARD_OUTPUT ? null : path;
    const format = readFormat(invocation, target);
    requireSense(invocation, format, target);
    const jobs = options.count("jobs");
    if (jobs === 0) throw exportUsage("--jobs needs at least 1");
    const key = await readKey(invocation);
    if (!options.flag("quiet")) {
      const { layout } = invocation.output;
      await say(invocation, target, renderExportHeading({ store, format, path: target }, layout));
    }
    const outcome = await withProgress(invocation, (bar) =>
      exportStore(store, {
        ...readOptions(invocation),
        key,
        ...(jobs === undefined ? {} : { jobs }),
        ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
        format,
        target: target ?? standardOutput(invocation),
      }));
    await report(invocation, outcome);
    return exitCodeOf(outcome);
  });
}

function readOptions(
  { options, environment, signal }: Invocation,
): Omit<ExportOptions, "format" | "key" | "target"> {
  return {
    collection: options.text("collection"),
    salvage: options.flag("salvage"),
    signal,
    fs: environment.fs,
  };
}

async function readKey({ options, output }: Invocation): Promise<Uint8Array | undefined> {
  const path = options.text("key-file");
  if (path === undefined) return undefined;
  const { key, notices } = readKeyFile(path);
  if (notices.length > 0) await output.tell(notices.map((notice) => `vecfsck: ${notice}`));
  return key;
}

function readFormat({ options }: Invocation, target: string | null): ExportFormat {
  return options.choice("format", EXPORT_FORMATS) ??
    (target?.endsWith(".parquet") ? "parquet" : "jsonl");
}

/** Refuses what the table of options cannot. */
function requireSense(
  { output, environment }: Invocation,
  format: ExportFormat,
  target: string | null,
): void {
  if (target !== null) return;
  if (format === "npy") {
    throw exportUsage("NumPy arrays are several files, and need the name of a directory: -o DIR");
  }
  if (output.json) {
    throw exportUsage("--json needs -o FILE: standard output takes either its lines or the export");
  }
  if (format === "jsonl" || !environment.stdout.isTerminal) return;
  throw new OperationError("usage", "A Parquet file is not written to a terminal", {
    hint: "Send standard output to a file or a program, or name a file with -o FILE.",
  });
}

function exportUsage(message: string): Error {
  return usageError(message, findVerb("export") ?? null);
}

function standardOutput({ environment: { stdout }, output }: Invocation): ByteSink {
  return {
    async write(bytes: Uint8Array): Promise<void> {
      await stdout.writeBytes(bytes);
      // Why it is lost is told at the end; a reader that has enough is no failure.
      if (output.isLost) throw new ReaderGone();
    },
  };
}

/** Tells people what is done: where the export goes to standard output, on standard error. */
async function say(
  { output }: Invocation,
  target: string | null,
  lines: readonly string[],
): Promise<void> {
  if (output.json) return;
  if (target === null) await output.tell(lines);
  else await output.print(lines);
}

async function report(invocation: Invocation, outcome: ExportOutcome): Promise<void> {
  const { options, output } = invocation;
  if (output.json) return await printLines(invocation, toExportLines(outcome));
  const isGood = outcome.state === "exported" && outcome.damage.length === 0;
  if (isGood && options.flag("quiet")) return;
  await say(invocation, outcome.path, renderExportOutcome(outcome, output.layout));
}

function exitCodeOf({ state, damage, isComplete }: ExportOutcome): ExitCode {
  if (state === "damaged") return EXIT.DAMAGED;
  if (state === "interrupted" || damage.length === 0) return EXIT.CLEAN;
  return isComplete ? EXIT.REPAIRED : EXIT.DAMAGED;
}
