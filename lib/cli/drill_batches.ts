/**
 * `vecfsck drill --batches`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { permissionHint } from "../base/permission_hint.ts";
import { printable } from "../base/printable.ts";
import type { BatchOutcome, StartServer } from "../drill/batches/batch_result.ts";
import { parseServerAddress } from "../drill/batches/chroma_http.ts";
import { runBatchDrill } from "../drill/batches/run_batch_drill.ts";
import { thisMachine, unknownMachine } from "../machine/sources.ts";
import {
  toBatchResultLine,
  toBatchStartLine,
  toBatchSummaryLine,
} from "../output/drill_batches_json.ts";
import {
  renderBatchOutcome,
  renderBatchResult,
  renderBatchStart,
} from "../output/drill_batches_text.ts";
import { EXIT, type ExitCode } from "./exit_code.ts";
import type { Invocation } from "./invocation.ts";
import { readProgram } from "./program_option.ts";
import { type ProgressBar, withProgress } from "./progress_bar.ts";
import { LOCAL_HOST, missingPlaceholders, startWith } from "./server_command.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Measures what batches a server takes.
 *
 * @param invocation The call.
 * @returns The exit code.
 */
export async function runDrillBatches(invocation: Invocation): Promise<ExitCode> {
  const server = readServer(invocation);
  const outcome = await withProgress(invocation, (bar) => measure(invocation, server, bar));
  const { options, output } = invocation;
  const exitCode = exitCodeOf(outcome);
  if (output.json) await output.printJson(toBatchSummaryLine(outcome));
  else if (!options.flag("quiet") || exitCode !== EXIT.CLEAN) {
    await output.print(renderBatchOutcome(outcome, output.layout));
  }
  return exitCode;
}

/** The server that was named, and that may be reached. */
function readServer(invocation: Invocation): StartServer | string {
  const { options, operands } = invocation;
  for (const name of ["dimension", "max-batch"]) {
    if (options.count(name) === 0) throw batchUsage(`--${name} needs a number above 0`);
  }
  const address = options.text("server");
  if (address !== undefined) {
    if (operands.length > 0) throw batchUsage("--server measures a server as it is: give no STORE");
    return readAddress(address);
  }
  const program = readProgram(invocation, { option: "server-command", verb: "drill" });
  if (program === null) throw batchUsage("Which server? --server-command CMD or --server URL");
  const [missing] = missingPlaceholders(program);
  if (missing !== undefined) throw batchUsage(`${missing} does not stand in --server-command`);
  requireNet(LOCAL_HOST);
  return startWith(program, options.duration("engine-timeout") ?? DEFAULT_TIMEOUT_MS);
}

function readAddress(text: string): string {
  const url = parseServerAddress(text);
  if (url === null) throw batchUsage(`--server needs an address, not "${printable(text)}"`);
  requireNet(url.host);
  return url.href.replace(/\/+$/, "");
}

/** Of another machine neither memory nor swap can be known. */
function isOnThisMachine(server: StartServer | string): boolean {
  if (typeof server !== "string") return true;
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(server).hostname);
}

function requireNet(host: string): void {
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return;
  throw new OperationError(
    "permission-denied",
    `drill --batches may not reach ${host}: vecfsck was started without --allow-net`,
    { hint: `Nothing was changed. ${permissionHint(`--allow-net=${host}`)}` },
  );
}

function batchUsage(message: string): Error {
  return usageError(message, findVerb("drill") ?? null);
}

async function measure(
  { options, operands: [store], output, environment, signal }: Invocation,
  server: StartServer | string,
  bar: ProgressBar | null,
): Promise<BatchOutcome> {
  const isTable = !output.json && !options.flag("quiet");
  const print = async (lines: readonly string[]): Promise<void> => {
    await bar?.clear();
    if (isTable) await output.print(lines);
  };
  return await runBatchDrill({
    store,
    server,
    sources: isOnThisMachine(server) ? thisMachine : unknownMachine,
    dimension: options.count("dimension"),
    maxSize: options.count("max-batch"),
    onStart: async (start) => {
      if (output.json) await output.printJson(toBatchStartLine(start));
      await print(renderBatchStart(start, output.layout));
    },
    onResult: async (result) => {
      if (output.json) await output.printJson(toBatchResultLine(result));
      await print(renderBatchResult(result, output.layout));
    },
    ...(bar === null ? {} : { onProgress: (progress): void => bar.update(progress) }),
    signal,
    now: () => environment.now(),
    clockMs: () => environment.nowMs(),
    fs: environment.fs,
  });
}

/** Records that are lost, and a server that dies, are damage; a limit that is found is none. */
function exitCodeOf({ results }: BatchOutcome): ExitCode {
  const isHarmed = results.some(({ state }) => state === "lost" || state === "died");
  if (isHarmed) return EXIT.DAMAGED;
  return results.some(({ state }) => state === "good") ? EXIT.CLEAN : EXIT.FAILED;
}
