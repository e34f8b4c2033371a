/**
 * Where everything stands in the files of an index, once its number of links and its dimension are
 * known; and how many slots the files bear out.
 *
 * @module
 */

import { toIndex } from "../base/bytes.ts";
import type { HnswHeader } from "./header.ts";

/** More links than any engine lets a node have: M is 16 by default, and never above 10,000. */
export const LARGEST_LINKS_PER_NODE = 10_000;

/** More dimensions than any embedding has; 65,536 is ten times what models give. */
export const LARGEST_DIMENSION = 1 << 17;

/** The layout of one index: all sizes and offsets follow from M and the dimension. */
export interface HnswGeometry {
  /** M: links of a node on the levels above 0. */
  readonly maxLinks: number;
  /** 2 M: links of a node on level 0. */
  readonly maxLinksLevel0: number;
  /** Floats of a vector. */
  readonly dimension: number;
  /** Bytes of one slot of data_level0.bin. */
  readonly slotSizeBytes: number;
  /** Where the vector stands in a slot. */
  readonly vectorOffset: number;
  /** Where the label stands in a slot. */
  readonly labelOffset: number;
  /** Bytes of the links of one level in link_lists.bin. */
  readonly linkListSizeBytes: number;
}

/**
 * Computes the layout of an index.
 *
 * @param maxLinks M, at least 1.
 * @param dimension Floats of a vector, at least 1.
 * @returns The layout.
 */
export function geometryOf(maxLinks: number, dimension: number): HnswGeometry {
  const maxLinksLevel0 = 2 * maxLinks;
  const vectorOffset = 4 + 4 * maxLinksLevel0;
  const labelOffset = vectorOffset + 4 * dimension;
  return {
    maxLinks,
    maxLinksLevel0,
    dimension,
    slotSizeBytes: labelOffset + 8,
    vectorOffset,
    labelOffset,
    linkListSizeBytes: 4 + 4 * maxLinks,
  };
}

/**
 * Takes the layout from a header, if the header does not contradict itself.
 *
 * @param header The header as parsed.
 * @returns The layout, or null when a field is out of range or two fields disagree.
 */
export function geometryOfHeader(header: HnswHeader): HnswGeometry | null {
  const maxLinks = toIndex(header.maxLinks);
  const slotSizeBytes = toIndex(header.slotSizeBytes);
  if (maxLinks === null || maxLinks < 1 || maxLinks > LARGEST_LINKS_PER_NODE) return null;
  if (slotSizeBytes === null) return null;
  const vectorSizeBytes = slotSizeBytes - (4 + 8 * maxLinks) - 8;
  const dimension = vectorSizeBytes / 4;
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > LARGEST_DIMENSION) return null;
  const geometry = geometryOf(maxLinks, dimension);
  const agrees = header.maxLinksLevel0 === BigInt(geometry.maxLinksLevel0) &&
    header.labelOffset === BigInt(geometry.labelOffset) &&
    header.vectorOffset === BigInt(geometry.vectorOffset) &&
    header.offsetLevel0 === 0n;
  return agrees ? geometry : null;
}
