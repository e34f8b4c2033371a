/**
 * Files of JSON lines for what leaves a store in a repair: records without a vector, rows of the
 * queue that no engine can apply, what two sources disagree on.
 *
 * @module
 */

import { join } from "@std/path";
import { writeAll } from "../fs/copy.ts";
import type { WritableFile, WriteFs } from "../fs/write_fs.ts";
import type { SavedFile } from "./repair_format.ts";

/** How many characters are gathered before they are written. */
const BUFFER_LENGTH = 1 << 18;

/** Files of JSON lines, which are made when their first line comes. */
export class SavedFiles implements Disposable {
  readonly #directory: string;
  readonly #fs: WriteFs;
  readonly #files = new Map<string, LineFile>();

  /**
   * Takes a directory.
   *
   * @param directory Where the files go; it is there.
   * @param fs The file system.
   */
  constructor(directory: string, fs: WriteFs) {
    this.#directory = directory;
    this.#fs = fs;
  }

  /**
   * Adds a line to a file.
   *
   * @param name The name of the file.
   * @param value What JSON makes the line of.
   * @throws The system's error, when it cannot be written.
   */
  add(name: string, value: Readonly<Record<string, unknown>>): void {
    let file = this.#files.get(name);
    if (file === undefined) {
      const path = join(this.#directory, name);
      file = new LineFile(path, this.#fs.createFile(path, 0o600));
      this.#files.set(name, file);
    }
    file.add(JSON.stringify(value));
  }

  /**
   * Waits until all lines are on the disk.
   *
   * @returns The files.
   */
  finish(): readonly SavedFile[] {
    return [...this.#files].map(([name, file]) => {
      file.finish();
      return { name, path: file.path, lines: file.lines };
    });
  }

  /** Closes the files. */
  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file[Symbol.dispose]();
  }
}

class LineFile implements Disposable {
  readonly path: string;
  lines = 0;
  readonly #file: WritableFile;
  #buffer = "";

  constructor(path: string, file: WritableFile) {
    this.path = path;
    this.#file = file;
  }

  add(line: string): void {
    this.lines++;
    this.#buffer += `${line}\n`;
    if (this.#buffer.length >= BUFFER_LENGTH) this.#flush();
  }

  finish(): void {
    this.#flush();
    this.#file.sync();
  }

  #flush(): void {
    writeAll(this.#file, new TextEncoder().encode(this.#buffer), this.path);
    this.#buffer = "";
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
