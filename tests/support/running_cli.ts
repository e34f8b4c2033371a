/**
 * vecfsck as a process that goes on, whose lines are read while it does.
 *
 * @module
 */

import { join } from "@std/path";
import { REPOSITORY } from "./fixtures.ts";
import { CLI_PERMISSIONS } from "./run_cli.ts";

/** How the process is started. */
export interface RunningCliOptions {
  /** Permissions on top of those that everything works under. */
  readonly permissions?: readonly string[];
  /** Variables on top of those of the tests. */
  readonly env?: Record<string, string>;
}

const LONGEST_WAIT_MS = 120_000;

/** A process at work. */
export class RunningCli implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #text = "";

  /** Starts vecfsck. */
  constructor(args: readonly string[], { permissions = [], env = {} }: RunningCliOptions = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        ...CLI_PERMISSIONS,
        ...permissions,
        join(REPOSITORY, "cli.ts"),
        ...args,
      ],
      env: { NO_COLOR: "", FORCE_COLOR: "", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = new Response(this.#child.stderr).text();
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Everything that it has said on standard error; only after its end. */
  get stderr(): Promise<string> {
    return this.#stderr;
  }

  /** Reads the next line of standard output; null at its end. */
  async nextLine(): Promise<string | null> {
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += value;
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  /** Reads lines until one is found; an error names all that were read where there is none. */
  async findLine(isMeant: (line: string) => boolean): Promise<string> {
    const lines: string[] = [];
    // What does not come by then does not come at all, and the test would never end.
    const timer = setTimeout(() => this.kill("SIGKILL"), LONGEST_WAIT_MS);
    try {
      for (let line = await this.nextLine(); line !== null; line = await this.nextLine()) {
        if (isMeant(line)) return line;
        lines.push(line);
      }
    } finally {
      clearTimeout(timer);
    }
    throw new Error(`No such line among:\n${lines.join("\n")}\n${await this.#stderr}`);
  }

  /** Reads lines until there is one that contains a text. */
  async find(text: string): Promise<string> {
    return await this.findLine((line) => line.includes(text));
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end, and gives its exit code and the signal that ended it. */
  async end(): Promise<{ readonly code: number; readonly signal: string | null }> {
    while (await this.nextLine() !== null);
    const { code, signal } = await this.#child.status;
    await this.#stderr;
    return { code, signal };
  }

  /** Ends it, whatever state it is in. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.end();
  }
}
