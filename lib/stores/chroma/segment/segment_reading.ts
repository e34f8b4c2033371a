/**
 * What is known of one VECTOR segment: from the catalogue, and from its files.
 *
 * @module
 */

import type { HnswGeometry } from "../../../hnsw/geometry.ts";
import type { HnswHeader } from "../../../hnsw/header.ts";
import type { LinkSurvey } from "../../../hnsw/links.ts";
import type { SlotSurvey } from "../../../hnsw/slots.ts";
import type { FindingFacts } from "../../../model/finding.ts";
import type { Places } from "../../../model/place_tally.ts";
import type { IndexSettings } from "../catalogue/configuration.ts";
import type { IdMap } from "./id_map.ts";
import type { StoreFile } from "../../directory.ts";
import { SEGMENT_FILES, type SegmentDirectory } from "../layout.ts";

/** What the catalogue says of a VECTOR segment; plain data. */
export interface SegmentSubject {
  /** The store's directory. */
  readonly storePath: string;
  /** The segment's id. */
  readonly segmentId: string;
  /** The collection's name, or its id where it has none; null when the catalogue cannot tell. */
  readonly collection: string | null;
  /** Floats of a vector as the catalogue has it, or null. */
  readonly dimension: number | null;
  /** How the index was configured, or null when the catalogue cannot tell. */
  readonly settings: IndexSettings | null;
  /** Which half of Chroma's history wrote the store last. */
  readonly era: "python" | "rust";
  /** The segment's directory, or null when it is missing. */
  readonly directory: SegmentDirectory | null;
}

/** A key of the table of a segment's files. */
export type SegmentFileKey = keyof typeof SEGMENT_FILES;

/** How many slots are in use, and what says so. */
export interface SlotCount {
  /** What header.bin says, or null when that is no possible number. */
  readonly declared: number | null;
  /** What the rest of the check works with. */
  readonly effective: number;
  /** Where the effective number comes from. */
  readonly evidence: "header" | "links";
}

/** What the files of a segment hold; whatever could not be read is null. */
export interface SegmentReading {
  /** What the catalogue says. */
  readonly subject: SegmentSubject;
  /** The files that are there. */
  readonly files: Readonly<Record<SegmentFileKey, StoreFile | null>>;
  /** header.bin, or null when it is missing or too short. */
  readonly header: HnswHeader | null;
  /** The layout that header.bin gives, or null when it contradicts itself. */
  readonly headerGeometry: HnswGeometry | null;
  /** The layout that the rest was read by: the header's, else that of the labels or the catalogue's. */
  readonly geometry: HnswGeometry | null;
  /** How many slots are in use, or null when nothing tells. */
  readonly count: SlotCount | null;
  /** link_lists.bin. */
  readonly links: LinkSurvey | null;
  /** Whether link_lists.bin begins with nothing but zeros. */
  readonly linksAllZero: boolean;
  /** data_level0.bin. */
  readonly slots: SlotSurvey | null;
  /** Lengths that cannot be, for a cosine index. */
  readonly lengths: Places | null;
  /** Live slots that no search can reach, and the first of them; null where that is not known. */
  readonly unreachable: { readonly count: number; readonly first: readonly number[] } | null;
  /** index_metadata.pickle. */
  readonly idMap: IdMap | null;
}

/** Whether the space of the index stores normalised vectors. */
export function isCosine(subject: SegmentSubject): boolean {
  return subject.settings?.space === "cosine";
}

/** The place of a finding in one of the segment's files. */
export function inFile(
  subject: SegmentSubject,
  file: SegmentFileKey | null,
): Pick<FindingFacts, "path" | "collection" | "segment"> {
  const name = subject.directory?.name ?? subject.segmentId;
  return {
    path: file === null ? name : `${name}/${SEGMENT_FILES[file]}`,
    collection: subject.collection,
    segment: subject.segmentId,
  };
}
