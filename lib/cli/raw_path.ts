/**
 * The bytes of paths that are not UTF-8.
 *
 * Deno hands every name over as text: a byte that is not UTF-8 has become U+FFFD before any program
 * sees it, in arguments and in listings alike, and such a name cannot be opened. Only where a store
 * is reached by a symbolic link, or from inside as `.`, its bytes are told, and in one place: in the
 * message of the error with which `realPath` refuses it.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import type { RawPaths } from "../output/json.ts";

const MESSAGE = /File name or path "(.*)" is not valid UTF-8$/s;

// How Rust writes a path for debugging: what is no UTF-8 as \xE9, what is no visible character as
// \u{301} or by a letter, the rest as it is.
const PART = /\\x([0-9A-F]{2})|\\u\{([0-9a-f]+)\}|\\(.)|([^\\]+)/gs;

const BY_LETTER: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", 0: "\0" };

/**
 * Finds the bytes of a store's real path where they are not UTF-8.
 *
 * @param store The store, as it was named.
 * @returns The field for JSON; nothing where the path is UTF-8, or its bytes cannot be known.
 */
export function readRawPaths(store: string): RawPaths {
  try {
    Deno.realPathSync(store);
    return {};
  } catch (error) {
    const quoted = error instanceof Deno.errors.InvalidData ? MESSAGE.exec(error.message) : null;
    return quoted === null ? {} : { storeBase64: parseQuotedPath(quoted[1] ?? "").toBase64() };
  }
}

/**
 * Reads a path as Rust writes it for debugging.
 *
 * @param quoted What stands between the quotation marks.
 * @returns The bytes of the path.
 */
export function parseQuotedPath(quoted: string): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for (const [, byte, codePoint, letter, plain] of quoted.matchAll(PART)) {
    if (byte !== undefined) bytes.push(parseInt(byte, 16));
    else if (codePoint !== undefined) {
      bytes.push(...encoder.encode(String.fromCodePoint(parseInt(codePoint, 16))));
    } else bytes.push(...encoder.encode(plain ?? BY_LETTER[letter ?? ""] ?? letter));
  }
  return new Uint8Array(bytes);
}

/**
 * Says what to do when a name is not UTF-8 and so could not be passed on.
 *
 * @param error What failed.
 * @returns The same error; with a hint that fits where the name is the reason.
 */
export function explainLostName(error: OperationError): OperationError {
  const isLost = error.code === "not-found" && error.message.includes("\ufffd");
  // An error that has come from another thread has no cause any more.
  const isRefused = MESSAGE.test(error.message);
  if (!isLost && !isRefused) return error;
  return new OperationError(error.code, error.message, {
    ...(error.path === null ? {} : { path: error.path }),
    hint: "The name holds bytes that are not UTF-8, which Deno does not pass on. Rename the " +
      "directory, or mount it under a plain name (mount --bind).",
    cause: error.cause,
  });
}
