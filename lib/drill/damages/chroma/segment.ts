/**
 * Damages to the directory of a segment, and bits that flip anywhere in it.
 *
 * @module
 */

import { join } from "@std/path";
import type { WriteFs } from "../../../fs/write_fs.ts";
import { SEGMENT_FILES } from "../../../stores/chroma/layout.ts";
import { DamageNotApplicable, type DamagePlace } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import {
  copyDirectory,
  listFileNames,
  PatchFile,
  remove,
  rename,
  writeWhole,
} from "../patch_file.ts";
import { requireSlots, segmentDirectory } from "./targets.ts";
import type { SeededRandom } from "../../../base/seeded_random.ts";

/** The damages to the directory of a segment. */
export const SEGMENT: readonly Breakage[] = [
  {
    name: "segment_missing",
    description: "The directory of the segment is gone.",
    file: "segment",
    apply(target) {
      requireSlots(target);
      remove(target.fs, segmentDirectory(target));
    },
  },
  {
    name: "segment_renamed",
    description: "The directory of the segment stands under another name, as some tools leave it.",
    file: "segment",
    apply(target) {
      const directory = segmentDirectory(target);
      rename(target.fs, directory, `${directory}.moved`);
    },
  },
  {
    name: "segment_is_a_file",
    description: "A file stands where the directory of the segment belongs.",
    file: "segment",
    apply(target) {
      const directory = segmentDirectory(target);
      writeWhole(target.fs, directory, new TextEncoder().encode("not a directory\n"));
    },
  },
  {
    name: "orphan_directory",
    description: "A copy of the segment's directory stands under a UUID that no segment has.",
    file: "segment",
    apply: (target) =>
      copyDirectory(
        target.fs,
        segmentDirectory(target),
        join(target.store, createUuid(target.random)),
      ),
  },
  createBitFlips(1),
  createBitFlips(4),
  createBitFlips(32),
];

function createBitFlips(count: number): Breakage {
  const bits = count === 1 ? "One bit is" : `${count} bits are`;
  return {
    name: `bit_flips_${count}`,
    description: `${bits} flipped at random places in the files of the segment.`,
    file: "segment",
    apply(target) {
      const { fs, random } = target;
      const files = listFiles(target);
      const places = new Set<string>();
      while (places.size < count) {
        const file = random.pick(files);
        const offset = random.below(file.sizeBytes);
        const bit = random.below(8);
        const place = `${file.path} ${offset} ${bit}`;
        if (!places.has(place)) flipBit(fs, file.path, offset, bit);
        places.add(place);
      }
    },
  };
}

/** The files of the index that hold bytes; each is as likely to be hit as the others. */
function listFiles(target: DamagePlace): { path: string; sizeBytes: number }[] {
  const directory = segmentDirectory(target);
  const present = new Set(listFileNames(target.fs, directory));
  const files = Object.values(SEGMENT_FILES).filter((name) => present.has(name)).map((name) => {
    const path = join(directory, name);
    return { path, sizeBytes: target.fs.look(path)?.sizeBytes ?? 0 };
  }).filter(({ sizeBytes }) => sizeBytes > 0);
  if (files.length === 0) throw new DamageNotApplicable("The segment has no bytes");
  return files;
}

function flipBit(fs: WriteFs, path: string, offset: number, bit: number): void {
  using file = PatchFile.open(fs, path);
  file.flipBit(offset, bit);
}

/** A random UUID (version 4). */
function createUuid(random: SeededRandom): string {
  const bytes = random.fill(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
