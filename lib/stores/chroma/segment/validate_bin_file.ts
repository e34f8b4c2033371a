/**
 * The quick look at one .bin file, as a public function.
 *
 * @module
 */

import { formatBytes } from "../../../base/format.ts";
import { BoundedFile } from "../../../fs/read_fs.ts";
import { type BinFileProblem, surveyBinFile } from "../../../hnsw/bin_file.ts";

/** What the quick look at a .bin file says. */
export interface BinFileValidation {
  /** Whether nothing is wrong at first sight. */
  readonly valid: boolean;
  /** What is wrong, or null. */
  readonly problem: BinFileProblem | null;
  /** The length of the file in bytes. */
  readonly sizeBytes: number;
  /** The same for people. */
  readonly message: string;
}

/**
 * Looks at the size and the first 4 KiB of a .bin file of an index: is it empty, shorter than 100
 * bytes, all zero where it begins, or shorter than it says?
 *
 * It knows nothing of the other files, so it can be wrong: a segment that was never flushed, and
 * the length.bin of an l2 or ip index, may rightly be all zero, and link_lists.bin is empty when no
 * slot is in use. A check tells these apart.
 *
 * @example
 * ```ts
 * import { validateBinFile } from "@vecfsck/vecfsck";
 *
 * const path = await Deno.makeTempFile({ suffix: ".bin" });
 * console.log(validateBinFile(path).problem); // "empty"
 * await Deno.remove(path);
 * ```
 *
 * @param path The file.
 * @returns What was seen.
 * @throws {OperationError} The file cannot be read.
 */
export function validateBinFile(path: string): BinFileValidation {
  using file = BoundedFile.open(path);
  const problem = surveyBinFile(file);
  const { sizeBytes } = file;
  return { valid: problem === null, problem, sizeBytes, message: describe(problem, sizeBytes) };
}

function describe(problem: BinFileProblem | null, sizeBytes: number): string {
  const size = formatBytes(sizeBytes);
  switch (problem) {
    case null:
      return `${size}, and the start holds data`;
    case "empty":
      return "The file has no bytes";
    case "too-short":
      return `The file has ${size}, less than a header`;
    case "all-zero":
      return `The file has ${size} and begins with zeros`;
    case "short-read":
      return `The file says ${size} and gives less`;
  }
}
