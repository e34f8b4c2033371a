/**
 * How decoding ends before the value does.
 *
 * @module
 */

/**
 * Why a gob could not be decoded: it ends too early, it is not what Go writes, it holds another type
 * than the one asked for, or it asks for more memory than a value of this kind may have.
 */
export type GobFaultKind = "truncated" | "malformed" | "type-mismatch" | "too-large";

/** Where decoding ended, and why. */
export interface GobFault {
  /** What kind of fault it is. */
  readonly kind: GobFaultKind;
  /** The item at which it ended, in bytes from the start. */
  readonly offset: number;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /**
   * How many entries a map claims, with `too-large`, where Go would make room for all of them at some
   * seventy bytes each before it reads one: a program that opens such a gob can be killed.
   */
  readonly claimedEntries?: number;
}

/** Ends decoding from inside; the entry points turn it into a {@linkcode GobFault}. */
export class GobRefusal extends Error implements GobFault {
  /** Makes a refusal of the item at `offset`. */
  constructor(readonly kind: GobFaultKind, readonly offset: number, message: string) {
    super(message);
  }
}
