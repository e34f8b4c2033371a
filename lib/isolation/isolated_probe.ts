/**
 * Asking the real engine about a store, in a process of its own: what kills that process, or has it
 * hang, does nothing to the caller.
 *
 * @module
 */

import { resolve } from "@std/path";
import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { createRunRefusal, mayRun, nameDirectory, parseProgram, type Program } from "./program.ts";
import { type EndedProgram, runProgram } from "./run_program.ts";
import { withStoreCopy } from "./with_store_copy.ts";

/** How long a probe may take unless told otherwise, in milliseconds. */
export const DEFAULT_PROBE_TIMEOUT_MS = 5_000;

/**
 * What became of a probe. `answered`: it ended with exit code 0. `failed`: with another one.
 * `died`: a signal, or what Windows calls an exception, has ended it. `timed-out`: it did not end in
 * time, and was ended.
 */
export type ProbeOutcome = "answered" | "failed" | "died" | "timed-out";

/** What came of a probe. */
export interface ProbeResult {
  /** What became of it. */
  readonly outcome: ProbeOutcome;
  /**
   * The number that it has printed in its last line; null where that is none, or it did not answer.
   */
  readonly count: number | null;
  /** The signal that has ended it, such as `SIGSEGV`, also where a shell tells of it; or null. */
  readonly signal: string | null;
  /** Its exit code; null where a signal has ended it. */
  readonly exitCode: number | null;
  /** The last line of its standard error, safe to print; empty where there is none. */
  readonly lastLine: string;
  /** How long it took, in milliseconds, without the copy. */
  readonly elapsedMs: number;
}

/** How a store is probed. */
export interface IsolatedProbeOptions {
  /** How long the program may take, in milliseconds; 5,000 when left out. */
  timeoutMs?: number;
  /**
   * The directory of the store. It takes the place of `{store}` in the arguments; where none has that, it
   * is the last argument. The arguments stay as they are when it is left out.
   */
  store?: string | undefined;
  /** Whether the program is given a copy, for an engine that opens a store writes to it. */
  copy?: boolean;
  /** The only variables that its environment has; those of this process when left out. */
  environment?: Readonly<Record<string, string>>;
  /** Ends the probe. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program that has the real engine open a store and count its records, in a process of its
 * own. Whatever that does, this returns: an engine that is killed by a damaged index takes nobody
 * with it.
 *
 * The program is run without a shell and with an empty standard input. It answers with exit code 0
 * and, if it likes, with a number in the last line of its standard output. It leads a process group
 * of its own, and whatever of that is left when it ends is killed; that needs `--allow-run` without a
 * list of programs, and not on Windows: otherwise only the program itself is.
 *
 * @example
 * ```ts
 * import { isolatedProbe } from "@vecfsck/vecfsck";
 *
 * const script = "import chromadb, sys; client = chromadb.PersistentClient(sys.argv[1]); " +
 *   "print(sum(c.count() for c in client.list_collections()))";
 *
 * async function survives(store: string): Promise<boolean> {
 *   const command = ["python3", "-c", script];
 *   const { outcome, signal } = await isolatedProbe(command, { store, timeoutMs: 30_000 });
 *   if (signal !== null) console.log(`The engine was killed by ${signal}`);
 *   return outcome === "answered";
 * }
 * console.log(typeof survives);
 * ```
 *
 * @param command The program and its arguments: words, or a text that is split into them by the
 * quoting rules of a POSIX shell.
 * @param options The store, how long it may take, and whether it gets a copy.
 * @returns What came of it.
 * @throws {OperationError} The program may not be run or cannot be started, the copy cannot be made,
 * or the signal was aborted; nothing can be said of the store then.
 */
export async function isolatedProbe(
  command: string | readonly string[],
  options: IsolatedProbeOptions = {},
): Promise<ProbeResult> {
  return await runProbe(requireProgram(command), options);
}

/** How a store is probed within this program. */
export interface RunProbeOptions extends IsolatedProbeOptions {
  /** What names the program in messages. */
  readonly subject?: string;
}

/**
 * Runs a probe as {@linkcode isolatedProbe} does, with a program that was looked at before.
 *
 * @param program The program.
 * @param options The store, how long it may take, and whether it gets a copy.
 * @returns What came of it.
 * @throws {OperationError} As there.
 */
export async function runProbe(program: Program, options: RunProbeOptions): Promise<ProbeResult> {
  const { store, copy = false, signal } = options;
  signal?.throwIfAborted();
  if (store === undefined) return await probe(program, options);
  if (!copy) return await probe(nameDirectory(program, resolve(store)), options);
  return await withStoreCopy(
    store,
    signal,
    async (directory) => await probe(nameDirectory(program, directory), options),
  );
}

/**
 * Reads the command of a probe, and makes sure that it may be run.
 *
 * @param command The command.
 * @returns The program.
 * @throws {OperationError} There is none, or it may not be run.
 */
export function requireProgram(command: string | readonly string[]): Program {
  const program = parseProgram(command);
  if (program === null) {
    const text = typeof command === "string" ? command : command.join(" ");
    throw new OperationError(
      "usage",
      `A probe needs a program and its arguments, not "${printable(text)}"`,
      { hint: "Name a program, and close every quote." },
    );
  }
  if (!mayRun(program)) throw createRunRefusal(program, "A probe may not run");
  return program;
}

async function probe(program: Program, options: RunProbeOptions): Promise<ProbeResult> {
  const { timeoutMs = DEFAULT_PROBE_TIMEOUT_MS } = options;
  return toResult(await runProgram(program, { ...options, timeoutMs }));
}

/** A shell, and what stands for one, tells of a signal by this much above its number. */
const SIGNAL_BASE = 128;

/** The signals by which an engine ends, with the numbers that they have on every POSIX system. */
const SIGNAL_NUMBERS: Readonly<Record<number, string>> = {
  4: "SIGILL",
  6: "SIGABRT",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
};

/** From here on an exit code of Windows is an exception that nobody has caught. */
const FIRST_EXCEPTION = 0xc000_0000;

function toResult(ended: EndedProgram): ProbeResult {
  const { isLate, lastError, lastOutput, elapsedMs } = ended;
  const signal = ended.signal ?? SIGNAL_NUMBERS[(ended.exitCode ?? 0) - SIGNAL_BASE] ?? null;
  const outcome = isLate ? "timed-out" : judge(ended.exitCode, signal);
  return {
    outcome,
    count: outcome === "answered" ? parseCount(lastOutput) : null,
    signal,
    exitCode: ended.signal === null ? ended.exitCode : null,
    lastLine: lastError,
    elapsedMs,
  };
}

function judge(exitCode: number | null, signal: string | null): ProbeOutcome {
  if (signal !== null) return "died";
  if (exitCode === 0) return "answered";
  const isException = Deno.build.os === "windows" && (exitCode ?? 0) >>> 0 >= FIRST_EXCEPTION;
  return isException ? "died" : "failed";
}

function parseCount(line: string): number | null {
  const count = /^\d+$/.test(line) ? Number(line) : null;
  return Number.isSafeInteger(count) ? count : null;
}
