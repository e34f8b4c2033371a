/**
 * The names that collections may have whose own was lost: from `--name` and `--names`.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import { readOptionFile } from "./option_file.ts";
import type { OptionValues } from "./option_values.ts";

/** A list of every name that was ever given is far below this. */
const MOST_BYTES = 64 << 20;
const MOST_NAMES = 1_000_000;

/**
 * Reads the names that were given.
 *
 * @param options The options of the call.
 * @returns The names, those of `--name` first; none twice.
 * @throws {OperationError} The file cannot be read, is no text, or holds too many names.
 */
export function readNames(options: OptionValues): readonly string[] {
  const path = options.text("names");
  const names = path === undefined ? [] : readNamesFile(path);
  return [...new Set([...options.texts("name"), ...names])];
}

/**
 * Reads a file of names, one in each line. Lines without a name are passed over, and so are the
 * carriage returns with which editors of Windows end a line.
 *
 * @param path The file.
 * @returns The names, in their order.
 * @throws {OperationError} The file cannot be read, is no text, or holds too many names.
 */
export function readNamesFile(path: string): string[] {
  const { bytes } = readOptionFile("--names", path, MOST_BYTES);
  const names = decode(bytes, path).split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line !== "");
  if (names.length <= MOST_NAMES) return names;
  throw new OperationError("read-failed", `More than ${formatCount(MOST_NAMES, "name")}: ${path}`, {
    path,
    hint: "Part the file, and try its parts one after another; nothing was done.",
  });
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    // A NUL stands in no name, and in every file that is no text.
    if (!bytes.includes(0)) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // The bytes are no UTF-8.
  }
  throw new OperationError("read-failed", `Not a text in UTF-8: ${path}`, {
    path,
    hint: "--names needs a file with one name in each line; nothing was done.",
  });
}
