/**
 * What the command line needs of the world, so that tests can put another world in its place.
 *
 * @module
 */

import { nodeFs } from "../base/node_library.ts";
import type { RunCheckOptions } from "../engine/run_check.ts";
import type { CheckEvent } from "../model/report.ts";
import type { FindOptions } from "../engine/find_stores.ts";
import type { StoreThreads, StoreThreadsOptions } from "../fleet/store_threads.ts";
import { localFs } from "../fs/platform.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import type { DetectedStore } from "../model/store.ts";
import { confirmOnTerminal } from "./confirm.ts";
import { SystemStream, type TextStream } from "./text_stream.ts";

/** The signals that cancel the work. */
export type CancelSignal = "SIGINT" | "SIGTERM";

/** What the verbs use of the engine. */
export interface Engine {
  /** Checks one store. */
  checkStore(path: string, options: RunCheckOptions): AsyncGenerator<CheckEvent, void, undefined>;
  /** Finds the stores below a directory. */
  findStores(
    path: string,
    options?: FindOptions,
  ): AsyncGenerator<DetectedStore, void, undefined>;
  /** Makes what checks many stores at once. */
  startThreads(options: StoreThreadsOptions): Promise<StoreChecker>;
}

/** What checks stores, several at once. */
export type StoreChecker = Pick<StoreThreads, "check" | "close">;

/** What the command line needs of the world. */
export interface Environment {
  /** Where data goes. */
  readonly stdout: TextStream;
  /** Where messages go. */
  readonly stderr: TextStream;
  /** Reads a variable of the environment; undefined where it is unset or may not be read. */
  variable(name: string): string | undefined;
  /** Whether the system says that standard error is the journal of systemd. */
  isJournal(): boolean;
  /** The width of the terminal in columns, or null when there is none. */
  columns(): number | null;
  /** A clock in milliseconds that only goes forward. */
  nowMs(): number;
  /** The time of day. */
  now(): Date;
  /** Where verbs write. */
  readonly fs: WriteFs;
  /** Asks a question that is answered by yes or no; null where there is nobody to ask. */
  confirm(question: string): Promise<boolean | null>;
  /** Calls `tick` again and again; returns what ends that. */
  every(intervalMs: number, tick: () => void): () => void;
  /** Calls `listener` on every signal that cancels; returns what takes that back. */
  onCancel(listener: (signal: CancelSignal) => void): () => void;
  /** Calls `listener` on every SIGHUP; returns what takes that back. Windows has no such signal. */
  onReload(listener: () => void): () => void;
  /** Ends the process when it does not end by itself. */
  exitNow(code: number): void;
  /** Loads the engine. */
  loadEngine(): Promise<Engine>;
}

/**
 * The world of a real process.
 *
 * @returns The environment.
 */
export function systemEnvironment(): Environment {
  return {
    stdout: new SystemStream(Deno.stdout),
    stderr: new SystemStream(Deno.stderr),
    variable: readVariable,
    isJournal: readIsJournal,
    columns: readColumns,
    nowMs: () => performance.now(),
    now: () => new Date(),
    fs: localFs,
    confirm: confirmOnTerminal,
    every(intervalMs, tick) {
      const timer = setInterval(tick, intervalMs);
      return () => clearInterval(timer);
    },
    onCancel: listenForSignals,
    onReload: listenForHangUp,
    exitNow: (code) => Deno.exit(code),
    loadEngine: async () => ({
      checkStore: (await import("../engine/run_check.ts")).runCheck,
      findStores: (await import("../engine/find_stores.ts")).findStores,
      startThreads: async (options) =>
        new (await import("../fleet/store_threads.ts")).StoreThreads(options),
    }),
  };
}

// Deno lets every program read these two; asking for the permission would say no.
const OPEN_VARIABLES: ReadonlySet<string> = new Set(["NO_COLOR", "FORCE_COLOR"]);

/** Reads a variable where that is allowed. The permission is looked up, never asked for. */
function readVariable(name: string): string | undefined {
  const isAllowed = OPEN_VARIABLES.has(name) ||
    Deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
  return isAllowed ? Deno.env.get(name) : undefined;
}

/**
 * systemd names the stream that it has connected to its journal by device and inode, so that a
 * program can tell whether its standard error has been led elsewhere since.
 */
function readIsJournal(): boolean {
  const stream = readVariable("JOURNAL_STREAM");
  if (stream === undefined) return false;
  try {
    const { dev, ino } = nodeFs().fstatSync(2);
    return stream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

function readColumns(): number | null {
  try {
    const { columns } = Deno.consoleSize();
    return columns > 0 ? columns : null;
  } catch {
    return null;
  }
}

function listenForSignals(listener: (signal: CancelSignal) => void): () => void {
  // Windows knows no SIGTERM.
  const signals: CancelSignal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const removals = signals.map((signal) => {
    const handler = (): void => listener(signal);
    Deno.addSignalListener(signal, handler);
    return (): void => Deno.removeSignalListener(signal, handler);
  });
  return () => removals.forEach((remove) => remove());
}

function listenForHangUp(listener: () => void): () => void {
  if (Deno.build.os === "windows") return () => {};
  Deno.addSignalListener("SIGHUP", listener);
  return () => Deno.removeSignalListener("SIGHUP", listener);
}
