/**
 * What earlier checks of a store have found, kept in a file beside the store.
 *
 * It is believed only where the stamps of every file that a task reads are as they were, where none
 * of them was changed shortly before that check, and where no clock has gone back since.
 *
 * @module
 */

import { dirname, join } from "@std/path";
import { OperationError } from "../base/errors.ts";
import {
  type CheckHistory,
  type FinishedCheck,
  NOTHING_KNOWN,
  type RecalledTask,
  type TaskEntry,
} from "../engine/check_history.ts";
import { writeAtomically } from "../fs/atomic.ts";
import { localFs } from "../fs/platform.ts";
import { ensureDirectory, openWorkDirectory } from "../fs/work_directory.ts";
import type { WriteFs } from "../fs/write_fs.ts";
import { toWriteError } from "../fs/write_errors.ts";
import type { CheckTask, FileStamp, MemoSource } from "../model/store.ts";
import {
  findInWorkDirectory,
  openBesideStore,
  readWhole,
  requireOutside,
  STATE_NAME,
} from "./places.ts";
import { isSameStamp, lastChangeMs, RACY_MS, type Stamp } from "./stamp.ts";
import {
  type CheckState,
  encodeState,
  type InputStamp,
  parseState,
  type StoredReading,
  type StoredResult,
  type StoredTask,
} from "./state_format.ts";

/** Where a history is kept. */
export interface StoredHistoryOptions {
  /** The file; in the work directory beside the store when left out. */
  readonly file?: string | undefined;
  /** Whether it may be kept in the store where there is no place beside it. */
  readonly mayBeInStore?: boolean;
  /** The time of day. */
  readonly now?: () => Date;
  /** The file system. */
  readonly fs?: WriteFs;
}

const NOTHING: CheckState = { isSound: true, tasks: [] };

/** What earlier checks of one store have found. */
export class StoredHistory implements CheckHistory {
  readonly #store: string;
  readonly #options: StoredHistoryOptions;
  readonly #fs: WriteFs;
  readonly #state: CheckState;
  readonly #tasks: ReadonlyMap<string, StoredTask>;
  readonly #readings: ReadonlyMap<string, StoredReading>;
  #stamps: Stamps | null = null;
  #next: CheckState | null = null;
  /** Why what was kept cannot be used, as a sentence; null where it can, or there is nothing. */
  readonly problem: string | null;

  private constructor(store: string, options: StoredHistoryOptions, read: ReadState) {
    this.#store = store;
    this.#options = options;
    this.#fs = options.fs ?? localFs;
    this.#state = read.state;
    const { tasks } = read.state;
    this.#tasks = new Map(tasks.map((task) => [task.key, task]));
    const readings = tasks.flatMap(({ part }) => part ?? []);
    this.#readings = new Map(readings.map((reading) => [reading.key, reading]));
    this.problem = read.problem;
  }

  /**
   * Reads what is known of a store. A file that is missing or damaged is no error: then nothing is
   * known, and everything is checked.
   *
   * @param store The store's directory.
   * @param options Where it is kept.
   * @returns What is known.
   * @throws {OperationError} The file that was named is in the store.
   */
  static open(store: string, options: StoredHistoryOptions = {}): StoredHistory {
    const { fs = localFs, file } = options;
    if (file !== undefined) requireOutside(fs, store, file);
    return new StoredHistory(store, options, readState(fs, store, file));
  }

  /** Whether the last check found nothing that is an error or worse. */
  get wasSound(): boolean {
    return this.#state.isSound;
  }

  /** The time of day, in milliseconds since 1970. */
  nowMs(): number {
    return (this.#options.now?.() ?? new Date()).getTime();
  }

  /** Tells what is known of a task, given the files of the store as they are. */
  recall({ memo }: CheckTask, files: readonly FileStamp[]): RecalledTask {
    if (memo === undefined) return NOTHING_KNOWN;
    const stamps = this.#stampsOf(files);
    const stored = this.#tasks.get(memo.key);
    const { part } = memo;
    const reading = part === undefined ? undefined : this.#readings.get(part.key);
    const whole = stored?.whole ?? null;
    return {
      earlier: whole !== null && this.#holds(whole, memo, stamps) ? whole : null,
      reading: part !== undefined && reading && this.#holds(reading, part, stamps) ? reading : null,
      unfinishedMs: stored?.unfinishedMs ?? 0,
      triedMs: stored?.triedMs ?? 0,
    };
  }

  /** Takes in what a check has found; {@linkcode keep} puts it on the disk. */
  record({ startedMs, files, entries, isSound }: FinishedCheck): void {
    // What was kept holds on; writing it once more would take longer than such a check.
    const isKnown = isSound === this.#state.isSound &&
      entries.length === this.#state.tasks.length &&
      entries.every(({ fresh, recalled, stoppedMs }) =>
        fresh === null && recalled.earlier !== null && stoppedMs === null
      );
    if (isKnown) return;
    const stamps = this.#stampsOf(files);
    this.#next = {
      isSound,
      tasks: entries.flatMap((entry) => toStored(entry, stamps, startedMs) ?? []),
    };
  }

  /**
   * Puts what was recorded on the disk. That it cannot is no failure of a check.
   *
   * @returns Why it cannot, as a sentence; null when it is there, or there was nothing to keep.
   */
  keep(): string | null {
    if (this.#next === null) return null;
    const start = "What was found is not kept, so the next check begins anew";
    try {
      const path = this.#place();
      if (path === null) {
        return `${start}: there is no place beside the store; name one with --state FILE`;
      }
      const followsLink = this.#options.file !== undefined;
      writeAtomically(path, encodeState(this.#next), { fs: this.#fs, mode: 0o600, followsLink });
      return null;
    } catch (error) {
      return `${start}: ${toWriteError(error, this.#store).message}`;
    }
  }

  /** A check asks for every task with the same list of files. */
  #stampsOf(files: readonly FileStamp[]): Stamps {
    if (this.#stamps?.files !== files) this.#stamps = new Stamps(files);
    return this.#stamps;
  }

  #place(): string | null {
    const { file, mayBeInStore = false } = this.#options;
    if (file !== undefined) {
      ensureDirectory(this.#fs, dirname(file));
      return file;
    }
    const directory = mayBeInStore
      ? openWorkDirectory(this.#fs, this.#store)
      : openBesideStore(this.#fs, this.#store);
    return directory === null ? null : join(directory, STATE_NAME);
  }

  #holds(
    { inputs, verifiedMs }: Pick<StoredResult, "inputs" | "verifiedMs">,
    source: MemoSource,
    stamps: Stamps,
  ): boolean {
    if (verifiedMs > this.nowMs() || inputs.length !== source.inputs.length) return false;
    return source.inputs.every((path, index) => {
      const input = inputs[index];
      if (input === undefined || input.path !== path) return false;
      const now = stamps.of(path);
      if (input.stamp === null || now === null) return input.stamp === now;
      return isSameStamp(input.stamp, now) && lastChangeMs(now) <= verifiedMs - RACY_MS;
    });
  }
}

/** What was read of a file, and why it cannot be used. */
export interface ReadState {
  /** What is known; nothing where the file is missing or cannot be used. */
  readonly state: CheckState;
  /** Why it cannot be used, as a sentence, or null. */
  readonly problem: string | null;
}

/**
 * Reads what is known of a store.
 *
 * @param fs The file system.
 * @param store The store's directory.
 * @param file The file, where it is not in the work directory.
 * @returns What is known; a file that is missing or damaged is no error.
 */
export function readState(fs: WriteFs, store: string, file: string | undefined): ReadState {
  const unknown = { state: NOTHING, problem: null };
  try {
    const path = file ?? findInWorkDirectory(fs, store, STATE_NAME);
    if (path === null || fs.look(path) === null) return unknown;
    const bytes = readWhole(fs, path);
    const state = bytes === null ? "is longer than any such file" : parseState(bytes);
    if (typeof state !== "string") return state === null ? unknown : { state, problem: null };
    return { ...unknown, problem: `What was kept of earlier checks is not used: ${path} ${state}` };
  } catch (error) {
    // A store that is missing is for the check to say.
    if (error instanceof OperationError && error.code === "not-found") return unknown;
    const reason = error instanceof OperationError ? error.message : String(error);
    return { ...unknown, problem: `What was kept of earlier checks is not used: ${reason}` };
  }
}

/** The stamps of a store's files by path. */
class Stamps {
  readonly #byPath: ReadonlyMap<string, Stamp>;
  readonly files: readonly FileStamp[];

  constructor(files: readonly FileStamp[]) {
    this.files = files;
    this.#byPath = new Map(files.map((file) => [file.path, file]));
  }

  of(path: string): Stamp | null {
    return this.#byPath.get(path) ?? null;
  }

  ofEach({ inputs }: MemoSource): InputStamp[] {
    return inputs.map((path) => ({ path, stamp: this.of(path) }));
  }
}

function toStored(
  { task, recalled, fresh, stoppedMs, hadItsTurn }: TaskEntry,
  stamps: Stamps,
  startedMs: number,
): StoredTask | null {
  const { memo } = task;
  if (memo === undefined) return null;
  const inputs = stamps.ofEach(memo);
  const { earlier, reading } = recalled;
  const whole: StoredResult | null = fresh !== null
    ? { result: fresh, verifiedMs: startedMs, inputs }
    : earlier === null
    ? null
    : { ...earlier, inputs };
  const partInputs = memo.part === undefined
    ? null
    : { key: memo.part.key, inputs: stamps.ofEach(memo.part) };
  const part: StoredReading | null = partInputs === null
    ? null
    : fresh?.kept !== undefined
    ? { kept: fresh.kept, verifiedMs: startedMs, ...partInputs }
    : reading === null
    ? null
    : { ...reading, ...partInputs };
  const unfinishedMs = fresh !== null ? 0 : Math.max(recalled.unfinishedMs, stoppedMs ?? 0);
  const triedMs = fresh !== null ? 0 : hadItsTurn ? startedMs : recalled.triedMs;
  return { key: memo.key, whole, part, unfinishedMs, triedMs };
}
