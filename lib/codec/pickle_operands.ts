/**
 * The opcodes that carry a value of their own: strings, integers, constants, the memo.
 *
 * @module
 */

import type { PickleMemo, PickleScalar } from "./pickle_items.ts";
import { OPCODE } from "./pickle_opcodes.ts";
import { badStructure, PickleEnd } from "./pickle_refusal.ts";
import { decodeRawUnicodeEscape, isUtf8 } from "./pickle_text.ts";
import type { PickleWindow } from "./pickle_window.ts";

const LONGEST_LINE_BYTES = (1 << 16) - 1;

/** Python writes longer integers with LONG4 from 256 bytes on; a sequence number has up to 24. */
const LONGEST_INTEGER_BYTES = 255;

/** A longer string would have to be held in memory whole, and no id is that long. */
const LONGEST_STRING_BYTES = 1 << 26;

/** Reads what follows an opcode. */
export class PickleOperands {
  readonly #window: PickleWindow;
  readonly #memo: PickleMemo;
  readonly #passesFrames: boolean;

  /**
   * Reads from a window, and strings that come again from the memo; `passesFrames` says that a frame
   * may be longer than the file.
   */
  constructor(window: PickleWindow, memo: PickleMemo, passesFrames: boolean) {
    this.#window = window;
    this.#memo = memo;
    this.#passesFrames = passesFrames;
  }

  /**
   * Reads a string, an integer or a constant.
   *
   * @param opcode The opcode, which was read already.
   * @param position Where it stands.
   * @param scalar Takes the value.
   * @returns False when the opcode brings no such thing; then nothing was read.
   */
  readScalar(opcode: number, position: number, scalar: PickleScalar): boolean {
    switch (opcode) {
      case OPCODE.SHORT_BINUNICODE:
        return this.#readString(position, this.#window.u8(), scalar);
      case OPCODE.BINUNICODE:
        return this.#readString(position, this.#window.u32(), scalar);
      case OPCODE.BINUNICODE8:
        return this.#readString(position, this.#window.u64(), scalar);
      case OPCODE.UNICODE:
        return this.#readStringLine(position, scalar);
      case OPCODE.BININT:
        return scalar.setNumber(this.#window.i32());
      case OPCODE.BININT1:
        return scalar.setNumber(this.#window.u8());
      case OPCODE.BININT2:
        return scalar.setNumber(this.#window.u16());
      case OPCODE.LONG1:
        return scalar.setNumber(this.#readLong(this.#window.u8()));
      case OPCODE.LONG4:
        return scalar.setNumber(this.#readLong(this.#window.i32()));
      case OPCODE.INT:
      case OPCODE.LONG:
        return scalar.setNumber(this.#readNumberLine());
      case OPCODE.BINGET:
      case OPCODE.LONG_BINGET:
      case OPCODE.GET:
        return this.#loadString(this.readGetIndex(opcode) ?? -1, scalar);
      case OPCODE.NONE:
      case OPCODE.NEWTRUE:
      case OPCODE.NEWFALSE:
        return scalar.setOther();
      case OPCODE.BINFLOAT:
        this.#window.skip(8);
        return scalar.setOther();
      default:
        return false;
    }
  }

  /** Reads which memo entry a PUT opcode names, or null when it is another opcode. */
  readPutIndex(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.MEMOIZE:
        return this.#memo.size;
      case OPCODE.BINPUT:
        return this.#window.u8();
      case OPCODE.LONG_BINPUT:
        return this.#window.u32();
      case OPCODE.PUT:
        return this.#readNumberLine();
      default:
        return null;
    }
  }

  /** Reads which memo entry a GET opcode names, or null when it is another opcode. */
  readGetIndex(opcode: number): number | null {
    switch (opcode) {
      case OPCODE.BINGET:
        return this.#window.u8();
      case OPCODE.LONG_BINGET:
        return this.#window.u32();
      case OPCODE.GET:
        return this.#readNumberLine();
      default:
        return null;
    }
  }

  /** Reads the length of a frame, which only helps readers that want to read ahead. */
  readFrame(): void {
    const isWhole = this.#window.u64() <= this.#window.remaining;
    if (!isWhole && !this.#passesFrames) throw new PickleEnd();
  }

  /** Reads a line as Latin-1. */
  readLine(): string {
    const line = this.#window.line(LONGEST_LINE_BYTES);
    if (line === null) throw badStructure("A line does not end");
    return line;
  }

  #readString(position: number, sizeBytes: number, scalar: PickleScalar): true {
    if (sizeBytes > this.#window.remaining) throw new PickleEnd();
    if (sizeBytes > LONGEST_STRING_BYTES) throw badStructure(`A string of ${sizeBytes} bytes`);
    const { offset } = this.#window;
    const start = this.#window.skip(sizeBytes);
    const end = start + sizeBytes;
    if (!this.#window.isAscii(start, end) && !isUtf8(this.#window.bytes, start, end)) {
      throw badStructure("A string is not UTF-8");
    }
    scalar.hash.ofBytes(this.#window.bytes, start, end);
    return scalar.setString(position, offset, sizeBytes);
  }

  #readStringLine(position: number, scalar: PickleScalar): true {
    const text = decodeRawUnicodeEscape(this.readLine());
    if (text === null) throw badStructure("A string has an escape that is no character");
    scalar.hash.ofText(text);
    return scalar.setReference(position);
  }

  #loadString(index: number, scalar: PickleScalar): true {
    if (!this.#memo.loadString(index, scalar)) {
      throw badStructure(`There is no string in memo entry ${index}`);
    }
    return true;
  }

  /** A little-endian two's complement integer, exact up to 2^53. */
  #readLong(sizeBytes: number): number {
    if (sizeBytes < 0 || sizeBytes > LONGEST_INTEGER_BYTES) {
      throw badStructure(`An integer of ${sizeBytes} bytes`);
    }
    if (sizeBytes === 0) return 0;
    const start = this.#window.skip(sizeBytes);
    const { bytes } = this.#window;
    let value = (bytes[start + sizeBytes - 1] ?? 0) << 24 >> 24;
    for (let index = sizeBytes - 2; index >= 0; index--) {
      value = value * 256 + (bytes[start + index] ?? 0);
    }
    return value;
  }

  #readNumberLine(): number {
    const text = this.readLine().replace(/L$/, "");
    if (!/^-?\d{1,300}$/.test(text)) throw badStructure("A number is not one");
    return Number(text);
  }
}
