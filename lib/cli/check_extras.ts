/**
 * What `check` is given besides the store: names and a key, a seal, and what earlier checks have
 * found.
 *
 * @module
 */

import type { RunCheckOptions } from "../engine/run_check.ts";
import type { Invocation } from "./invocation.ts";
import { readKeyFile } from "./key_file.ts";
import { readNames } from "./names_file.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/** What the checks of all stores are given. */
export interface CheckInputs {
  /** Options for the engine. */
  readonly options: Pick<RunCheckOptions, "names" | "key">;
  /** What has to be said before the first check, as sentences. */
  readonly notices: readonly string[];
}

/**
 * Reads what every store is checked with.
 *
 * @param invocation The call.
 * @returns The names and the key that were given.
 * @throws {OperationError} A file cannot be read, or is not what it has to be.
 */
export function readCheckInputs({ options }: Invocation): CheckInputs {
  const path = options.text("key-file");
  const names = readNames(options);
  if (path === undefined) return { options: { names }, notices: [] };
  const { key, notices } = readKeyFile(path);
  return { options: { names, key }, notices };
}

/** What the check of one store is given besides. */
export interface CheckExtras {
  /** Options for the engine. */
  readonly options: Pick<RunCheckOptions, "audits" | "history" | "skipUnchanged" | "maxDurationMs">;
  /** Keeps what was found; returns why it could not, as a sentence, or null. */
  keep(): string | null;
  /** What has to be said before the check, as sentences. */
  readonly notices: readonly string[];
}

const NOTHING: CheckExtras = { options: {}, keep: () => null, notices: [] };

/**
 * Refuses what the table of options cannot.
 *
 * @param invocation The call.
 * @throws {OperationError} With the code `usage`: a file of one store is named for several.
 */
export function requireSenseOfExtras({ operands, options }: Invocation): void {
  const verb = findVerb("check") ?? null;
  const isForMany = operands.length > 1 || options.flag("recursive");
  for (const name of ["seal", "state"]) {
    if (options.text(name) !== undefined && isForMany) {
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
}

/**
 * Reads what a check is given besides the store.
 *
 * @param invocation The call.
 * @param store The store's directory.
 * @returns What the engine is given, and what is done at the end.
 * @throws {OperationError} There is no seal, or it cannot be used.
 */
export async function readCheckExtras(
  invocation: Invocation,
  store: string,
): Promise<CheckExtras> {
  const { options } = invocation;
  const file = options.text("seal");
  const audits = file !== undefined || options.flag("sealed")
    ? [await readSealAudit(invocation, store, file)]
    : [];
  const skipUnchanged = options.flag("since-seal");
  const maxDurationMs = options.duration("max-duration");
  if (!skipUnchanged && maxDurationMs === undefined) {
    return audits.length === 0 ? NOTHING : { ...NOTHING, options: { audits } };
  }
  const { environment } = invocation;
  const now = (): Date => environment.now();
  const { StoredHistory } = await import("../seal/history.ts");
  const history = StoredHistory.open(store, {
    fs: environment.fs,
    now,
    file: options.text("state"),
  });
  return {
    options: {
      audits,
      history,
      skipUnchanged,
      ...(maxDurationMs === undefined ? {} : { maxDurationMs }),
    },
    keep: () => history.keep(),
    notices: history.problem === null ? [] : [history.problem],
  };
}

async function readSealAudit(
  { environment: { fs } }: Invocation,
  store: string,
  file: string | undefined,
): Promise<NonNullable<RunCheckOptions["audits"]>[number]> {
  const { readOwnSeal, readSeal } = await import("../seal/seal_file.ts");
  const { createSealAudit } = await import("../seal/seal_audit.ts");
  const { seal } = file === undefined ? readOwnSeal(fs, store) : readSeal(fs, file);
  return createSealAudit(seal);
}
