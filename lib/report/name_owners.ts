/**
 * What stands in damaged bytes: which slot, which record, which pages.
 *
 * @module
 */

import { OperationError } from "../base/errors.ts";
import { LENGTH_SIZE_BYTES } from "../hnsw/lengths.ts";
import { geometryOf } from "../hnsw/geometry.ts";
import type { Finding } from "../model/finding.ts";
import type { GraphReading } from "../model/portrait.ts";
import type { DetectedStore } from "../model/store.ts";
import { formatByName } from "../stores/registry.ts";
import { type FoundRange, listRanges } from "./damaged_ranges.ts";
import type { NameOwner } from "./list_files.ts";

/** How many slots of an index are asked for the ids of their records. */
const MOST_WANTED = 500;

/** Saying what stands in bytes by reading the file again takes its time. */
const MOST_DESCRIBED = 8;

/** The files of an index whose bytes belong to slots, and how many bytes a slot has in each. */
const SLOT_SIZES: Readonly<Record<string, (graph: GraphReading) => number>> = {
  "data_level0.bin": ({ maxLinks, dimension }) => geometryOf(maxLinks, dimension).slotSizeBytes,
  "length.bin": () => LENGTH_SIZE_BYTES,
};

/** Some slots of an index. */
interface SlotSpan {
  readonly index: string;
  readonly first: number;
  readonly last: number;
}

/** Tells which slots bytes belong to; null where that is not known. */
function findSlots(
  graphs: readonly GraphReading[],
  path: string,
  { offset, sizeBytes }: FoundRange,
): SlotSpan | null {
  const [index = "", file = "", ...below] = path.split("/");
  const graph = graphs.find((known) => known.path === index);
  const sizeOf = SLOT_SIZES[file];
  if (graph === undefined || sizeOf === undefined || below.length > 0) return null;
  const slotSizeBytes = sizeOf(graph);
  const first = Math.floor(offset / slotSizeBytes);
  if (first >= graph.expectedSlots) return null;
  const last = sizeBytes === null ? first : Math.floor((offset + sizeBytes - 1) / slotSizeBytes);
  return { index, first, last };
}

/**
 * Lists the slots that findings are about, for the ids of the records in them.
 *
 * @param graphs The indexes that were read.
 * @param findings The findings.
 * @returns The first slot of each damaged range, by the path of the index.
 */
export function listWantedSlots(
  graphs: readonly GraphReading[],
  findings: readonly Finding[],
): Map<string, number[]> {
  const wanted = new Map<string, Set<number>>();
  for (const finding of findings) {
    for (const range of finding.path === null ? [] : listRanges(finding)) {
      const span = findSlots(graphs, finding.path ?? "", range);
      if (span === null) continue;
      const slots = wanted.get(span.index) ?? new Set();
      if (slots.size < MOST_WANTED) slots.add(span.first);
      wanted.set(span.index, slots);
    }
  }
  return new Map([...wanted].map(([index, slots]) => [index, [...slots]]));
}

/**
 * Makes what says which slot, record or page stands in some bytes.
 *
 * @param store The store.
 * @param graphs The indexes that were read.
 * @param slotIds The ids of records, by the path of the index and the slot.
 * @returns What says it.
 */
export function createOwnerNames(
  store: DetectedStore,
  graphs: readonly GraphReading[],
  slotIds: ReadonlyMap<string, ReadonlyMap<number, string>>,
): NameOwner {
  let described = 0;
  return (path, range) => {
    const span = findSlots(graphs, path, range);
    if (span !== null) return nameSlots(span, slotIds.get(span.index)?.get(span.first));
    if (described++ >= MOST_DESCRIBED) return null;
    const { offset, sizeBytes } = range;
    return orNull(() =>
      formatByName(store.format)
        .describeBytes(store, path, { offset, sizeBytes: sizeBytes ?? 1 })?.description ?? null
    );
  };
}

function nameSlots({ first, last }: SlotSpan, id: string | undefined): string {
  if (first === last) return `slot ${first}${id === undefined ? "" : `, record ${id}`}`;
  return `slots ${first} to ${last}${id === undefined ? "" : `, the first is record ${id}`}`;
}

/** A file that cannot be read any more is told by the check. */
function orNull(describe: () => string | null): string | null {
  try {
    return describe();
  } catch (error) {
    if (error instanceof OperationError) return null;
    throw error;
  }
}
