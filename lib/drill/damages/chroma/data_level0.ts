/**
 * Damages to data_level0.bin: its length, and neighbours, vectors and labels of its slots.
 *
 * | offset in a slot | type         | meaning                           |
 * | ---------------- | ------------ | --------------------------------- |
 * | 0                | u16          | number of neighbours              |
 * | 2                | u8, u8       | flags (1 = deleted), unused       |
 * | 4                | u32 × 2 M    | neighbours                        |
 * | 4 + 8 M          | f32 × dim    | vector                            |
 * | 4 + 8 M + 4 dim  | u64          | label                             |
 *
 * @module
 */

import { DamageNotApplicable, type DamageTarget } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { PatchFile, viewOf } from "../patch_file.ts";
import { readIndex, segmentFile, type TargetIndex } from "./targets.ts";
import type { SeededRandom } from "../../../base/seeded_random.ts";

const COUNT_SIZE_BYTES = 4;
const PAGE_SIZE_BYTES = 4096;
const DELETED = 1;
const NAN_BITS = 0x7fc0_0000;

/** What the damages below work with. */
interface DataFile extends TargetIndex {
  readonly file: PatchFile;
  readonly random: SeededRandom;
}

/** The damages to data_level0.bin. */
export const DATA_LEVEL0: readonly Breakage[] = [
  dataDamage({
    name: "data_one_record_short",
    description: "data_level0.bin lacks its last slot.",
    change: ({ file, geometry }) => file.truncate(file.sizeBytes - geometry.slotSizeBytes),
  }),
  dataDamage({
    name: "data_tail_garbage",
    description: "data_level0.bin goes on with 1,000 random bytes.",
    change: ({ file, random }) => file.fill(file.sizeBytes, 1000, random),
  }),
  dataDamage({
    name: "neighbour_out_of_range",
    description: "A neighbour of one slot is a slot that does not exist.",
    change: (data) => data.file.writeU32(pickLinkedSlot(data) + COUNT_SIZE_BYTES, 0x7fff_ffff),
  }),
  dataDamage({
    name: "neighbour_self",
    description: "A slot is its own neighbour.",
    change: (data) => {
      const start = pickLinkedSlot(data);
      data.file.writeU32(start + COUNT_SIZE_BYTES, start / data.geometry.slotSizeBytes);
    },
  }),
  dataDamage({
    name: "neighbour_count_huge",
    description: "A slot has 65,535 neighbours.",
    change: (data) => data.file.writeU16(pickLinkedSlot(data), 0xffff),
  }),
  dataDamage({
    name: "neighbours_all_zero",
    description: "No slot has a neighbour any more.",
    change: ({ file, geometry, count }) => {
      for (let slot = 0; slot < count; slot++) {
        const start = slot * geometry.slotSizeBytes;
        file.writeU16(start, 0);
        file.fill(start + COUNT_SIZE_BYTES, geometry.vectorOffset - COUNT_SIZE_BYTES);
      }
    },
  }),
  dataDamage({
    name: "label_duplicate",
    description: "A slot has the label of another one.",
    change: (data) => {
      const { file, geometry } = data;
      const [from, to] = pickLiveSlots(data, 2);
      if (from === undefined || to === undefined) {
        throw new DamageNotApplicable("The index has fewer than two live slots");
      }
      file.write(to + geometry.labelOffset, file.read(from + geometry.labelOffset, 8));
    },
  }),
  dataDamage({
    name: "vectors_nan",
    description: "Every fifth vector begins with NaN.",
    change: ({ file, geometry, count }) => {
      for (let slot = 0; slot < count; slot += 5) {
        file.writeU32(slot * geometry.slotSizeBytes + geometry.vectorOffset, NAN_BITS);
      }
    },
  }),
  dataDamage({
    name: "vectors_zeroed_tail",
    description: "The last quarter of the slots in use is overwritten with zeros.",
    change: ({ file, geometry, count }) => {
      const first = count - Math.ceil(count / 4);
      file.fill(first * geometry.slotSizeBytes, (count - first) * geometry.slotSizeBytes);
    },
  }),
  dataDamage({
    name: "page_of_zeros_in_data",
    description: "A page of 4,096 bytes amid the slots in use is overwritten with zeros.",
    change: ({ file, geometry, count }) => {
      const usedSizeBytes = count * geometry.slotSizeBytes;
      const start = Math.floor(usedSizeBytes / 2 / PAGE_SIZE_BYTES) * PAGE_SIZE_BYTES;
      file.fill(start, Math.min(PAGE_SIZE_BYTES, usedSizeBytes - start));
    },
  }),
];

function dataDamage(
  { name, description, change }: Pick<Breakage, "name" | "description"> & {
    change: (data: DataFile) => void;
  },
): Breakage {
  return {
    name,
    description,
    file: "data_level0",
    apply(target: DamageTarget) {
      const index = readIndex(target);
      using file = PatchFile.open(target.fs, segmentFile(target, "data"));
      change({ ...index, file, random: target.random });
    },
  };
}

/** Where a live slot with at least one neighbour begins, chosen at random. */
function pickLinkedSlot(data: DataFile): number {
  const [start] = pickLiveSlots(data, 1, (slot) => viewOf(slot).getUint16(0, true) > 0);
  if (start === undefined) throw new DamageNotApplicable("The index has no slot with neighbours");
  return start;
}

/** Where live slots begin, the first from a random one on. */
function pickLiveSlots(
  { file, geometry, count, random }: DataFile,
  wanted: number,
  fits: (slot: Uint8Array) => boolean = () => true,
): number[] {
  const starts: number[] = [];
  const first = random.below(count);
  for (let step = 0; step < count && starts.length < wanted; step++) {
    const start = ((first + step) % count) * geometry.slotSizeBytes;
    const slot = file.read(start, geometry.slotSizeBytes);
    const isLive = slot.byteLength === geometry.slotSizeBytes && ((slot[2] ?? 0) & DELETED) === 0;
    if (isLive && fits(slot)) starts.push(start);
  }
  return starts;
}
