/**
 * Asking before something is changed.
 *
 * @module
 */

import { printable } from "../base/printable.ts";

/** A question names paths. */
const MOST_CHARACTERS = 8_192;

/** An answer is shorter; whatever comes is read no further. */
const LONGEST_ANSWER_BYTES = 256;

/** What the question is asked through. */
export interface Terminal {
  /** Whether both ends are a terminal. */
  readonly isTerminal: boolean;
  /** Writes the question. */
  write(text: string): Promise<void>;
  /** Reads a line, or what there is of one. */
  read(target: Uint8Array): Promise<number | null>;
}

const SYSTEM_TERMINAL: Terminal = {
  get isTerminal() {
    return Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
  },
  write: async (text) => void await Deno.stderr.write(new TextEncoder().encode(text)),
  read: (target) => Deno.stdin.read(target),
};

/**
 * Asks on the terminal. Everything but a clear yes is a no.
 *
 * @param question The question without its mark.
 * @param terminal Where it is asked; that of the process by default.
 * @returns The answer, or null where there is nobody to ask.
 */
export async function confirmOnTerminal(
  question: string,
  terminal: Terminal = SYSTEM_TERMINAL,
): Promise<boolean | null> {
  if (!terminal.isTerminal) return null;
  await terminal.write(`${printable(question, MOST_CHARACTERS)}? [y/N] `);
  const answer = new Uint8Array(LONGEST_ANSWER_BYTES);
  const sizeBytes = await terminal.read(answer) ?? 0;
  return /^y(es)?$/i.test(new TextDecoder().decode(answer.subarray(0, sizeBytes)).trim());
}
