/**
 * Damages to link_lists.bin, which holds for every slot a u32 with the size of what follows: for
 * each level above 0 a list of `u16 count, u16 unused, M × u32`.
 *
 * @module
 */

import { DamageNotApplicable } from "../damage.ts";
import type { Breakage } from "./chroma_damage.ts";
import { PatchFile } from "../patch_file.ts";
import { readIndex, segmentFile, type TargetIndex } from "./targets.ts";
import type { SeededRandom } from "../../../base/seeded_random.ts";

const SIZE_SIZE_BYTES = 4;
const COUNT_SIZE_BYTES = 4;

/** What the damages below work with. */
interface LinkFile extends TargetIndex {
  readonly file: PatchFile;
  readonly random: SeededRandom;
}

/** The damages to link_lists.bin. */
export const LINKS: readonly Breakage[] = [
  linkDamage({
    name: "links_size_huge",
    description: "The first record of link_lists.bin that holds links claims 2 GB, as if torn.",
    change: (links) => links.file.writeU32(listLinkedRecords(links)[0] ?? 0, 0x7fff_fff0),
  }),
  linkDamage({
    name: "links_last_cut",
    description: "link_lists.bin lacks its last four bytes.",
    change: ({ file }) => file.truncate(Math.max(0, file.sizeBytes - 4)),
  }),
  linkDamage({
    name: "links_neighbour_out_of_range",
    description: "A link on a level above 0 leads to a slot that does not exist.",
    change: (links) =>
      links.file.writeU32(
        links.random.pick(listLinkedRecords(links)) + SIZE_SIZE_BYTES + COUNT_SIZE_BYTES,
        0x7fff_ffff,
      ),
  }),
];

function linkDamage(
  { name, description, change }: Pick<Breakage, "name" | "description"> & {
    change: (links: LinkFile) => void;
  },
): Breakage {
  return {
    name,
    description,
    file: "link_lists",
    apply(target) {
      const index = readIndex(target);
      using file = PatchFile.open(target.fs, segmentFile(target, "links"));
      change({ ...index, file, random: target.random });
    },
  };
}

/** Where the records of slots above level 0 begin; there is at least one. */
function listLinkedRecords({ file, count }: LinkFile): number[] {
  const records: number[] = [];
  let offset = 0;
  for (let slot = 0; slot < count; slot++) {
    const sizeBytes = file.readU32(offset);
    if (sizeBytes === null) break;
    if (sizeBytes > 0) records.push(offset);
    offset += SIZE_SIZE_BYTES + sizeBytes;
  }
  if (records.length === 0) {
    throw new DamageNotApplicable("The index has no links on levels above 0");
  }
  return records;
}
