/**
 * What `check` is told by its options, as what every store is checked with.
 *
 * @module
 */

import type { CheckRequest } from "../fleet/check_request.ts";
import type { Invocation } from "./invocation.ts";
import { readKeyFile } from "./key_file.ts";
import { readNames } from "./names_file.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** What the checks of all stores are given. */
export interface CheckInputs {
  /** How each store is checked. */
  readonly request: CheckRequest;
  /** How many threads work at the most. */
  readonly jobs: number;
  /** What has to be said before the first check, as sentences. */
  readonly notices: readonly string[];
}

/**
 * Reads what every store is checked with.
 *
 * @param invocation The call.
 * @returns How stores are checked: the level, the names and the key that were given, and the like.
 * @throws {OperationError} A file cannot be read, or is not what it has to be.
 */
export function readCheckInputs({ options }: Invocation): CheckInputs {
  const keyFile = options.text("key-file");
  const { key, notices } = keyFile === undefined
    ? { key: null, notices: [] }
    : readKeyFile(keyFile);
  const staleSeconds = options.count("stale-seconds");
  const maxDurationMs = options.duration("max-duration");
  const sealFile = options.text("seal");
  const stateFile = options.text("state");
  return {
    request: {
      level: options.flag("quick") ? "quick" : "full",
      names: readNames(options),
      skipUnchanged: options.flag("since-seal"),
      ...(key === null ? {} : { key }),
      ...(staleSeconds === undefined ? {} : { staleSeconds }),
      ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
      ...(sealFile === undefined && !options.flag("sealed") ? {} : { seal: { file: sealFile } }),
      ...(stateFile === undefined ? {} : { stateFile }),
    },
    jobs: options.count("jobs") ?? navigator.hardwareConcurrency,
    notices,
  };
}

/** Whether a call is about several stores. */
export function isForMany({ operands, options }: Invocation): boolean {
  return operands.length > 1 || options.flag("recursive");
}

/**
 * Refuses what the table of options cannot.
 *
 * @param invocation The call.
 * @throws {OperationError} With the code `usage`: a file of one store is named for several.
 */
export function requireSenseOfExtras(invocation: Invocation): void {
  const { options } = invocation;
  const verb = findVerb("check") ?? null;
  for (const name of ["seal", "state"]) {
    if (options.text(name) !== undefined && isForMany(invocation)) {
      throw usageError(`--${name} names the file of one store`, verb);
    }
  }
  const usesHistory = options.flag("since-seal") || options.duration("max-duration") !== undefined;
  if (options.text("state") !== undefined && !usesHistory) {
    throw usageError("--state needs --since-seal or --max-duration", verb);
  }
  const isLimited = options.duration("max-duration") !== undefined;
  const usesSeal = options.flag("sealed") || options.text("seal") !== undefined;
  for (
    const [isGiven, one, other] of [
      [options.flag("sealed") && options.text("seal") !== undefined, "seal", "sealed"],
      [isLimited && usesSeal, "max-duration", options.flag("sealed") ? "sealed" : "seal"],
      [isLimited && options.flag("quick"), "max-duration", "quick"],
    ] as const
  ) {
    if (isGiven) throw usageError(`--${one} and --${other} cannot be used together`, verb);
  }
  if (options.duration("max-duration") === 0) {
    throw usageError("--max-duration needs more than no time", verb);
  }
  if (options.count("jobs") === 0) throw usageError("--jobs needs at least 1", verb);
  const most = MOST_JOBS;
  if ((options.count("jobs") ?? 0) > most) throw usageError(`--jobs can be at most ${most}`, verb);
}

/** Each has a thread, which takes some 30 MB; a larger number is a mistake. */
const MOST_JOBS = 1024;
