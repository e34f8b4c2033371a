/**
 * The strings of a pickle: whether their bytes are right, and how to read one again.
 *
 * @module
 */

import { OPCODE } from "./pickle_opcodes.ts";
import type { ByteSource } from "./byte_source.ts";

/** An opcode and the longest length that can follow it. */
const LONGEST_HEADER_BYTES = 9;
const LONGEST_LINE_BYTES = 1 << 16;

/** Strings are mostly asked for in order; where they are not, each costs a block. */
const BLOCK_SIZE_BYTES = 1 << 13;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Decodes UTF-8 as it stands, a byte order mark included. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Says whether bytes are UTF-8 as the Unicode standard has it (table 3-7), without surrogates.
 *
 * @param bytes The bytes.
 * @param start The first of them to look at.
 * @param end The first not to look at.
 * @returns Whether every engine can decode them.
 */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let index = start;
  while (index < end) {
    const lead = bytes[index++] ?? 0;
    if (lead < 0x80) continue;
    const following = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead < 0xc2 || lead > 0xf4 || index + following > end) return false;
    // The second byte excludes what is too long, the surrogates, and what is above U+10FFFF.
    const second = bytes[index] ?? 0;
    const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    if (second < lowest || second > highest) return false;
    for (let next = index + 1; next < index + following; next++) {
      if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return false;
    }
    index += following;
  }
  return true;
}

/**
 * Decodes the argument of UNICODE: Latin-1 with the escapes of Python's raw-unicode-escape.
 *
 * @param line The line, each byte as the character of the same number.
 * @returns The text, or null when an escape names no character.
 */
export function decodeRawUnicodeEscape(line: string): string | null {
  let isValid = true;
  const text = line.replaceAll(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) => {
    const point = parseInt(short ?? long, 16);
    if (point <= 0x10ffff) return String.fromCodePoint(point);
    isValid = false;
    return "";
  });
  return isValid ? text : null;
}

/** Reads strings of a pickle again, by where the opcode stands that brought them. */
export class PickleTexts {
  readonly #source: ByteSource;
  #block: Uint8Array = new Uint8Array();
  #blockStart = 0;

  /** Reads from a source; nothing is read before it is asked for. */
  constructor(source: ByteSource) {
    this.#source = source;
  }

  /**
   * Reads a string that was decoded before.
   *
   * @param position Where its opcode stands, in bytes from the start.
   * @returns The string, or null when the file has changed since and no string stands there.
   */
  at(position: number): string | null {
    const header = this.#read(position, LONGEST_HEADER_BYTES);
    if (header.byteLength < 2) return null;
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    switch (header[0]) {
      case OPCODE.SHORT_BINUNICODE:
        return this.#utf8(position + 2, view.getUint8(1));
      case OPCODE.BINUNICODE:
        return header.byteLength < 5 ? null : this.#utf8(position + 5, view.getUint32(1, true));
      case OPCODE.BINUNICODE8:
        return header.byteLength < 9
          ? null
          : this.#utf8(position + 9, Number(view.getBigUint64(1, true)));
      case OPCODE.UNICODE:
        return this.#line(position + 1);
      default:
        return null;
    }
  }

  #utf8(offset: number, sizeBytes: number): string | null {
    if (sizeBytes > this.#source.sizeBytes - offset) return null;
    const bytes = this.#read(offset, sizeBytes);
    return bytes.byteLength === sizeBytes ? decodeUtf8(bytes) : null;
  }

  #line(offset: number): string | null {
    // Nearly every line ends in the block that is there already.
    const ahead = this.#blockStart + this.#block.byteLength - offset;
    const isNear = ahead > 0 && ahead <= this.#block.byteLength;
    return (isNear ? this.#lineOf(this.#read(offset, ahead)) : null) ??
      this.#lineOf(this.#read(offset, LONGEST_LINE_BYTES));
  }

  #lineOf(bytes: Uint8Array): string | null {
    const end = bytes.indexOf(0x0a);
    if (end === -1) return null;
    let line = "";
    for (const byte of bytes.subarray(0, end)) line += String.fromCharCode(byte);
    return decodeRawUnicodeEscape(line);
  }

  /** Gives up to `sizeBytes` bytes, fewer where the file ends. */
  #read(offset: number, sizeBytes: number): Uint8Array {
    const start = offset - this.#blockStart;
    if (start >= 0 && start + sizeBytes <= this.#block.byteLength) {
      return this.#block.subarray(start, start + sizeBytes);
    }
    const available = Math.max(0, this.#source.sizeBytes - offset);
    const target = new Uint8Array(Math.min(Math.max(sizeBytes, BLOCK_SIZE_BYTES), available));
    let filled = 0;
    while (filled < target.byteLength) {
      const count = this.#source.readAt(offset + filled, target.subarray(filled)).byteLength;
      if (count === 0) break;
      filled += count;
    }
    this.#block = target.subarray(0, filled);
    this.#blockStart = offset;
    return this.#block.subarray(0, sizeBytes);
  }
}
