/**
 * Stands for the program in the tests of documents: one process carries out every call, one after
 * another, for a process for each call would take most of the time. It runs under the two
 * permissions that the program has.
 *
 * A call is a directory with the files `args`, `directory` and `time`; its path is a line of the pipe
 * that is the only argument. What is printed goes to files of that directory, and their names, in the
 * order in which it was printed, and the exit code go to its pipe `answer`.
 *
 * @module
 */

import { OperationError } from "../../lib/base/errors.ts";
import { parseCall } from "../../lib/cli/arguments.ts";
import { type Environment, systemEnvironment } from "../../lib/cli/environment.ts";
import { main } from "../../lib/cli/main.ts";
import type { TextStream } from "../../lib/cli/text_stream.ts";

/** The width of the terminal that a page is written for. */
const COLUMNS = 80;

/** How long a watch goes on, which would never end by itself. */
const WATCH_MS = 1_500;

/** What was printed, in order. */
type Printed = { readonly stream: 1 | 2; readonly chunks: Uint8Array[] }[];

/** A stream that keeps what is written to it, in its place among what the other one got. */
class KeptStream implements TextStream {
  readonly isTerminal = false;
  readonly isBroken = false;
  readonly failure = null;

  constructor(readonly stream: 1 | 2, readonly printed: Printed) {}

  write(text: string): Promise<void> {
    return this.writeBytes(new TextEncoder().encode(text));
  }

  writeBytes(bytes: Uint8Array): Promise<void> {
    const last = this.printed.at(-1);
    if (last?.stream === this.stream) last.chunks.push(bytes.slice());
    else this.printed.push({ stream: this.stream, chunks: [bytes.slice()] });
    return Promise.resolve();
  }
}

/** The world of a call: that of a person at a terminal who says yes. */
function makeEnvironment(printed: Printed, time: string, isWatch: boolean): Environment {
  const stderr = new KeptStream(2, printed);
  const start = performance.now();
  const base = time === "" ? Date.now() : Date.parse(time);
  return {
    ...systemEnvironment(),
    stdout: new KeptStream(1, printed),
    stderr,
    columns: () => COLUMNS,
    now: () => new Date(base + performance.now() - start),
    async confirm(question) {
      await stderr.write(`${question}? [y/N] y\n`);
      return true;
    },
    onCancel(listener) {
      if (!isWatch) return () => {};
      const timer = setTimeout(() => listener("SIGTERM"), WATCH_MS);
      return () => clearTimeout(timer);
    },
    onReload: () => () => {},
    exitNow: () => {},
  };
}

/** Carries out a call; `parse` as its time says that it is only to be understood. */
async function carryOut(args: readonly string[], time: string, printed: Printed): Promise<number> {
  if (time !== "parse") {
    return await main(args, makeEnvironment(printed, time, args.includes("watch")));
  }
  try {
    parseCall(args);
    return 0;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    await new KeptStream(2, printed).write(`${error.message}\n`);
    return 16;
  }
}

/** Answers a call. */
async function answer(call: string): Promise<void> {
  const printed: Printed = [];
  const args = Deno.readTextFileSync(`${call}/args`).split("\0").slice(0, -1);
  Deno.chdir(Deno.readTextFileSync(`${call}/directory`));
  const code = await carryOut(args, Deno.readTextFileSync(`${call}/time`), printed);
  const lines = printed.map(({ stream, chunks }, index) => {
    const file = `${call}/${index}`;
    Deno.writeFileSync(file, new Uint8Array(chunks.flatMap((chunk) => [...chunk])));
    return `${stream} ${file}\n`;
  });
  await Deno.writeTextFile(`${call}/answer`, `${lines.join("")}exit ${code}\n`);
}

// Opened for both, the pipe does not end when the first one who writes to it has ended.
const [pipe = ""] = Deno.args;
const requests = await Deno.open(pipe, { read: true, write: true });
const decoder = new TextDecoder();
const buffer = new Uint8Array(1 << 12);
let rest = "";
while (true) {
  const length = await requests.read(buffer) ?? 0;
  const lines = (rest + decoder.decode(buffer.subarray(0, length))).split("\n");
  rest = lines.pop() ?? "";
  for (const call of lines) await answer(call);
}
