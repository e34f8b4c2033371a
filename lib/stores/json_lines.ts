/**
 * The lines of a file, one by one, so that no file is ever held whole.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { formatBytes } from "../base/format.ts";
import type { ReadableFile } from "../fs/write_fs.ts";

const CHUNK_SIZE_BYTES = 1 << 20;

/** The longest document that an engine takes, and its vector, are far shorter. */
const LONGEST_LINE_BYTES = 64 << 20;

const NEWLINE = 0x0a;

/** A line of a file. */
export interface FileLine {
  /** Its number, counted from 1. */
  readonly number: number;
  /** Its first byte, counted from the start of the file. */
  readonly offset: number;
  /** Its bytes, without the newline; they hold only until the next line is asked for. */
  readonly bytes: Uint8Array;
}

/**
 * Yields the lines of a file.
 *
 * @param file The file.
 * @param path Its path, for messages.
 * @yields The lines, empty ones too; what follows the last newline is one when it is not empty.
 * @throws {OperationError} The file cannot be read, or has a line beyond all measure.
 */
export function* readFileLines(
  file: ReadableFile,
  path: string,
): Generator<FileLine, void, undefined> {
  let buffer = new Uint8Array(CHUNK_SIZE_BYTES);
  let [filled, start, bufferOffset, number] = [0, 0, 0, 1];
  while (true) {
    const end = buffer.subarray(0, filled).indexOf(NEWLINE, start);
    if (end !== -1) {
      yield { number, offset: bufferOffset + start, bytes: buffer.subarray(start, end) };
      number++;
      start = end + 1;
      continue;
    }
    buffer.copyWithin(0, start, filled);
    bufferOffset += start;
    filled -= start;
    start = 0;
    if (filled === buffer.length) buffer = grow(buffer, { path, number });
    const read = file.readAt(bufferOffset + filled, buffer.subarray(filled)).byteLength;
    if (read === 0) break;
    filled += read;
  }
  if (filled > 0) yield { number, offset: bufferOffset, bytes: buffer.subarray(0, filled) };
}

function grow(
  buffer: Uint8Array<ArrayBuffer>,
  { path, number }: { readonly path: string; readonly number: number },
): Uint8Array<ArrayBuffer> {
  if (buffer.length >= LONGEST_LINE_BYTES) {
    throw new OperationError(
      "usage",
      `Line ${number} of ${path} is longer than ${formatBytes(LONGEST_LINE_BYTES)}`,
      { path, hint: "Nothing was changed. Write one JSON object per line." },
    );
  }
  const grown = new Uint8Array(2 * buffer.length);
  grown.set(buffer);
  return grown;
}
