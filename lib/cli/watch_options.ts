/**
 * What the options of `watch` say, as a source of its configuration.
 *
 * @module
 */

import { resolve } from "@std/path";
import { printable } from "../base/printable.ts";
import { COMMON_FIELDS } from "../watch/configuration/configuration_fields.ts";
import { WATCH_POLICIES, type WatchSettings } from "../watch/configuration/watch_configuration.ts";
import type { Invocation } from "./invocation.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Reads the options.
 *
 * @param invocation The call.
 * @returns What they say.
 * @throws {OperationError} With the code `usage`: a value cannot be used.
 */
export function readWatchOptions({ operands, options }: Invocation): WatchSettings {
  const intervalMs = options.duration("every");
  const directory = readPath(options.text("backups"));
  const policy = options.choice("on-damage", WATCH_POLICIES);
  const metricsFile = readPath(options.text("out"));
  const logFile = readPath(options.text("log"));
  const listen = readAddress(options.text("listen"));
  return {
    stores: operands.map((path) => ({ path: resolve(path) })),
    ...(intervalMs === undefined ? {} : { check: { intervalMs } }),
    ...(directory === undefined ? {} : { backup: { directory } }),
    ...(policy === undefined ? {} : { damage: { policy } }),
    metrics: {
      ...(metricsFile === undefined ? {} : { file: metricsFile }),
      ...(options.flag("compat-names") ? { compatibleNames: true } : {}),
    },
    ...(logFile === undefined ? {} : { log: { file: logFile } }),
    ...(listen === undefined ? {} : { listen }),
    ...(options.flag("listen-anywhere") ? { listenAnywhere: true } : {}),
  };
}

function readPath(text: string | undefined): string | undefined {
  return text === undefined ? undefined : resolve(text);
}

function readAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const problem = COMMON_FIELDS.listen.judge(text);
  if (problem === null) return text;
  const message = `--listen needs an address such as 127.0.0.1:9464, not "${printable(text)}"`;
  throw usageError(message, findVerb("watch") ?? null);
}
