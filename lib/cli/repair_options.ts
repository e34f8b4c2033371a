/**
 * Reading the options of `vecfsck repair`.
 *
 * @module
 */

import { printable } from "../base/printable.ts";
import { FINDING_CODES } from "../model/codes.ts";
import type { RepairPlanOptions } from "../repair/outcome.ts";
import type { Invocation } from "./invocation.ts";
import { readNames } from "./names_file.ts";
import { SHADOWED_WAYS, STRATEGIES } from "./specification/repair.ts";
import { findNearest } from "../base/nearest.ts";
import { usageError } from "./usage_error.ts";
import { findVerb } from "./verbs.ts";

/**
 * Reads how a repair is to be planned.
 *
 * @param invocation The call.
 * @returns The options, without who is told of progress.
 * @throws {OperationError} With the code `usage`: a code is unknown, or no thread is left to work. With another code: the file of names cannot be read.
 */
export function readPlanOptions(
  { options, environment, signal }: Invocation,
): RepairPlanOptions {
  const only = options.texts("only").flatMap((text) => text.split(",")).map(toCode);
  const jobs = options.count("jobs");
  if (jobs === 0) throw repairUsage("--jobs needs at least 1");
  return {
    ...(only.length === 0 ? {} : { only }),
    ...(jobs === undefined ? {} : { jobs }),
    collection: options.text("collection"),
    strategy: options.choice("strategy", STRATEGIES) ?? "auto",
    vectorsPath: options.text("vectors"),
    names: readNames(options),
    unnamed: options.flag("quarantine") ? "quarantine" : "rename",
    shadowed: options.choice("shadowed", SHADOWED_WAYS) ?? "apart",
    keepUnsearchable: options.flag("keep-unsearchable"),
    eraseDeleted: options.flag("erase-deleted"),
    maxMemoryBytes: options.size("max-memory"),
    signal,
    fs: environment.fs,
  };
}

/** Takes a code as it is, and the name of a finding for its code. */
function toCode(text: string): string {
  const word = text.trim();
  const rows = Object.entries(FINDING_CODES);
  const row = rows.find(([name, { code }]) => name === word || code === word.toUpperCase());
  if (row !== undefined) return row[1].code;
  const nearest = findNearest(word, rows.flatMap(([name, { code }]) => [name, code]));
  const guess = nearest === null ? "" : `; did you mean ${nearest}?`;
  throw repairUsage(
    `--only needs the code or the name of a finding, not "${printable(word)}"${guess}`,
  );
}

function repairUsage(message: string): Error {
  return usageError(message, findVerb("repair") ?? null);
}
