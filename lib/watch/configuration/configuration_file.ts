/**
 * The file of a configuration, which is read again when it has changed. One that cannot be used
 * changes nothing: what was read before holds on.
 *
 * @module
 */

import { OperationError, toOperationError } from "../../base/errors.ts";
import type { WriteFs } from "../../fs/write_fs.ts";
import { parseConfiguration } from "./parse_configuration.ts";
import type { WatchSettings } from "./watch_configuration.ts";

/** What came of looking at the file again. */
export type ConfigurationChange = "same" | "changed" | "broken";

/** More than any configuration has. */
const LARGEST_FILE_BYTES = 1 << 20;

/** The file of a configuration. */
export class ConfigurationFile {
  readonly #fs: WriteFs;
  /** The file. */
  readonly path: string;
  #settings: WatchSettings;
  #stamp: string;
  #text: string;
  #problem: OperationError | null = null;

  private constructor(fs: WriteFs, path: string) {
    this.#fs = fs;
    this.path = path;
    this.#stamp = this.#readStamp();
    this.#text = this.#readText();
    this.#settings = parseConfiguration(this.#text, path);
  }

  /**
   * Reads a file for the first time.
   *
   * @param fs The file system.
   * @param path The file.
   * @returns The file with what it says.
   * @throws {OperationError} It cannot be read, or with the code `usage`: it cannot be used.
   */
  static open(fs: WriteFs, path: string): ConfigurationFile {
    try {
      return new ConfigurationFile(fs, path);
    } catch (error) {
      throw toOperationError(error, path);
    }
  }

  /** What it said the last time that it could be used. */
  get settings(): WatchSettings {
    return this.#settings;
  }

  /** Why it cannot be used as it is; null where it can. */
  get problem(): OperationError | null {
    return this.#problem;
  }

  /**
   * Reads the file again where its stamp is another.
   *
   * @returns Whether it says something else, or cannot be used; that only once for each change.
   */
  poll(): ConfigurationChange {
    return this.#readStamp() === this.#stamp ? "same" : this.reread();
  }

  /**
   * Reads the file again, whatever its stamp is.
   *
   * @returns Whether it says something else, or cannot be used.
   */
  reread(): ConfigurationChange {
    this.#stamp = this.#readStamp();
    try {
      const text = this.#readText();
      if (text === this.#text && this.#problem === null) return "same";
      this.#settings = parseConfiguration(text, this.path);
      this.#problem = null;
      this.#text = text;
      return "changed";
    } catch (error) {
      this.#problem = toOperationError(error, this.path);
      return "broken";
    }
  }

  /** Links are followed: Kubernetes changes a configuration by another link. */
  #readStamp(): string {
    try {
      const facts = this.#fs.look(this.#fs.resolve(this.path));
      if (facts === null) return "missing";
      const { device, inode, sizeBytes, modifiedMs } = facts;
      return [device, inode, sizeBytes, modifiedMs].join(" ");
    } catch (error) {
      return `unreadable: ${toOperationError(error, this.path).code}`;
    }
  }

  #readText(): string {
    using file = this.#fs.openForReading(this.path);
    if (file.sizeBytes > LARGEST_FILE_BYTES) {
      throw new OperationError("usage", `${this.path} is longer than any configuration`, {
        path: this.path,
      });
    }
    return new TextDecoder().decode(file.readAt(0, new Uint8Array(file.sizeBytes)));
  }
}
