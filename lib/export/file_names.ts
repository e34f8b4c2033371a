/**
 * Names of files for collections: a name in a store can be anything.
 *
 * @module
 */

import type { CollectionFacts } from "../model/record_stream.ts";

/** File systems take names of 255 bytes; an ending comes on top. */
const LONGEST_NAME_BYTES = 180;

/** Whatever is no letter, digit, dot, dash or underscore. */
const UNSAFE = /[^\p{L}\p{M}\p{N}._-]+/gu;

/** What Windows takes for a device, with any ending. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Gives every collection a name of its own. */
export class FileNames {
  /** Names that were given, as file systems compare them that know no capitals. */
  readonly #taken = new Set<string>();

  /**
   * Makes a name without an ending.
   *
   * @param collection The collection.
   * @returns Its name where that can be one of a file, else what is like it.
   */
  take({ name, id }: Pick<CollectionFacts, "name" | "id">): string {
    const safe = makeSafe(name ?? id);
    for (let number = 1;; number++) {
      const candidate = number === 1 ? safe : `${safe}-${number}`;
      const key = candidate.normalize("NFC").toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return candidate;
    }
  }
}

function makeSafe(name: string): string {
  const replaced = name.toWellFormed().normalize("NFC").replaceAll(UNSAFE, "_");
  // Neither hidden, nor one of the directories above, nor with a dot at the end as Windows drops it.
  const trimmed = replaced.replace(/^[.-]+/, "").replace(/\.+$/, "");
  const bytes = encoder.encode(trimmed);
  const short = bytes.byteLength <= LONGEST_NAME_BYTES
    ? trimmed
    : decoder.decode(bytes.subarray(0, LONGEST_NAME_BYTES)).replace(/\ufffd+$/, "");
  if (short === "") return "collection";
  return DEVICES.test(short) ? `_${short}` : short;
}
