/**
 * `--engine-command`: having a program of the user's open a store with the real engine and say
 * whether all is well with it.
 *
 * `{}` in an argument stands for the directory; where none has it, the directory is the last
 * argument. Exit code 0 says that the engine takes the
 * store; anything else, a signal, or no end within the time says that it does not. What it writes to
 * standard error is quoted.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatDuration } from "../base/format.ts";
import { printable } from "../base/printable.ts";
import type { AskEngine } from "../drill/drill_options.ts";
import type { EngineAnswer } from "../drill/drill_result.ts";
import { endProgram, type Program } from "./program_option.ts";

/** What stands for the directory in the arguments. */
const PLACEHOLDER = "{}";

/** How much of the end of standard error is looked at. */
const MOST_TAIL_BYTES = 8 << 10;

/** How much of it is quoted. */
const MOST_QUOTED_CHARACTERS = 300;

/** How long what a program has left running may hold its standard error open. */
const TAIL_GRACE_MS = 500;

/**
 * Makes what asks an engine of a program.
 *
 * @param program The program.
 * @param timeoutMs How long it may take.
 * @returns What asks the engine.
 */
export function askWith(program: Program, timeoutMs: number): AskEngine {
  return async (directory, signal) => {
    signal?.throwIfAborted();
    const child = spawn(program, directory);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endProgram(child, "SIGKILL");
    }, timeoutMs);
    const onAbort = (): void => endProgram(child, "SIGKILL");
    signal?.addEventListener("abort", onAbort);
    try {
      const tail = new StreamTail(child.stderr);
      const status = await child.status;
      await tail.settle();
      signal?.throwIfAborted();
      return isLate
        ? { agrees: false, says: `it did not end within ${formatDuration(timeoutMs)}` }
        : toAnswer(status, tail.lastLine);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    }
  };
}

function spawn({ program, args }: Program, directory: string): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: nameDirectory(args, directory),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new OperationError(
      "read-failed",
      `The program of --engine-command cannot be started: ${printable(reason)}`,
      { hint: "Look at its name and at its permissions.", cause: error },
    );
  }
}

function nameDirectory(args: readonly string[], directory: string): string[] {
  if (!args.some((arg) => arg.includes(PLACEHOLDER))) return [...args, directory];
  return args.map((arg) => arg.replaceAll(PLACEHOLDER, () => directory));
}

function toAnswer({ success, code, signal }: Deno.CommandStatus, lastLine: string): EngineAnswer {
  if (success) return { agrees: true, says: null };
  const end = signal === null ? `exit code ${code}` : `killed by ${signal}`;
  return { agrees: false, says: lastLine === "" ? end : `${end}: ${lastLine}` };
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
