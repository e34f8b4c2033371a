/**
 * Where the opcodes of a pickle stand: enough to take entries out of a dictionary and leave the rest
 * as it was, for the pickles that Chroma writes (protocol 3 by serde_pickle, 4 and 5 by CPython).
 *
 * Source of the opcodes and their arguments: `pickletools` of Python 3.11.
 *
 * @module
 */

import { viewOf } from "../patch_file.ts";

/** The opcodes that are told apart. */
export const PICKLE_OPCODE = {
  PROTO: 0x80,
  FRAME: 0x95,
  STOP: 0x2e,
  MARK: 0x28,
  EMPTY_DICT: 0x7d,
  SETITEM: 0x73,
  SETITEMS: 0x75,
  BINUNICODE: 0x58,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  MEMOIZE: 0x94,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
} as const;

/** Arguments of a fixed size, by opcode; opcodes without an argument stand with 0. */
const FIXED_ARGUMENTS: ReadonlyMap<number, number> = new Map([
  [PICKLE_OPCODE.PROTO, 1],
  [PICKLE_OPCODE.FRAME, 8],
  [PICKLE_OPCODE.STOP, 0],
  [PICKLE_OPCODE.MARK, 0],
  [PICKLE_OPCODE.EMPTY_DICT, 0],
  [PICKLE_OPCODE.SETITEM, 0],
  [PICKLE_OPCODE.SETITEMS, 0],
  [PICKLE_OPCODE.MEMOIZE, 0],
  [PICKLE_OPCODE.BINPUT, 1],
  [PICKLE_OPCODE.LONG_BINPUT, 4],
  [0x4e, 0], // NONE
  [0x88, 0], // NEWTRUE
  [0x89, 0], // NEWFALSE
  [0x4a, 4], // BININT
  [0x4b, 1], // BININT1
  [0x4d, 2], // BININT2
  [0x68, 1], // BINGET
  [0x6a, 4], // LONG_BINGET
  [0x29, 0], // EMPTY_TUPLE
  [0x81, 0], // NEWOBJ
  [0x62, 0], // BUILD
  [0x93, 0], // STACK_GLOBAL
]);

/** How many bytes tell the length of the argument, by opcode. */
const LENGTH_PREFIXES: ReadonlyMap<number, number> = new Map([
  [PICKLE_OPCODE.SHORT_BINUNICODE, 1],
  [PICKLE_OPCODE.BINUNICODE, 4],
  [PICKLE_OPCODE.BINUNICODE8, 8],
  [0x8a, 1], // LONG1
]);

/** One opcode with its argument. */
export interface PickleToken {
  /** The opcode. */
  readonly opcode: number;
  /** Where it stands, in bytes from the start. */
  readonly start: number;
  /** Where the next one stands. */
  readonly end: number;
  /** Where the text or the number begins. */
  readonly argument: number;
}

/**
 * Lists the opcodes of a pickle.
 *
 * @param bytes The pickle.
 * @returns The opcodes to STOP, or null when it holds one that Chroma does not write, or ends early.
 */
export function tokenisePickle(bytes: Uint8Array): PickleToken[] | null {
  const tokens: PickleToken[] = [];
  for (let start = 0; start < bytes.byteLength;) {
    const opcode = bytes[start] ?? 0;
    const token = readToken(bytes, start, opcode);
    if (token === null || token.end > bytes.byteLength) return null;
    tokens.push(token);
    if (opcode === PICKLE_OPCODE.STOP) return tokens;
    start = token.end;
  }
  return null;
}

/**
 * Reads the text of a string's opcode.
 *
 * @param bytes The pickle.
 * @param token The opcode.
 * @returns The text, or null for another opcode.
 */
export function textOf(bytes: Uint8Array, token: PickleToken): string | null {
  const isText = token.opcode === PICKLE_OPCODE.SHORT_BINUNICODE ||
    token.opcode === PICKLE_OPCODE.BINUNICODE || token.opcode === PICKLE_OPCODE.BINUNICODE8;
  return isText ? new TextDecoder().decode(bytes.subarray(token.argument, token.end)) : null;
}

/**
 * Tells the opcodes that only put what is on the stack into the memo.
 *
 * @param token The opcode.
 * @returns Whether it is one of them.
 */
export function isMemoPut({ opcode }: PickleToken): boolean {
  return opcode === PICKLE_OPCODE.MEMOIZE || opcode === PICKLE_OPCODE.BINPUT ||
    opcode === PICKLE_OPCODE.LONG_BINPUT;
}

/** A range of bytes. */
export interface ByteRange {
  /** Where it begins. */
  readonly start: number;
  /** Where what follows it begins. */
  readonly end: number;
}

/**
 * Takes ranges out of a pickle, and makes the frames that held them as much shorter.
 *
 * @param bytes The pickle.
 * @param tokens Its opcodes.
 * @param ranges What is taken out, in ascending order; each lies in one frame.
 * @returns The shorter pickle.
 */
export function cutPickle(
  bytes: Uint8Array,
  tokens: readonly PickleToken[],
  ranges: readonly ByteRange[],
): Uint8Array {
  const source = bytes.slice();
  const view = viewOf(source);
  for (const frame of tokens.filter((token) => token.opcode === PICKLE_OPCODE.FRAME)) {
    const sizeBytes = view.getBigUint64(frame.argument, true);
    const frameEnd = frame.end + Number(sizeBytes);
    let removedBytes = 0;
    for (const { start, end } of ranges) {
      if (start >= frame.end && end <= frameEnd) removedBytes += end - start;
    }
    view.setBigUint64(frame.argument, sizeBytes - BigInt(removedBytes), true);
  }
  return withoutRanges(source, ranges);
}

function readToken(bytes: Uint8Array, start: number, opcode: number): PickleToken | null {
  const fixed = FIXED_ARGUMENTS.get(opcode);
  if (fixed !== undefined) return { opcode, start, argument: start + 1, end: start + 1 + fixed };
  const prefix = LENGTH_PREFIXES.get(opcode);
  if (prefix === undefined || start + 1 + prefix > bytes.byteLength) return null;
  let sizeBytes = 0;
  for (let index = prefix; index >= 1; index--) {
    sizeBytes = sizeBytes * 256 + (bytes[start + index] ?? 0);
  }
  const argument = start + 1 + prefix;
  return { opcode, start, argument, end: argument + sizeBytes };
}

function withoutRanges(bytes: Uint8Array, ranges: readonly ByteRange[]): Uint8Array {
  const removedBytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  const result = new Uint8Array(bytes.byteLength - removedBytes);
  let from = 0;
  let to = 0;
  for (const { start, end } of [...ranges, { start: bytes.byteLength, end: bytes.byteLength }]) {
    result.set(bytes.subarray(from, start), to);
    to += start - from;
    from = end;
  }
  return result;
}
