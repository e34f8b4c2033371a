/**
 * What the files of an index tell of how it was made, and whose it is.
 *
 * @module
 */

import { join } from "@std/path";
import { toIndex } from "../../../../base/bytes.ts";
import { BoundedFile } from "../../../../fs/read_fs.ts";
import { geometryOfHeader, type HnswGeometry } from "../../../../hnsw/geometry.ts";
import {
  HEADER_SIZE_BYTES,
  type HnswHeader,
  parseHeader,
  PERSISTENCE_VERSION,
} from "../../../../hnsw/header.ts";
import { findGeometry } from "../../../../hnsw/salvage_geometry.ts";
import type { StoreDatabase } from "../../../../sqlite/database.ts";
import { SEGMENT_FILES, type SegmentDirectory } from "../../layout.ts";
import { findLayout } from "../../segment/find_layout.ts";
import { readIdMap, streamIdMap } from "../../segment/id_map.ts";
import type { SegmentSubject } from "../../segment/segment_reading.ts";
import type { IndexEvidence } from "./catalogue_evidence.ts";
import { findSpace } from "./space_evidence.ts";

/** How many ids are looked up at a time. */
const IDS_PER_QUERY = 500;

const NO_INDEX: IndexEvidence = {
  dimension: null,
  maxNeighbors: null,
  efConstruction: null,
  space: null,
  ids: 0,
  knownIds: 0,
  idMapDimension: null,
  hasIdMap: false,
};

/** By what the layout of an index is found whose header is damaged. */
export type LayoutHint = Pick<SegmentSubject, "dimension" | "settings">;

/**
 * Reads what the files of an index tell.
 *
 * @param storePath The store's directory.
 * @param directory The directory of the index, or null.
 * @param hint What the catalogue says of it, or null.
 * @returns What they tell; `knownIds` is 0.
 * @throws {OperationError} A file cannot be read.
 */
export function readIndexEvidence(
  storePath: string,
  directory: SegmentDirectory | null,
  hint: LayoutHint | null = null,
): IndexEvidence {
  if (directory === null) return NO_INDEX;
  using files = new IndexReader(storePath, directory);
  return files.read(hint);
}

/**
 * Tells how much an index holds: its ids, or at least one where slots are in use.
 *
 * @param evidence What its files tell.
 * @returns 0 only for one that was never flushed.
 */
export function countContents({ ids, dimension, hasIdMap }: IndexEvidence): number {
  return Math.max(ids, dimension !== null || hasIdMap ? 1 : 0);
}

/**
 * Counts the ids of an index that records have.
 *
 * @param storePath The store's directory.
 * @param directory The directory of the index.
 * @param database The database.
 * @param metadataSegments METADATA segments.
 * @returns How many ids of the index are records, by segment.
 * @throws {OperationError} The id map cannot be read.
 * @throws {SqliteError} The records cannot be read.
 */
export function countKnownIds(
  storePath: string,
  directory: SegmentDirectory,
  database: StoreDatabase,
  metadataSegments: readonly string[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const file = directory.files[SEGMENT_FILES.idMap];
  if (file === undefined || metadataSegments.length === 0) return counts;
  using source = BoundedFile.open(join(storePath, file.path));
  let page: string[] = [];
  const count = (): void => {
    const rows = database.rows(
      "SELECT segment_id, count(*) FROM embeddings " +
        "WHERE segment_id IN (SELECT value FROM json_each(?)) " +
        "AND embedding_id IN (SELECT value FROM json_each(?)) GROUP BY segment_id",
      JSON.stringify(metadataSegments),
      JSON.stringify(page),
    );
    for (const [segment, found] of rows) {
      counts.set(String(segment), (counts.get(String(segment)) ?? 0) + Number(found));
    }
    page = [];
  };
  streamIdMap(source, (direction, id) => {
    if (direction !== "id-to-label") return;
    page.push(id);
    if (page.length === IDS_PER_QUERY) count();
  });
  if (page.length > 0) count();
  return counts;
}

class IndexReader implements Disposable {
  readonly #files = new Map<keyof typeof SEGMENT_FILES, BoundedFile>();

  constructor(storePath: string, directory: SegmentDirectory) {
    for (const [key, name] of Object.entries(SEGMENT_FILES)) {
      const file = directory.files[name];
      if (file === undefined) continue;
      this.#files.set(
        key as keyof typeof SEGMENT_FILES,
        BoundedFile.open(join(storePath, file.path)),
      );
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#files.values()) file.close();
  }

  read(hint: LayoutHint | null): IndexEvidence {
    const idMapFile = this.#files.get("idMap");
    const idMap = idMapFile === undefined ? null : readIdMap(idMapFile);
    const base = {
      ...NO_INDEX,
      ids: idMap?.entries ?? 0,
      idMapDimension: idMap?.dimensionality ?? null,
      hasIdMap: idMap !== null,
    };
    const header = this.#readHeader();
    const written = header === null ? null : geometryOfHeader(header);
    if (written === null) return { ...base, dimension: this.#findDimension(hint) };
    const geometry = this.#confirm(written);
    const count = header === null ? null : toIndex(header.count);
    if (header === null || geometry === null || count === null || count === 0) return base;
    return {
      ...base,
      dimension: geometry.dimension,
      maxNeighbors: geometry.maxLinks,
      efConstruction: toIndex(header.efConstruction),
      space: this.#findSpace(geometry, count),
    };
  }

  #readHeader(): HnswHeader | null {
    const header = parseHeader(
      this.#files.get("header")?.read(0, HEADER_SIZE_BYTES) ?? new Uint8Array(),
    );
    return header?.persistenceVersion === PERSISTENCE_VERSION ? header : null;
  }

  /** The catalogue's own dimension is no evidence: only another one that labels bear out. */
  #findDimension(hint: LayoutHint | null): number | null {
    const data = this.#files.get("data");
    if (hint === null || data === undefined) return null;
    const { dimension } = findLayout(hint, data) ?? { dimension: hint.dimension };
    return dimension === hint.dimension ? null : dimension;
  }

  /** Labels stand where the header says, or it lies. */
  #confirm(geometry: HnswGeometry): HnswGeometry | null {
    const data = this.#files.get("data");
    if (data === undefined) return null;
    const found = findGeometry(data, { configured: null, header: geometry, dimensions: [] });
    return found?.geometry ?? null;
  }

  #findSpace(geometry: HnswGeometry, count: number): IndexEvidence["space"] {
    const data = this.#files.get("data");
    if (data === undefined) return null;
    const most = Math.floor(data.sizeBytes / geometry.slotSizeBytes);
    return findSpace({
      data,
      lengths: this.#files.get("lengths") ?? null,
      geometry,
      count: Math.min(count, most),
    });
  }
}
