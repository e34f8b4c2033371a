/**
 * `--server-command`: starting a server of the user's on a directory and a free port of this machine,
 * and ending it again.
 *
 * `{store}` in an argument stands for the directory, `{port}` for the port. No shell runs the command.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatDuration } from "../base/format.ts";
import { pauseUnlessAborted } from "../base/pause.ts";
import type { StartServer, ThrowAwayServer } from "../drill/batches/batch_result.ts";
import { ChromaHttp } from "../drill/batches/chroma_http.ts";
import type { Program } from "../isolation/program.ts";
import { type EndedProgram, runProgram } from "../isolation/run_program.ts";

/** Where servers that are started listen: nobody else can reach them. */
export const LOCAL_HOST = "127.0.0.1";

/** What stands for the directory and the port. */
const STORE_PLACEHOLDER = "{store}";
const PORT_PLACEHOLDER = "{port}";

const SUBJECT = "The server of --server-command";

/** Between two questions whether it answers. */
const PAUSE_MS = 100;

/** How long the end of a process may come after that of its connections. */
const END_GRACE_MS = 2000;

/**
 * Tells which placeholders a command lacks.
 *
 * @param program The command.
 * @returns Their names.
 */
export function missingPlaceholders({ args }: Program): string[] {
  return [STORE_PLACEHOLDER, PORT_PLACEHOLDER].filter((placeholder) =>
    !args.some((arg) => arg.includes(placeholder))
  );
}

/**
 * Makes what starts servers of a program.
 *
 * @param program The program.
 * @param timeoutMs How long it may take until it answers.
 * @returns What starts a server.
 */
export function startWith(program: Program, timeoutMs: number): StartServer {
  return async (directory, signal) => {
    const server = new ServerProcess(program, directory, findFreePort());
    try {
      await server.untilItAnswers(timeoutMs, signal);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  };
}

/** A port that is free now; the server takes it in a moment. */
function findFreePort(): number {
  using listener = Deno.listen({ hostname: LOCAL_HOST, port: 0 });
  return listener.addr.port;
}

/** How a server has ended: by itself, because it was stopped (null), or not at all (the error). */
type ServerEnd = EndedProgram | OperationError | null;

/** A server in a process of its own. All it has is thrown away, so it is ended without a warning. */
class ServerProcess implements ThrowAwayServer {
  readonly address: string;
  readonly #stopping = new AbortController();
  readonly #ending: Promise<ServerEnd>;

  constructor(program: Program, directory: string, port: number) {
    this.address = `http://${LOCAL_HOST}:${port}`;
    this.#ending = this.#run(nameValues(program, directory, port));
  }

  async #run(program: Program): Promise<ServerEnd> {
    const { signal } = this.#stopping;
    try {
      return await runProgram(program, { timeoutMs: Infinity, signal, subject: SUBJECT });
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof OperationError) return error;
      throw error;
    }
  }

  /** Waits until the server answers as a Chroma does. */
  async untilItAnswers(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const patience = AbortSignal.timeout(timeoutMs);
    // One that takes a connection and says nothing must not be waited for any longer either.
    const ending = AbortSignal.any([patience, ...(signal === undefined ? [] : [signal])]);
    while (!patience.aborted) {
      signal?.throwIfAborted();
      const end = await this.#endWithin(PAUSE_MS);
      if (end instanceof OperationError) throw end;
      if (end !== null) throw createStartError(`ended before it answered: ${describeEnd(end)}`);
      if (await this.#answers(ending)) return;
    }
    throw createStartError(`does not answer within ${formatDuration(timeoutMs)}`);
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      return await ChromaHttp.find(this.address, { signal }) !== null;
    } catch {
      // Nothing listens there so far.
      return false;
    }
  }

  readonly ended = async (): Promise<string | null> => {
    const end = await this.#endWithin(END_GRACE_MS);
    return end === null || end instanceof OperationError ? null : describeEnd(end);
  };

  readonly stop = async (): Promise<void> => {
    this.#stopping.abort();
    await this.#ending;
  };

  /** Waits for the end, but no longer than so. */
  async #endWithin(durationMs: number): Promise<ServerEnd> {
    const waiting = new AbortController();
    const pause = pauseUnlessAborted(durationMs, waiting.signal).then(() => null);
    const end = await Promise.race([this.#ending, pause]);
    waiting.abort();
    return end;
  }
}

function nameValues({ program, args }: Program, store: string, port: number): Program {
  const values: Readonly<Record<string, string>> = {
    [STORE_PLACEHOLDER]: store,
    [PORT_PLACEHOLDER]: String(port),
  };
  return {
    program,
    args: args.map((arg) =>
      arg.replaceAll(/\{(?:store|port)\}/g, (placeholder) => values[placeholder] ?? placeholder)
    ),
  };
}

function describeEnd({ exitCode, signal, lastError }: EndedProgram): string {
  const end = signal === null ? `exit code ${exitCode}` : `killed by ${signal}`;
  return lastError === "" ? end : `${end}: ${lastError}`;
}

function createStartError(what: string): OperationError {
  return new OperationError("read-failed", `${SUBJECT} ${what}`, {
    hint: `It has to serve the directory ${STORE_PLACEHOLDER} at the port ${PORT_PLACEHOLDER} of ` +
      `${LOCAL_HOST}. Try the command by hand; the store was not changed.`,
  });
}
