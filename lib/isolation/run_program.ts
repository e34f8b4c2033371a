/**
 * Running a program until it ends or its time is over, with all that it has started.
 *
 * The program leads a process group of its own where that can be signalled, so that everything which
 * it starts can be ended with it.
 * Of what it writes only the end is kept: one that never stops writing fills no memory.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { printable } from "../base/printable.ts";
import { waitAtMost } from "../base/wait_at_most.ts";
import { endProgram, type Program } from "./program.ts";

/** How a program is run. */
export interface RunProgramOptions {
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The only variables of its environment; those of this process when left out. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** What names it in the message when it cannot be started. */
  readonly subject?: string;
}

/** A program that has ended. */
export interface EndedProgram {
  /** Whether it was ended because its time was over. */
  readonly isLate: boolean;
  /** The exit code; null where a signal has ended it, or it has not ended although it was killed. */
  readonly exitCode: number | null;
  /** The signal that has ended it, or null. */
  readonly signal: string | null;
  /** The last line of standard output that is not empty, safe to print. */
  readonly lastOutput: string;
  /** The same of standard error. */
  readonly lastError: string;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** How much of the end of what it writes is looked at. */
const MOST_TAIL_BYTES = 8 << 10;

/** How much of it is quoted. */
const MOST_QUOTED_CHARACTERS = 300;

/** How long what a program has left running may hold its output open. */
const TAIL_GRACE_MS = 500;

/** How long a killed program has to end: one that waits for a dead disk does not even then. */
const DEATH_GRACE_MS = 2_000;

/**
 * Runs a program.
 *
 * @param program The program.
 * @param options How long it may take.
 * @returns How it has ended.
 * @throws {OperationError} It cannot be started.
 * @throws The reason of the signal, when that was aborted.
 */
export async function runProgram(
  program: Program,
  options: RunProgramOptions,
): Promise<EndedProgram> {
  const { signal } = options;
  signal?.throwIfAborted();
  const startedMs = performance.now();
  await using running = RunningProgram.start(program, options);
  const end = await running.waitForEnd(options);
  signal?.throwIfAborted();
  const elapsedMs = Math.round(performance.now() - startedMs);
  return { ...end, ...await running.readLastLines(), elapsedMs };
}

/** A program that runs, and all that it has started. */
class RunningProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: StreamTail;
  readonly #error: StreamTail;
  #leadsGroup: boolean;

  private constructor(child: Deno.ChildProcess, leadsGroup: boolean) {
    this.#child = child;
    this.#leadsGroup = leadsGroup;
    this.#output = new StreamTail(child.stdout);
    this.#error = new StreamTail(child.stderr);
  }

  static start(
    { program, args }: Program,
    { environment, subject = "The program" }: RunProgramOptions,
  ): RunningProgram {
    const leadsGroup = maySignalGroups();
    try {
      return new RunningProgram(
        new Deno.Command(program, {
          args: [...args],
          ...(environment === undefined ? {} : { clearEnv: true, env: { ...environment } }),
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
          detached: leadsGroup,
        }).spawn(),
        leadsGroup,
      );
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new OperationError(
        error instanceof Deno.errors.NotFound ? "not-found" : "read-failed",
        `${subject} cannot be started: ${printable(reason)}`,
        { hint: "Look at its name and at its permissions.", cause: error },
      );
    }
  }

  /** Waits until it ends, or ends it. */
  async waitForEnd(
    { timeoutMs, signal }: RunProgramOptions,
  ): Promise<Pick<EndedProgram, "isLate" | "exitCode" | "signal">> {
    const inTime = await waitAtMost(this.#child.status, timeoutMs, signal);
    if (inTime !== null) return { isLate: false, ...describeStatus(inTime) };
    return { isLate: true, ...describeStatus(await this.#kill()) };
  }

  /** The end of what it has written, once nobody writes any more. */
  async readLastLines(): Promise<Pick<EndedProgram, "lastOutput" | "lastError">> {
    this.#killGroup();
    await Promise.all([this.#output.settle(), this.#error.settle()]);
    return { lastOutput: this.#output.lastLine, lastError: this.#error.lastLine };
  }

  /** Ends what is left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#killGroup();
    await Promise.all([this.#output.settle(), this.#error.settle()]);
  }

  /** Null where it does not end even then: nobody has to wait for it any longer. */
  async #kill(): Promise<Deno.CommandStatus | null> {
    this.#killGroup();
    endProgram(this.#child, "SIGKILL");
    const status = await waitAtMost(this.#child.status, DEATH_GRACE_MS);
    if (status === null) this.#child.unref();
    return status;
  }

  /** The group has the number of its leader; once all have ended, others may get that number. */
  #killGroup(): void {
    if (!this.#leadsGroup) return;
    this.#leadsGroup = false;
    try {
      Deno.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // None of them is left.
    }
  }
}

/**
 * Windows has no process groups that could be signalled; and the permission to run some programs is
 * none to signal others: nobody is asked for that.
 */
function maySignalGroups(): boolean {
  return Deno.build.os !== "windows" &&
    Deno.permissions.querySync({ name: "run" }).state === "granted";
}

function describeStatus(
  status: Deno.CommandStatus | null,
): Pick<EndedProgram, "exitCode" | "signal"> {
  if (status === null) return { exitCode: null, signal: null };
  const { code, signal } = status;
  return signal === null ? { exitCode: code, signal: null } : { exitCode: null, signal };
}

/** The end of what a stream gives; the rest is passed over. */
class StreamTail {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #read: Promise<void>;
  #bytes = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
    this.#read = this.#readAll();
  }

  /** Waits for the end of the stream, which a process that was left behind may keep open. */
  async settle(): Promise<void> {
    const timer = setTimeout(() => void this.#reader.cancel(), TAIL_GRACE_MS);
    await this.#read;
    clearTimeout(timer);
  }

  /** The last line that is not empty, safe to print. */
  get lastLine(): string {
    const lines = new TextDecoder().decode(this.#bytes).split("\n").map((line) => line.trim());
    return printable(lines.findLast((line) => line !== "") ?? "", MOST_QUOTED_CHARACTERS);
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done) return;
      const joined = new Uint8Array(this.#bytes.byteLength + value.byteLength);
      joined.set(this.#bytes);
      joined.set(value, this.#bytes.byteLength);
      this.#bytes = joined.slice(-MOST_TAIL_BYTES);
    }
  }
}
