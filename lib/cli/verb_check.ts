/**
 * `vecfsck check STORE...`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import type { SummaryEvent } from "../model/report.ts";
import type { StoreTally } from "../output/text.ts";
import { untilCancelled } from "./cancellation.ts";
import {
  type CheckInputs,
  readCheckExtras,
  readCheckInputs,
  requireSenseOfExtras,
} from "./check_extras.ts";
import { type CheckReport, createCheckReport } from "./check_report.ts";
import type { Engine } from "./environment.ts";
import { EXIT, type ExitCode, exitCodeOfError, exitCodeOfSeverity } from "./exit_code.ts";
import { toReportedError } from "./failure.ts";
import type { Invocation } from "./invocation.ts";
import { STORE_SIGNS } from "../model/store_signs.ts";
import { ProgressBar } from "./progress_bar.ts";
import { explainLostName } from "./raw_path.ts";

/**
 * Checks every store that was named, one after another.
 *
 * @param invocation The call.
 * @returns The exit codes of all stores, ORed.
 */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { operands, options, output, environment } = invocation;
  requireSenseOfExtras(invocation);
  const inputs = readCheckInputs(invocation);
  await tell(invocation, inputs.notices);
  const report = createCheckReport(output, {
    maxFindings: options.count("max-findings"),
    quiet: options.flag("quiet"),
  });
  const run = new CheckRun(invocation, { inputs, engine: await environment.loadEngine(), report });
  for (const operand of operands) {
    if (!run.isOver) await run.checkOperand(operand);
  }
  return await run.finish();
}

/** Says what is no fault of a store. */
async function tell({ options, output }: Invocation, notices: readonly string[]): Promise<void> {
  if (options.flag("quiet") || notices.length === 0) return;
  await output.tell(notices.map((notice) => printable(`vecfsck: ${notice}`, 4096)));
}

/** What the checks of one call share. */
interface CheckMeans {
  readonly inputs: CheckInputs;
  readonly engine: Engine;
  readonly report: CheckReport;
}

/** The checks of one call, and what they add up to. */
class CheckRun {
  readonly #invocation: Invocation;
  readonly #inputs: CheckInputs;
  readonly #engine: Engine;
  readonly #report: CheckReport;
  readonly #tally: Record<keyof StoreTally, number> = {
    clean: 0,
    warnings: 0,
    damaged: 0,
    unsafe: 0,
    incomplete: 0,
    notChecked: 0,
  };
  #exitCode: ExitCode = EXIT.CLEAN;
  #isOver = false;

  constructor(invocation: Invocation, { inputs, engine, report }: CheckMeans) {
    this.#invocation = invocation;
    this.#inputs = inputs;
    this.#engine = engine;
    this.#report = report;
  }

  /** Whether nothing more is to be checked: the user cancelled, or nobody reads the output. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Checks the store that was named, or with `--recursive` all stores there. */
  async checkOperand(operand: string): Promise<void> {
    if (!this.#invocation.options.flag("recursive")) return await this.#checkStore(operand);
    const { signal } = this.#invocation;
    const failures: OperationError[] = [];
    const options = { onError: (error: OperationError): void => void failures.push(error) };
    let found = 0;
    try {
      const stores = this.#engine.findStores(operand, options);
      for await (const { path } of untilCancelled(stores, signal)) {
        found++;
        await this.#checkStore(path);
        if (this.#isOver) return;
      }
      for (const failure of failures) await this.#fail(failure, failure.path ?? operand);
      if (found === 0 && failures.length === 0) throw noStoreBelow(operand);
    } catch (error) {
      await this.#fail(error, operand);
    }
  }

  /** Prints what all checks add up to. */
  async finish(): Promise<ExitCode> {
    if ((this.#exitCode & EXIT.CANCELLED) === 0) await this.#report.end(this.#tally);
    return this.#exitCode;
  }

  async #checkStore(path: string): Promise<void> {
    if (this.#invocation.output.isLost) return await this.#giveUp();
    try {
      const summary = await this.#runCheck(path);
      this.#tally[summary.verdict]++;
      await this.#report.endStore(summary);
    } catch (error) {
      await this.#fail(error, path);
    }
  }

  async #runCheck(path: string): Promise<SummaryEvent> {
    const { options, signal } = this.#invocation;
    const level = options.flag("quick") ? "quick" : "full";
    const staleSeconds = options.count("stale-seconds");
    await this.#report.begin(path, level);
    const extras = await readCheckExtras(this.#invocation, path);
    await this.#tell(path, extras.notices);
    const bar = this.#wantsProgress() ? new ProgressBar(this.#invocation.environment) : null;
    try {
      const events = this.#engine.checkStore(path, {
        level,
        signal,
        ...this.#inputs.options,
        ...extras.options,
        ...(staleSeconds === undefined ? {} : { staleSeconds }),
        ...(bar === null ? {} : { onProgress: (progress) => bar.update(progress) }),
      });
      for await (const event of untilCancelled(events, signal)) {
        if (event.type === "summary") {
          const problem = extras.keep();
          await this.#tell(path, problem === null ? [] : [problem]);
          return event;
        }
        // Counted at once: when another part of the store cannot be read, there is no verdict.
        this.#exitCode |= exitCodeOfSeverity(event.severity, options.flag("strict"));
        await this.#report.addFinding(event);
      }
    } finally {
      await bar?.stop();
    }
    throw new OperationError("internal", "The check ended without a summary", { path });
  }

  /** Says what keeps the next check from being shorter; that is no fault of the store. */
  async #tell(path: string, notices: readonly string[]): Promise<void> {
    await tell(this.#invocation, notices.map((notice) => `${path}: ${notice}`));
  }

  /** A bar moves, so it is for people at a terminal that can move. */
  #wantsProgress(): boolean {
    const { options, output, environment } = this.#invocation;
    return environment.stderr.isTerminal && !output.json && !options.flag("quiet") &&
      environment.variable("TERM") !== "dumb";
  }

  async #fail(error: unknown, store: string): Promise<void> {
    const failure = explainLostName(toReportedError(error, store));
    this.#exitCode |= exitCodeOfError(failure.code);
    this.#tally.notChecked++;
    if (failure.code === "cancelled") this.#isOver = true;
    await this.#report.fail(failure, store);
  }

  async #giveUp(): Promise<void> {
    this.#isOver = true;
    this.#exitCode |= EXIT.FAILED;
    const reason = "Nobody reads the output any more; the stores that were left were not checked";
    await this.#invocation.output.tell([`vecfsck: ${reason}`]);
  }
}

function noStoreBelow(path: string): OperationError {
  return new OperationError("not-a-store", `No store in ${path} or below`, {
    path,
    hint: `${STORE_SIGNS} Is the volume mounted?`,
  });
}
