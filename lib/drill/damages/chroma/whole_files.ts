/**
 * Damages to whole files of an index: the five things that happen to files of every kind, when a
 * disk is full, a copy is cut off, or a file system loses blocks.
 *
 * @module
 */

import { basename } from "@std/path";
import type { WriteFs } from "../../../fs/write_fs.ts";
import { SEGMENT_FILES } from "../../../stores/chroma/layout.ts";
import { DamageNotApplicable, type DamageTarget } from "../damage.ts";
import type { Breakage, DamagedFile } from "./chroma_damage.ts";
import { PatchFile, remove } from "../patch_file.ts";
import { requireSlots, segmentFile, type SegmentFileKey } from "./targets.ts";

const FILES: readonly (readonly [DamagedFile, SegmentFileKey])[] = [
  ["header", "header"],
  ["data_level0", "data"],
  ["length", "lengths"],
  ["link_lists", "links"],
  ["index_metadata", "idMap"],
];

interface WholeFileDamage {
  readonly suffix: string;
  readonly effect: string;
  readonly apply: (path: string, target: DamageTarget) => void;
}

const WHOLE_FILE_DAMAGES: readonly WholeFileDamage[] = [
  {
    suffix: "empty",
    effect: "has no bytes any more",
    apply: (path, { fs }) => patch(fs, path, cutTo(0)),
  },
  { suffix: "missing", effect: "is gone", apply: (path, { fs }) => remove(fs, path) },
  {
    suffix: "half",
    effect: "is cut to half its length",
    apply: (path, { fs }) => patch(fs, path, cutTo(0.5)),
  },
  {
    suffix: "zeros",
    effect: "is overwritten with zeros",
    apply: (path, { fs }) => patch(fs, path, (file) => file.fill(0, file.sizeBytes)),
  },
  {
    suffix: "random",
    effect: "is overwritten with random bytes",
    apply: (path, { fs, random }) =>
      patch(fs, path, (file) => file.fill(0, file.sizeBytes, random)),
  },
];

/** The damages to whole files: five to each of the five files. */
export const WHOLE_FILE: readonly Breakage[] = FILES.flatMap(([file, key]) =>
  WHOLE_FILE_DAMAGES.map(({ suffix, effect, apply }): Breakage => ({
    name: `${file}_${suffix}`,
    description: `The file ${SEGMENT_FILES[key]} ${effect}.`,
    file,
    apply(target) {
      const path = segmentFile(target, key);
      if (key !== "header") requireSlots(target);
      apply(path, target);
    },
  }))
);

function patch(fs: WriteFs, path: string, change: (file: PatchFile) => void): void {
  if (fs.look(path)?.sizeBytes === 0) {
    throw new DamageNotApplicable(`${basename(path)} has no bytes to lose`);
  }
  using file = PatchFile.open(fs, path);
  change(file);
}

function cutTo(part: number): (file: PatchFile) => void {
  return (file) => file.truncate(Math.floor(file.sizeBytes * part));
}
