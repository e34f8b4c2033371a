/**
 * `vecfsck report STORE...`.
 *
 * @module
 */

import { resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import { writeAtomically } from "../fs/atomic.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { showPath } from "../output/labelled_text.ts";
import { toReportLine } from "../output/report_json.ts";
import { renderReport, REPORT_MARK } from "../output/report_page/report_page.ts";
import { renderHeading, renderVerdict } from "../output/text.ts";
import { createReportWith } from "../report/create_report.ts";
import type { StoreReport } from "../report/report_model.ts";
import { requireOutside } from "../seal/places.ts";
import { EXIT, type ExitCode, exitCodeOfError, exitCodeOfSeverity } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { withProgress } from "./progress_bar.ts";
import { readRawPaths } from "./raw_path.ts";
import { DEFAULT_REPORT } from "./specification/report.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** What stands for standard output. */
const STANDARD_OUTPUT = "-";

/** Where in a report its mark stands; the policy before it is not longer. */
const MARK_WITHIN_BYTES = 4096;

/** The page has names and ids of stores that only their owner may be able to read. */
const REPORT_MODE = 0o600;

/**
 * Looks at every store that was named, and writes the page.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands, options, output, signal, environment } = invocation;
  const file = readTarget(invocation);
  const [backups, notes] = [options.text("backups"), options.text("notes")];
  const teller = new ReportTeller(invocation, file === null);
  const report = await withProgress(invocation, (bar) =>
    createReportWith(operands, {
      level: options.flag("quick") ? "quick" : "full",
      signal,
      fs: environment.fs,
      now: () => environment.now(),
      ...(backups === undefined ? {} : { backups }),
      ...(notes === undefined ? {} : { notes }),
      ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
      onBegin: (store) => teller.begin(store),
      onStore: async (store, operand) => {
        await bar?.clear();
        await teller.tell(store, operand);
      },
    }));
  const page = renderReport(report);
  if (file === null) {
    await output.print(page.trimEnd().split("\n"));
    return teller.exitCode;
  }
  const bytes = new TextEncoder().encode(page);
  writeAtomically(file, bytes, { fs: environment.fs, mode: REPORT_MODE, followsLink: true });
  if (output.json) {
    await output.printJson(toReportLine({
      path: file,
      sizeBytes: bytes.byteLength,
      stores: report.stores.length,
      storesDamaged: report.stores.filter(isDamaged).length,
      storesFailed: report.stores.filter(({ failure }) => failure !== null).length,
    }));
  } else if (!options.flag("quiet")) {
    await output.print(["", `Report: ${showPath(file)} (${formatBytes(bytes.byteLength)})`]);
  }
  return teller.exitCode;
}

/** Null for standard output. What cannot be written is refused before anything is read. */
function readTarget({ operands, options, output, environment }: Invocation): string | null {
  const named = options.text("output") ?? DEFAULT_REPORT;
  const { fs } = environment;
  if (named === STANDARD_OUTPUT) {
    if (!output.json) return null;
    throw usageError("-o - and --json cannot be used together", findVerb("report") ?? null);
  }
  const file = resolve(named);
  for (const store of operands) {
    if (fs.look(store) !== null) requireOutside(fs, store, file);
  }
  requireReplaceable(fs, file);
  return file;
}

/** Somebody else's file is never replaced: it may be the only copy of what it holds. */
function requireReplaceable(fs: WriteFs, file: string): void {
  const facts = fs.look(file);
  if (facts === null) return;
  const path = facts.kind === "link" ? fs.resolve(file) : file;
  if (fs.look(path)?.kind === "file") {
    using opened = fs.openForReading(path);
    const start = opened.readAt(0, new Uint8Array(Math.min(opened.sizeBytes, MARK_WITHIN_BYTES)));
    if (start.byteLength === 0 || new TextDecoder().decode(start).includes(REPORT_MARK)) return;
  }
  throw new OperationError("usage", `${file} is there and is no report of vecfsck`, {
    path: file,
    hint: "Name another file with -o FILE, or move that one away: it is not replaced.",
  });
}

function isDamaged({ findings }: StoreReport): boolean {
  return findings.kinds.some(({ severity }) => exitCodeOfSeverity(severity, false) !== EXIT.CLEAN);
}

/** Tells of each store what its check tells, in short, and adds up the exit codes. */
class ReportTeller {
  readonly #invocation: Invocation;
  readonly #isSilent: boolean;
  exitCode: ExitCode = EXIT.CLEAN;

  constructor(invocation: Invocation, isSilent: boolean) {
    this.#invocation = invocation;
    this.#isSilent = isSilent;
  }

  async begin(store: string): Promise<void> {
    const { options, output } = this.#invocation;
    if (this.#isSilent || output.json || options.flag("quiet")) return;
    const level = options.flag("quick") ? "quick" : "full";
    await output.print(renderHeading(store, level, output.layout));
  }

  async tell(report: StoreReport, operand: string): Promise<void> {
    const { options, output } = this.#invocation;
    const { summary, failure } = report;
    if (isDamaged(report)) this.exitCode |= EXIT.DAMAGED;
    if (summary !== null && output.json) {
      await output.printJson({ ...summary, ...readRawPaths(operand) });
    } else if (summary !== null && !this.#isSilent) {
      const isTold = summary.verdict !== "clean" || !options.flag("quiet");
      if (isTold) await output.print(renderVerdict(summary, output.layout));
    }
    if (failure === null) return;
    this.exitCode |= exitCodeOfError(failure.code);
    const { code, message, hint } = failure;
    const error = new OperationError(code, message, hint === null ? {} : { hint });
    await output.fail(error, operand, readRawPaths(operand));
  }
}
