/**
 * Damages to files that are compressed. The library reads a gzip file up to the end of its value and
 * no further: it never holds that against the checksum behind it.
 *
 * | offset     | type | meaning                          |
 * | ---------- | ---- | -------------------------------- |
 * | 0          | u16  | magic number                     |
 * | 2          | u8   | method: 8                        |
 * | 3          | u8   | flags                            |
 * | 10         |      | compressed data                  |
 * | size - 8   | u32  | CRC-32 of the decompressed bytes |
 * | size - 4   | u32  | their number                     |
 *
 * @module
 */

import type { Damage, DamageTarget } from "../damage.ts";
import { DamageNotApplicable } from "../damage.ts";
import type { PatchFile } from "../patch_file.ts";
import {
  ANY_DECODING_FAULT,
  expectError,
  expectSeverity,
  GZIP_TRAILER_SIZE_BYTES,
  patch,
} from "./chromem_damage.ts";
import { pickDocument } from "./places.ts";

const METHOD_OFFSET = 2;
const HEADER_SIZE_BYTES = 10;

/** The damages to compressed files. */
export const COMPRESSION: readonly Damage[] = [
  {
    name: "gzip_trailer_cut",
    description: "A compressed document lacks the checksum at its end.",
    scope: "collection",
    expected: expectSeverity("warning", "gzip-checksum-missing"),
    apply: compressed((file, { random }) =>
      file.truncate(file.sizeBytes - 1 - random.below(GZIP_TRAILER_SIZE_BYTES))
    ),
  },
  {
    name: "gzip_checksum_flipped",
    description: "A bit of the checksum of a compressed document is flipped.",
    scope: "collection",
    expected: expectError("gzip-checksum"),
    apply: compressed((file, { random }) =>
      file.flipBit(file.sizeBytes - GZIP_TRAILER_SIZE_BYTES + random.below(4), random.below(8))
    ),
  },
  {
    name: "gzip_header_flipped",
    description: "A compressed document names another method of compression.",
    scope: "collection",
    expected: expectError("gzip-malformed"),
    apply: compressed((file, { random }) => file.flipBit(METHOD_OFFSET, random.below(8))),
  },
  {
    name: "gzip_magic_flipped",
    description: "The magic number of a compressed document is another.",
    scope: "collection",
    expected: expectError("gob-malformed", "gob-truncated", "gob-type-mismatch"),
    apply: compressed((file, { random }) => file.flipBit(random.below(2), random.below(8))),
  },
  {
    name: "gzip_data_flipped",
    description: "A bit of the compressed data of a document is flipped.",
    scope: "collection",
    expected: expectError(...ANY_DECODING_FAULT),
    apply: compressed((file, { random }) => {
      const sizeBytes = file.sizeBytes - HEADER_SIZE_BYTES - GZIP_TRAILER_SIZE_BYTES;
      file.flipBit(HEADER_SIZE_BYTES + random.below(sizeBytes), random.below(8));
    }),
  },
];

function compressed(
  change: (file: PatchFile, target: DamageTarget) => void,
): (target: DamageTarget) => void {
  return (target) => {
    const { path, extension } = pickDocument(target);
    if (extension !== ".gob.gz") throw new DamageNotApplicable("The files are not compressed");
    patch(target, path, (file) => {
      if (file.sizeBytes <= HEADER_SIZE_BYTES + GZIP_TRAILER_SIZE_BYTES) {
        throw new DamageNotApplicable(`${path} has no compressed data`);
      }
      change(file, target);
    });
  };
}
