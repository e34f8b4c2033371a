/**
 * A decoder for Python's pickle that knows data and nothing else.
 *
 * A pickle is a program for a small stack machine. This decoder has the opcodes that data needs
 * (`pickle_opcodes.ts`) and one class, which the caller names; everything else is refused where it
 * stands, so nothing that a pickle says is ever executed. Large dictionaries are not built: their
 * entries are handed to the caller one by one, and strings in them only as hashes, so that memory
 * does not grow with them, but for twelve bytes for each entry of the memo, which 1.x of Chroma does
 * not use.
 *
 * @module
 */

import type { ByteSource } from "./byte_source.ts";
import type { PickleField } from "./pickle_items.ts";
import { PickleMachine, type PickleProgram } from "./pickle_machine.ts";
import { PickleEnd, PickleRefusal } from "./pickle_refusal.ts";

export type { PickleField, PickleScalar } from "./pickle_items.ts";
export type { PickleProgram } from "./pickle_machine.ts";
export type { ByteSource } from "./byte_source.ts";

/**
 * Why a pickle could not be decoded: it ends too early, it asks for a class that is not data, or it
 * is not what an engine writes.
 */
export type PickleFaultKind = "truncated" | "foreign-object" | "bad-structure";

/** Where decoding ended, and why. */
export interface PickleFault {
  readonly kind: PickleFaultKind;
  /** The opcode at which it ended, in bytes from the start. */
  readonly offset: number;
  readonly message: string;
}

/** What a pickle holds at its top. */
export interface PickleTop {
  /** The protocol that it names; 0 when it names none. */
  readonly protocol: number;
  /** Whether the top is an instance of the class, rather than a plain dictionary. */
  readonly isInstance: boolean;
  /** The fields of the top dictionary; with a fault, those that were decoded. */
  readonly fields: ReadonlyMap<string, PickleField>;
  /** Bytes behind the end of the pickle; 0 with a fault. */
  readonly trailingBytes: number;
  /** Why decoding ended early, or null. */
  readonly fault: PickleFault | null;
}

/**
 * Decodes a pickle of a dictionary, or of an instance of one class, in one pass.
 *
 * @param source The bytes.
 * @param program The class, the large dictionaries, and who is told of their entries.
 * @returns What stands at the top; never throws for what the bytes are.
 * @throws {OperationError} The bytes cannot be read.
 */
export function decodePickle(source: ByteSource, program: PickleProgram): PickleTop {
  const machine = new PickleMachine(source, program);
  const fault = run(machine);
  return {
    protocol: machine.protocol,
    isInstance: machine.isInstance,
    fields: machine.root?.fields ?? new Map(),
    trailingBytes: fault === null ? machine.remaining : 0,
    fault,
  };
}

function run(machine: PickleMachine): PickleFault | null {
  try {
    while (machine.step());
  } catch (error) {
    const offset = machine.opcodeOffset;
    if (error instanceof PickleEnd) {
      return { kind: "truncated", offset, message: "The pickle ends where more is promised" };
    }
    if (error instanceof PickleRefusal) {
      return { kind: error.kind, offset, message: error.message };
    }
    throw error;
  }
  if (machine.isFinished) return null;
  const message = "The pickle holds no dictionary";
  return { kind: "bad-structure", offset: machine.opcodeOffset, message };
}
