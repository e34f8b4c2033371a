/**
 * A log that does not grow without bound: from a certain size on it is renamed to `FILE.1`, what had
 * that name to `FILE.2`, and so on; the oldest is removed.
 *
 * The file is opened for each line, so one that others have renamed or removed meanwhile is made
 * anew, and nothing has to be told after logrotate. That a line cannot be written ends nothing: it is
 * told once, and how many are missing when it works again.
 *
 * @module
 */

import { OperationError } from "../../base/errors.ts";
import { writeAll } from "../../fs/copy.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { toWriteError } from "../../fs/write_errors.ts";

/** Where a log is and how large it gets. */
export interface RotatingLogOptions {
  /** The file system. */
  readonly fs: WriteFs;
  /** The file; a symbolic link is followed. */
  readonly path: string;
  /** From which size on it is rotated, in bytes. */
  readonly maxSizeBytes: number;
  /** How many rotated ones are kept. */
  readonly keep: number;
}

/** That lines cannot be written any more, or can again. */
export type LogChange =
  | { readonly kind: "lost"; readonly problem: string }
  | { readonly kind: "back"; readonly lostLines: number };

/** A log names collections, and records that are damaged: it is nobody else's business. */
const LOG_MODE = 0o600;

const LINE_END = 0x0a;

/** Further than this nobody has kept logs that are too many now. */
const MOST_OLD_LOGS = 1000;

/** A log that is rotated. */
export class RotatingLog {
  #options: RotatingLogOptions;
  #lostLines = 0;
  #isLost = false;
  /** Whether the last line may have been written in part. */
  #isTorn = true;

  /** Takes where the log is; nothing is opened yet. */
  constructor(options: RotatingLogOptions) {
    this.#options = options;
  }

  /** Goes on in another way, from the next line on. */
  reconfigure(options: RotatingLogOptions): void {
    if (options.path !== this.#options.path) this.#isTorn = true;
    this.#options = options;
  }

  /**
   * Writes a line.
   *
   * @param line The line, without its end.
   * @returns That lines are lost from now on, or no more; null where nothing has changed in that.
   */
  write(line: string): LogChange | null {
    try {
      const problem = this.#append(new TextEncoder().encode(`${line}\n`));
      return problem === null ? this.#recover() : this.#lose(problem, 0);
    } catch (error) {
      this.#isTorn = true;
      return this.#lose(toWriteError(error, this.#options.path).message, 1);
    }
  }

  #recover(): LogChange | null {
    if (!this.#isLost) return null;
    const lostLines = this.#lostLines;
    this.#isLost = false;
    this.#lostLines = 0;
    return { kind: "back", lostLines };
  }

  #lose(problem: string, lines: number): LogChange | null {
    this.#lostLines += lines;
    if (this.#isLost) return null;
    this.#isLost = true;
    return { kind: "lost", problem };
  }

  /** Appends to the file; what is returned says why it could not be rotated, where that is so. */
  #append(bytes: Uint8Array): string | null {
    const { fs, maxSizeBytes } = this.#options;
    const path = this.#target();
    const sizeBytes = fs.look(path)?.sizeBytes ?? 0;
    const isFull = sizeBytes > 0 && sizeBytes + bytes.byteLength > maxSizeBytes;
    const problem = isFull ? this.#rotate(path) : null;
    using file = fs.openForAppending(path, LOG_MODE);
    const isTorn = this.#isTorn && endsWithin(fs, path);
    // A line that was written in part must not take the next one with it.
    writeAll(file, isTorn ? Uint8Array.of(LINE_END, ...bytes) : bytes, path);
    this.#isTorn = false;
    return problem;
  }

  /** Opening a pipe would wait for somebody to read it. */
  #target(): string {
    const { fs, path } = this.#options;
    const target = fs.look(path)?.kind === "link" ? fs.resolve(path) : path;
    const facts = fs.look(target);
    if (facts === null || facts.kind === "file") return target;
    throw new OperationError("write-failed", `The log is no file: ${path}`, { path });
  }

  #rotate(path: string): string | null {
    const { fs, keep } = this.#options;
    try {
      for (let number = keep + 1; number <= MOST_OLD_LOGS; number++) {
        if (!isFile(fs, oldPath(path, number))) break;
        fs.removeFile(oldPath(path, number));
      }
      for (let number = keep; number > 0; number--) {
        const from = oldPath(path, number - 1);
        if (isFile(fs, from)) fs.rename(from, oldPath(path, number));
      }
      if (keep === 0) fs.removeFile(path);
      return null;
    } catch (error) {
      return `The log is not rotated: ${toWriteError(error, path).message}`;
    }
  }
}

function oldPath(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}

function isFile(fs: WriteFs, path: string): boolean {
  return fs.look(path)?.kind === "file";
}

/** Whether a file ends within a line. */
function endsWithin(fs: WriteFs, path: string): boolean {
  using file = fs.openForReading(path);
  if (file.sizeBytes === 0) return false;
  const [last] = file.readAt(file.sizeBytes - 1, new Uint8Array(1));
  return last !== LINE_END;
}
