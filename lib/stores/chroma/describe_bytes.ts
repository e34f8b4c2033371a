/**
 * What stands in some bytes of a file of a Chroma store:
 *
 * | file            | what is told                                                             |
 * | --------------- | ------------------------------------------------------------------------ |
 * | chroma.sqlite3  | the pages, and the tables that they belong to                            |
 * | data_level0.bin | the slots, their labels, and the ids that index_metadata.pickle has for them |
 * | length.bin      | the same                                                                 |
 * | any other file  | nothing                                                                  |
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../base/bytes.ts";
import { OperationError } from "../../base/errors.ts";
import { formatCount } from "../../base/format.ts";
import { BoundedFile } from "../../fs/read_fs.ts";
import { geometryOfHeader, type HnswGeometry } from "../../hnsw/geometry.ts";
import { HEADER_SIZE_BYTES, parseHeader } from "../../hnsw/header.ts";
import { LENGTH_SIZE_BYTES } from "../../hnsw/lengths.ts";
import type { DetectedStore } from "../../model/store.ts";
import type { ByteOwners, ByteRange } from "../../model/byte_owners.ts";
import { PageFile } from "../../sqlite/pages/page_file.ts";
import { findPageOwners } from "../../sqlite/pages/page_owners.ts";
import { CATALOGUE_NAME, isSegmentDirectoryName, SEGMENT_FILES } from "./layout.ts";
import { streamIdMap } from "./segment/id_map.ts";

/** How many slots are named by their ids. */
const MOST_NAMED = 20;

/** A database that is larger is not walked through to find out what its pages belong to. */
const LARGEST_WALKED_BYTES = 1 << 30;

/** How many tables are named. */
const MOST_TABLES = 10;

/**
 * Says what stands in some bytes of a file.
 *
 * @param store The store; it may be damaged in any way.
 * @param path The file, relative to the store.
 * @param range The bytes.
 * @returns What stands there, or null where the file does not tell.
 * @throws {OperationError} A file cannot be read.
 */
export function describeChromaBytes(
  store: DetectedStore,
  path: string,
  range: ByteRange,
): ByteOwners | null {
  if (range.sizeBytes < 1) return null;
  if (path === CATALOGUE_NAME) return describePages(join(store.path, path), range);
  const [directory = "", name = "", ...deeper] = path.split("/");
  if (deeper.length > 0 || !isSegmentDirectoryName(directory)) return null;
  const index = new IndexDirectory(join(store.path, directory), directory.slice(0, 36));
  if (name === SEGMENT_FILES.data) {
    return index.describe(range, ({ slotSizeBytes }) => slotSizeBytes);
  }
  return name === SEGMENT_FILES.lengths ? index.describe(range, () => LENGTH_SIZE_BYTES) : null;
}

function describePages(path: string, { offset, sizeBytes }: ByteRange): ByteOwners {
  using file = BoundedFile.open(path);
  const pages = new PageFile(file);
  const first = Math.floor(offset / pages.pageSizeBytes) + 1;
  const last = Math.floor((offset + sizeBytes - 1) / pages.pageSizeBytes) + 1;
  const span = describeSpan("page", first, last);
  const place = { collection: null, segment: null };
  if (file.sizeBytes > LARGEST_WALKED_BYTES) {
    return { ...place, description: span, detail: { firstPage: first, lastPage: last } };
  }
  const owners = findPageOwners(pages);
  const tables = new Map<string, number>();
  for (let page = first; page <= Math.min(last, pages.pageCount); page++) {
    const owner = owners.tableOf(page)?.name ??
      (owners.isFree(page) ? "free pages" : "indexes or lost pages");
    tables.set(owner, (tables.get(owner) ?? 0) + 1);
  }
  const counted = [...tables].sort(([, one], [, other]) => other - one).slice(0, MOST_TABLES);
  const named = counted.map(([name, count]) => `${name} (${formatCount(count, "page")})`);
  return {
    ...place,
    description: `${span}: ${named.join(", ")}`,
    detail: {
      firstPage: first,
      lastPage: last,
      pagesByTable: Object.fromEntries(counted),
    },
  };
}

function describeSpan(noun: string, first: number, last: number): string {
  return first === last ? `${noun} ${first}` : `${noun}s ${first} to ${last}`;
}

/** The directory of an index, whatever state it is in. */
class IndexDirectory {
  readonly #path: string;
  readonly #segmentId: string;

  constructor(path: string, segmentId: string) {
    this.#path = path;
    this.#segmentId = segmentId;
  }

  /** Names the slots in a range of a file whose slots all have one size. */
  describe(
    { offset, sizeBytes }: ByteRange,
    sizeOf: (geometry: HnswGeometry) => number,
  ): ByteOwners | null {
    const geometry = this.#readGeometry();
    if (geometry === null) return null;
    const slotSizeBytes = sizeOf(geometry);
    const first = Math.floor(offset / slotSizeBytes);
    const last = Math.floor((offset + sizeBytes - 1) / slotSizeBytes);
    const labels = this.#readLabels(geometry, first, Math.min(last, first + MOST_NAMED - 1));
    const ids = this.#readIds(labels);
    const more = last - first + 1 > MOST_NAMED ? ", …" : "";
    return {
      collection: null,
      segment: this.#segmentId,
      description: describeSpan("slot", first, last) +
        (ids.length === 0 ? "" : `, with the ids ${ids.join(", ")}${more}`),
      detail: { firstSlot: first, lastSlot: last, labels, ids },
    };
  }

  #readGeometry(): HnswGeometry | null {
    using file = this.#open(SEGMENT_FILES.header);
    const header = file === null ? null : parseHeader(file.read(0, HEADER_SIZE_BYTES));
    return header === null ? null : geometryOfHeader(header);
  }

  #readLabels(geometry: HnswGeometry, first: number, last: number): number[] {
    using file = this.#open(SEGMENT_FILES.data);
    if (file === null) return [];
    const labels: number[] = [];
    for (let slot = first; slot <= last; slot++) {
      const bytes = file.read(slot * geometry.slotSizeBytes + geometry.labelOffset, 8);
      if (bytes.byteLength < 8) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const label = toIndex(view.getBigUint64(0, true));
      // Slots that are not in use have the label 0; the first that is given is 1.
      if (label !== null && label > 0) labels.push(label);
    }
    return labels;
  }

  #readIds(labels: readonly number[]): string[] {
    using file = labels.length === 0 ? null : this.#open(SEGMENT_FILES.idMap);
    if (file === null) return [];
    const wanted = new Set(labels);
    const found = new Map<number, string>();
    streamIdMap(file, (direction, id, label) => {
      if (direction === "id-to-label" && wanted.has(label)) found.set(label, id);
    });
    return labels.flatMap((label) => found.get(label) ?? []);
  }

  #open(name: string): BoundedFile | null {
    try {
      return BoundedFile.open(join(this.#path, name));
    } catch (error) {
      if (error instanceof OperationError && error.code === "not-found") return null;
      throw error;
    }
  }
}
