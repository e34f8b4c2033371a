/**
 * Calls to a server that may be slow, restarted or gone: each has a deadline, and what failed on the
 * way is tried again where that cannot do harm.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { formatDuration } from "../../base/format.ts";
import { pauseUnlessAborted } from "../../base/pause.ts";
import { printable } from "../../base/printable.ts";
import { throwIfStopped } from "./safe_batches.ts";

/** How calls are made. */
export interface CallOptions {
  /** How long one call may take, in milliseconds; a minute when left out. */
  timeoutMs?: number;
  /** How often a call that failed on the way is tried again; 5 times when left out. */
  retries?: number;
  /** Ends the work; it then throws an error with the code `cancelled`. */
  signal?: AbortSignal;
}

/** How they are made within this program. */
export interface CallWorld extends CallOptions {
  /** How to wait. */
  readonly pause?: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_RETRIES = 5;

/** Between two tries; the pauses double. */
const FIRST_PAUSE_MS = 250;

/** How much of what a client says is quoted. */
const MOST_QUOTED_CHARACTERS = 300;

/** How clients call it when a request did not get through, or the server asks for patience. */
const PASSING_NAMES: ReadonlySet<string> = new Set([
  "ChromaConnectionError",
  "ChromaServerError",
  "ChromaRateLimitError",
]);

/** The codes by which a system says so. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "UND_ERR_SOCKET",
]);

/**
 * Makes a call that can be repeated: one that reads, or one after which the same is there however
 * often it is made.
 *
 * @param what What is being done, for messages, for instance `read the records`.
 * @param call The call.
 * @param options How long it may take, and how often it is tried.
 * @returns The answer.
 * @throws {OperationError} `write-failed`: the server refused it, did not answer, or could not be
 * reached. `cancelled`.
 */
export async function callPatiently<Answer>(
  what: string,
  call: () => Promise<Answer>,
  options: CallWorld,
): Promise<Answer> {
  const { retries = DEFAULT_RETRIES, pause = pauseUnlessAborted, signal } = options;
  for (let tries = 0;; tries++) {
    throwIfStopped(signal);
    try {
      return await callOnce(what, call, options);
    } catch (error) {
      throwIfStopped(signal);
      if (error instanceof OperationError) throw error;
      if (tries >= retries || !isPassing(error)) throw toCallError(what, error, tries);
    }
    await pause(FIRST_PAUSE_MS * 2 ** tries, signal);
  }
}

/** A call cannot be taken back: it may still arrive after its deadline, so it is not repeated. */
async function callOnce<Answer>(
  what: string,
  call: () => Promise<Answer>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallWorld,
): Promise<Answer> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(createTimeoutError(what, timeoutMs)), timeoutMs);
  const onAbort = (): void => reject(new OperationError("cancelled", "The work was cancelled"));
  signal?.addEventListener("abort", onAbort);
  try {
    return await Promise.race([call(), end]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

function createTimeoutError(what: string, timeoutMs: number): OperationError {
  return new OperationError(
    "write-failed",
    `Cannot ${what}: the server did not answer within ${formatDuration(timeoutMs)}`,
    { hint: "It may still do what it was asked. Look whether it runs and has memory; go on then." },
  );
}

/** Whether the same call may well succeed in a moment. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // What `fetch` throws where a connection fails.
  if (error instanceof TypeError && /fetch|connect|network|socket/i.test(error.message)) {
    return true;
  }
  if (PASSING_NAMES.has(error.name)) return true;
  const code = "code" in error ? String(error.code) : "";
  return PASSING_CODES.has(code) || (error.cause instanceof Error && isPassing(error.cause));
}

function toCallError(what: string, error: unknown, retries: number): OperationError {
  const says = printable(
    error instanceof Error ? error.message : String(error),
    MOST_QUOTED_CHARACTERS,
  );
  const tries = retries === 0 ? "" : ` after ${retries + 1} tries`;
  return new OperationError("write-failed", `Cannot ${what}${tries}: ${says}`, {
    hint: retries === 0
      ? "The server refuses it: look at the records, and at the server's log."
      : "Look whether the server runs and can be reached.",
    cause: error,
  });
}
