/**
 * How decoding ends before the pickle does.
 *
 * @module
 */

/** What the pickle says is not what an engine writes. */
export class PickleRefusal extends Error {
  /** Makes a refusal; `foreign-object` where the pickle asks for a class that is not data. */
  constructor(readonly kind: "foreign-object" | "bad-structure", message: string) {
    super(message);
  }
}

/** The pickle ends where more bytes were promised. */
export class PickleEnd extends Error {}

/** Refuses a pickle whose parts do not fit together. */
export function badStructure(message: string): PickleRefusal {
  return new PickleRefusal("bad-structure", message);
}
