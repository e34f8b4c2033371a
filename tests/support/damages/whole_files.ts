/**
 * Damages to whole files of an index: the five things that happen to files of every kind, when a
 * disk is full, a copy is cut off, or a file system loses blocks.
 *
 * @module
 */

import { SEGMENT_FILES } from "../../../lib/stores/chroma/layout.ts";
import type { Damage, DamagedFile } from "./damage.ts";
import { PatchFile, remove } from "./patch_file.ts";
import { segmentFile, type SegmentFileKey } from "./tools.ts";
import type { SeededRandom } from "./random.ts";

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
  readonly apply: (path: string, random: SeededRandom) => void;
}

const WHOLE_FILE_DAMAGES: readonly WholeFileDamage[] = [
  { suffix: "empty", effect: "has no bytes any more", apply: (path) => patch(path, cutTo(0)) },
  { suffix: "missing", effect: "is gone", apply: remove },
  { suffix: "half", effect: "is cut to half its length", apply: (path) => patch(path, cutTo(0.5)) },
  {
    suffix: "zeros",
    effect: "is overwritten with zeros",
    apply: (path) => patch(path, (file) => file.fill(0, file.sizeBytes)),
  },
  {
    suffix: "random",
    effect: "is overwritten with random bytes",
    apply: (path, random) => patch(path, (file) => file.fill(0, file.sizeBytes, random)),
  },
];

/** The damages to whole files: five to each of the five files. */
export const WHOLE_FILE: readonly Damage[] = FILES.flatMap(([file, key]) =>
  WHOLE_FILE_DAMAGES.map(({ suffix, effect, apply }): Damage => ({
    name: `${file}_${suffix}`,
    description: `The file ${SEGMENT_FILES[key]} ${effect}.`,
    file,
    apply: (target) => apply(segmentFile(target, key), target.random),
  }))
);

function patch(path: string, change: (file: PatchFile) => void): void {
  using file = PatchFile.open(path);
  change(file);
}

function cutTo(part: number): (file: PatchFile) => void {
  return (file) => file.truncate(Math.floor(file.sizeBytes * part));
}
