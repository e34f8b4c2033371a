/**
 * Damages to single fields of header.bin, which the engine believes without a look at the rest.
 *
 * @module
 */

import { HEADER_OFFSETS } from "../../../hnsw/header.ts";
import type { Breakage } from "./chroma_damage.ts";
import { PatchFile } from "../patch_file.ts";
import { readIndex, segmentFile, type TargetIndex } from "./targets.ts";

/** The damages to fields of header.bin. */
export const HEADER: readonly Breakage[] = [
  headerDamage({
    name: "header_version",
    description: "header.bin names a persistence version that does not exist.",
    change: (file, { header }) =>
      file.writeI32(HEADER_OFFSETS.persistenceVersion, header.persistenceVersion + 41),
  }),
  headerDamage({
    name: "header_max_huge",
    description: "header.bin demands room for 2^40 slots.",
    change: (file) => file.writeU64(HEADER_OFFSETS.capacity, 1n << 40n),
  }),
  headerDamage({
    name: "header_cur_over_max",
    description: "header.bin counts more slots in use than it has room for.",
    change: (file, { header }) => file.writeU64(HEADER_OFFSETS.count, header.capacity + 1000n),
  }),
  headerDamage({
    name: "header_cur_less",
    description: "header.bin counts half of the slots that are in use.",
    change: (file, { header }) => file.writeU64(HEADER_OFFSETS.count, header.count / 2n),
  }),
  headerDamage({
    name: "header_enterpoint",
    description: "The entry point in header.bin lies far beyond the slots in use.",
    change: (file) => file.writeU32(HEADER_OFFSETS.entryPoint, 0x7fff_ffff),
  }),
  headerDamage({
    name: "header_maxlevel",
    description: "The highest level in header.bin is five above that of the graph.",
    change: (file, { header }) => file.writeI32(HEADER_OFFSETS.maxLevel, header.maxLevel + 5),
  }),
  headerDamage({
    name: "header_record_size",
    description: "The size of a slot in header.bin is four bytes too large.",
    change: (file, { header }) =>
      file.writeU64(HEADER_OFFSETS.slotSizeBytes, header.slotSizeBytes + 4n),
  }),
  headerDamage({
    name: "header_label_offset",
    description: "The place of the label in header.bin is four bytes too far on.",
    change: (file, { header }) =>
      file.writeU64(HEADER_OFFSETS.labelOffset, header.labelOffset + 4n),
  }),
  headerDamage({
    name: "header_M",
    description:
      "The numbers of links in header.bin are twice those that the index was built with.",
    change: (file, { header }) => {
      file.writeU64(HEADER_OFFSETS.maxLinks, 2n * header.maxLinks);
      file.writeU64(HEADER_OFFSETS.maxLinksLevel0, 2n * header.maxLinksLevel0);
      file.writeU64(HEADER_OFFSETS.linksPerNode, 2n * header.linksPerNode);
    },
  }),
];

function headerDamage(
  { name, description, change }: Pick<Breakage, "name" | "description"> & {
    change: (file: PatchFile, index: TargetIndex) => void;
  },
): Breakage {
  return {
    name,
    description,
    file: "header",
    apply(target) {
      const index = readIndex(target);
      using file = PatchFile.open(target.fs, segmentFile(target, "header"));
      change(file, index);
    },
  };
}
