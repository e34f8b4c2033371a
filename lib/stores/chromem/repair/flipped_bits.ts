/**
 * Compressed files of which one bit was flipped (`gzip_bit.ts`), as many as there is time for.
 *
 * @module
 */

import { join } from "@std/path";
import { findFlippedGzipBit, gunzipWithoutBit } from "../../../codec/gzip_bit.ts";
import { readInto } from "../../../fs/read_fs.ts";
import type { FileSize } from "../read_gob_file.ts";

/** Each bit takes decompressing the file once: of larger files not all can be tried. */
const LARGEST_FILE_BYTES = 1 << 14;

/** What such a file holds at the most. */
const LARGEST_VALUE_BYTES = 1 << 20;

/** How many bits are tried in one repair: a quarter of a minute of work. */
const MOST_TRIES = 250_000;

/** The flipped bits of the files of a database. */
export class FlippedBits {
  readonly #storePath: string;
  readonly #known = new Map<string, number | null>();
  #tries = 0;

  /**
   * Takes a database.
   *
   * @param storePath Its directory.
   */
  constructor(storePath: string) {
    this.#storePath = storePath;
  }

  /**
   * Decompresses a file as it was before one of its bits was flipped.
   *
   * @param file The file.
   * @returns The decompressed bytes; null where no single bit makes the file whole.
   * @throws {OperationError} The file cannot be read.
   */
  correct(file: FileSize): Uint8Array | null {
    const { path, sizeBytes } = file;
    if (sizeBytes > LARGEST_FILE_BYTES) return null;
    const bytes = readInto(join(this.#storePath, path), new Uint8Array(sizeBytes));
    const bit = this.#find(path, bytes);
    return bit === null ? null : gunzipWithoutBit(bytes, bit);
  }

  #find(path: string, bytes: Uint8Array): number | null {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const tries = 8 * bytes.byteLength;
    const isAffordable = this.#tries + tries <= MOST_TRIES;
    if (isAffordable) this.#tries += tries;
    const bit = isAffordable ? findFlippedGzipBit(bytes, LARGEST_VALUE_BYTES) : null;
    this.#known.set(path, bit);
    return bit;
  }
}
