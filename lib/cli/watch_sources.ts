/**
 * Where the configuration of a watch comes from: the environment, a file, and the options, of which
 * the later one wins.
 *
 * @module
 */

import { resolve } from "@std/path";
import type { OperationError } from "../base/errors.ts";
import {
  configurationFromEnvironment,
  resolveConfiguration,
} from "../watch/configuration/configuration.ts";
import {
  type ConfigurationChange,
  ConfigurationFile,
} from "../watch/configuration/configuration_file.ts";
import type {
  WatchConfiguration,
  WatchSettings,
} from "../watch/configuration/watch_configuration.ts";
import type { Invocation } from "./invocation.ts";
import { readWatchOptions } from "./watch_options.ts";

/** The sources of a configuration. */
export class WatchSources {
  readonly #environment: WatchSettings;
  readonly #options: WatchSettings;
  readonly #file: ConfigurationFile | null;

  /**
   * Reads all of them for the first time.
   *
   * @param invocation The call.
   * @throws {OperationError} One of them cannot be read, or with the code `usage`: cannot be used.
   */
  constructor(invocation: Invocation) {
    const { options, environment } = invocation;
    const path = options.text("config");
    this.#options = readWatchOptions(invocation);
    this.#environment = configurationFromEnvironment((name) => environment.variable(name));
    this.#file = path === undefined ? null : ConfigurationFile.open(environment.fs, resolve(path));
  }

  /** Whether there is a file that can be read again. */
  get hasFile(): boolean {
    return this.#file !== null;
  }

  /**
   * Puts together what they say.
   *
   * @returns The configuration.
   * @throws {OperationError} With the code `usage`: they cannot be used together.
   */
  resolve(): WatchConfiguration {
    const file = this.#file === null ? [] : [this.#file.settings];
    return resolveConfiguration(this.#environment, ...file, this.#options);
  }

  /**
   * Looks at the file again.
   *
   * @param isAsked Whether it is read whatever its stamp is.
   * @returns Whether it says something else; why it cannot be used.
   */
  look(isAsked: boolean): Exclude<ConfigurationChange, "broken"> | OperationError {
    if (this.#file === null) return "same";
    const change = isAsked ? this.#file.reread() : this.#file.poll();
    if (change !== "broken") return change;
    const { problem } = this.#file;
    return problem ?? "same";
  }
}
