/**
 * The key of an encrypted export file: from `--key-file`. A key has no place on a command line, which
 * every user of the machine can see.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatCount } from "../base/format.ts";
import { readOptionFile } from "./option_file.ts";

/** A key, and what is to be said of its file. */
export interface KeyFile {
  /** The 32 bytes of the key. */
  readonly key: Uint8Array;
  /** What the user has to know, as sentences without a final period. */
  readonly notices: readonly string[];
}

/** AES-256, as chromem-go has it. */
const KEY_SIZE_BYTES = 32;

/** The ends of a line that editors leave behind the key. */
const LINE_ENDS: readonly string[] = ["", "\n", "\r\n"];

/**
 * Reads the file of a key: 32 bytes, behind which a line may end.
 *
 * @param path The file.
 * @returns The key.
 * @throws {OperationError} The file cannot be read, or holds no such key.
 */
export function readKeyFile(path: string): KeyFile {
  const { bytes, isPublic } = readOptionFile("--key-file", path, 1 << 16);
  const rest = new TextDecoder("latin1").decode(bytes.subarray(KEY_SIZE_BYTES));
  if (bytes.byteLength < KEY_SIZE_BYTES || !LINE_ENDS.includes(rest)) {
    const found = formatCount(bytes.byteLength, "byte");
    throw new OperationError("read-failed", `Not a key of 32 bytes but ${found}: ${path}`, {
      path,
      hint: "--key-file needs the key just as the program gives it to chromem-go: 32 bytes, not " +
        "written in hexadecimal digits or base64. A line break may follow.",
    });
  }
  const notice = `Everybody on this machine can read the key in ${path}: chmod 600 ends that`;
  return { key: bytes.slice(0, KEY_SIZE_BYTES), notices: isPublic ? [notice] : [] };
}
